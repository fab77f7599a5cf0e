"""What tests do on the nurse's page: go to a step, press its big button, read what it says."""

import re

from playwright.sync_api import Locator, Page, expect

STEPS = ("patient", "team", "camera", "register", "check", "live")
NAMES = dict(zip(STEPS, ("Patient", "Team", "Camera", "Register", "Check", "Live"), strict=True))


def go(page: Page, step: str) -> Locator:
    """Go to a step by the rail; returns its page once it stands."""
    page.locator(f'.rail [data-step="{step}"]').click()
    return standing(page, step)


def standing(page: Page, step: str) -> Locator:
    """The page of a step, once it stands."""
    expect(page.get_by_role("heading", level=2)).to_contain_text(NAMES[step])
    expect(page.locator(".big")).to_be_visible()
    return page.get_by_role("main")


def light_of(page: Page, step: str) -> Locator:
    """The light of a step on the rail."""
    return page.locator(f'.rail [data-step="{step}"] .lamp')


def big(page: Page, name: str | re.Pattern[str]) -> Locator:
    """The big button of the page, by its words."""
    return page.locator(".act").get_by_role("button", name=name, exact=isinstance(name, str))


def banner(page: Page) -> Locator:
    """The state and why, as they are read aloud."""
    return page.locator(".banner").get_by_role("status")


def identify(page: Page, *, name: str = "Jörg Müller", born: str = "1961-04-02") -> None:
    """Give two identifiers of the chosen case's patient, and say what is to be done."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Date of birth").fill(born)
    page.get_by_role("button", name="COMPARE").click()
    expect(page.locator(".identity")).to_contain_text("Identified by name and date of birth.")
    page.get_by_role("radio", name="Left").check()
    page.get_by_label("What is to be done").fill("Resection")
    page.get_by_role("button", name="KEEP").click()
    expect(page.get_by_role("button", name="KEEP")).to_have_count(0)


def hold_time_out(page: Page) -> None:
    """Tick every item of the time-out; the page of checks stands."""
    boxes = page.locator(".time-out").get_by_role("checkbox")
    expect(boxes.first).to_be_visible()
    for box in boxes.all():
        # A click and no check: the box is ticked when the host says so.
        box.click()
        expect(box).to_be_checked()


def tab_to(page: Page, wanted: Locator) -> None:
    """Walk with the tabulator key until the element has the focus, as somebody without a mouse does."""
    expect(wanted).to_have_count(1)
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            outline = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", "the focus cannot be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached by keyboard")


def assert_large_targets(page: Page) -> None:
    """Everything that is pressed is at least 56 px high: gloves, and a screen that is touched."""
    for target in page.locator("button, label, select, summary").all():
        if target.is_visible():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= 56, target.inner_text()
