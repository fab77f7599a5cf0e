"""How the nurse's page looks and fits: each step in dark and light, on a laptop and a tablet, and zoomed in."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, violations
from tests.browser.console_page import STEPS, go, standing
from tests.browser.console_room import HELD, LIVE, furnish, picture
from tests.browser.golden import assert_like_golden
from tests.browser.room_server import TOKEN, RoomServer

LAPTOP = {"width": 1366, "height": 768}
TABLET = {"width": 1024, "height": 768}
ZOOMED = {"width": 683, "height": 384}
"""A laptop at 200 %."""


def open_at(host: RoomServer, open_page: Open, **screen: object) -> Page:
    screen = {"viewport": LAPTOP, "timezone_id": "UTC", "locale": "en-GB", **screen}
    page = open_page(f"{host.url}/console#t={TOKEN}", **screen)
    expect(page.locator(".rail")).to_be_visible()
    return page


def show_picture(host: RoomServer, page: Page, step: str) -> None:
    """Where a step shows what the camera sees, let it see something."""
    if step in ("camera", "register"):
        seen = page.get_by_role("main").locator("figure img")
        for _ in range(40):
            host.show_picture(picture())
            if seen.count() > 0:
                break
            page.wait_for_timeout(50)
        expect(seen).to_have_js_property("naturalWidth", 480)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_step_looks_as_people_saw_it(host: RoomServer, open_page: Open, axe: str, theme: str):
    furnish(host, HELD)
    page = open_at(host, open_page, color_scheme=theme)
    for step in STEPS:
        go(page, step)
        show_picture(host, page, step)
        assert violations(page, axe) == []
        assert_like_golden(f"{step}_{theme}", page.screenshot(), page="console")


def test_live_looks_as_people_saw_it_in_german(host: RoomServer, open_page: Open, axe: str):
    furnish(host, LIVE)
    page = open_at(host, open_page, color_scheme="dark", locale="de-DE")
    expect(page.get_by_role("heading", level=2)).to_contain_text("Live")
    expect(page.locator(".banner .why")).to_have_text("Ein Mensch hat den Fall bestätigt.")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert violations(page, axe) == []
    assert_like_golden("live_german", page.screenshot(), page="console")


def test_language_and_light_are_switched_and_kept(host: RoomServer, open_page: Open):
    furnish(host, HELD)
    page = open_at(host, open_page, color_scheme="dark")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(ground) != dark
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator(".rail")).to_contain_text("Kamera")
    page.reload()
    expect(page.locator(".rail")).to_contain_text("Kamera")
    assert page.evaluate(ground) != dark
    page.get_by_role("button", name="English").click()
    expect(page.locator(".rail")).to_contain_text("Camera")


@pytest.mark.parametrize("viewport", [LAPTOP, TABLET, ZOOMED], ids=["laptop", "tablet", "zoomed"])
def test_nothing_is_lost_on_a_smaller_screen(host: RoomServer, open_page: Open, viewport: dict[str, int]):
    """No step runs out of the screen sideways, and what has the focus is always to be seen."""
    furnish(host, LIVE)
    page = open_at(host, open_page, viewport=viewport)
    for step in STEPS:
        go(page, step)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), step
        sideways = page.evaluate(
            """() => [...document.querySelectorAll("main, main *, .act, .banner, .rail")]
                .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible"
                    && getComputedStyle(one).textOverflow !== "ellipsis" && one.clientWidth > 0)
                .map((one) => one.className || one.tagName)"""
        )
        assert sideways == [], step
        if viewport is not ZOOMED:
            expect(page.locator(".big")).to_be_in_viewport(ratio=1)
            expect(page.get_by_role("button", name="HIDE ALL")).to_be_in_viewport(ratio=1)
        page.locator("#step-title").focus()
        for _ in range(page.locator("button:visible, input:visible, select:visible, summary:visible").count()):
            page.keyboard.press("Tab")
            hidden = page.evaluate(
                """() => {
                    const focused = document.activeElement;
                    const box = focused.getBoundingClientRect();
                    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                    return focused === document.body || focused.contains(top) || top?.contains(focused) ? null
                        : `${focused.textContent} under ${top?.className}`;
                }"""
            )
            assert hidden is None, step


def test_a_page_that_comes_late_stands_where_it_was_asked_for(host: RoomServer, open_page: Open):
    """The other pages are fetched in time: a host that is away afterwards takes none of them away."""
    furnish(host, HELD)
    page = open_at(host, open_page)
    page.wait_for_load_state("networkidle")
    host.let_in_nobody()
    host.cut()
    expect(page.locator(".banner .word")).to_have_text("NO LINK")
    for step in STEPS:
        go(page, step)
        standing(page, step)
