"""A nurse's whole session at a whole host, by mouse or by keyboard: from the opened console to LIVE and to END.

The host's processes are the product's own; the camera films a drawn board, and the headset is an emulated one.
"""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host, HostAddresses
from orview.model.case import Level
from orview.protocol.checking import CheckPoints
from orview.protocol.messages import Role
from tests.browser import fixtures
from tests.browser.console_page import big, standing, tab_to
from tests.browser.live_room import VIEW_FROM_PATIENT_M, case_of
from tests.integration.small_room import ROOM_FROM_PATIENT, FilmedBoard, host_config, joined, only_missing, touch

CASE = "Phantom 1"
NAME, BORN = "Müller, Jörg", "1961-04-02"
BALL = {Level.PREVIEW: (fixtures.ball_model(), len(fixtures.ball(fixtures.BALL_CENTRE_MM, 12.0).triangles))}
"""The levels of a case that is one ball, its GLB and triangles."""


class Hand(Protocol):
    """How a person works the page."""

    def press(self, page: Page, wanted: Locator) -> None:
        """Press a button, choose a radio or tick a box."""

    def write(self, page: Page, wanted: Locator, text: str) -> None:
        """Write into a field."""


class Mouse:
    """Clicks where it is asked to."""

    def press(self, page: Page, wanted: Locator) -> None:
        """Click it, once it can be pressed."""
        wanted.click()

    def write(self, page: Page, wanted: Locator, text: str) -> None:
        """Click into the field and type."""
        wanted.click()
        page.keyboard.type(text)


class Keyboard:
    """Walks with the tabulator key; no pointer at all."""

    def press(self, page: Page, wanted: Locator) -> None:
        """Walk to it and press it."""
        tab_to(page, wanted)
        expect(wanted).to_be_enabled()
        page.keyboard.press("Space")

    def write(self, page: Page, wanted: Locator, text: str) -> None:
        """Walk to the field and type."""
        tab_to(page, wanted)
        page.keyboard.type(text)


@contextmanager
def whole_host(folder: Path, models: dict[Level, tuple[bytes, int]] | None = None) -> Iterator[HostAddresses]:
    """A host with one registered case, filming its board; the patient lies in view of an emulated headset."""
    case_of(models or BALL)(CaseStore.open(folder / "store"), name=CASE)
    in_room_m = ROOM_FROM_PATIENT.translation_mm / 1000.0
    place_m = [float(view - room) for view, room in zip(VIEW_FROM_PATIENT_M, in_room_m, strict=True)]
    with FilmedBoard(folder / "camera.slot") as film:
        config = host_config(folder, f"slot:{film.path}", world_from_room=(*place_m, 0.0, 0.0, 0.0, 1.0))
        with Host(config) as host:
            yield host.wait_ready()


def say_who_it_is(hand: Hand, page: Page) -> None:
    """Step 1: choose the case, say whose it is, compare it with the wristband, say what is to be done, open."""
    hand.press(page, page.get_by_role("button", name=re.compile(rf"^{CASE}(?! without)")))
    for button in ("THESE ARE THE PATIENT'S", "COMPARE"):
        # What was typed before is gone: nothing of it helps at the second time.
        expect(page.get_by_role("button", name=button)).to_be_visible()
        expect(page.get_by_label("Name", exact=True)).to_have_value("")
        hand.write(page, page.get_by_label("Name", exact=True), NAME)
        hand.write(page, page.get_by_label("Date of birth"), BORN)
        hand.press(page, page.get_by_role("button", name=button))
    expect(page.locator(".identity")).to_contain_text("Identified by name and date of birth.")
    if isinstance(hand, Keyboard):
        # Of radios one has the focus, and the arrows choose.
        tab_to(page, page.get_by_role("radio", name="Left"))
        page.keyboard.press("Space")
    else:
        hand.press(page, page.get_by_role("radio", name="Left"))
    hand.write(page, page.get_by_label("What is to be done"), "Resection")
    hand.press(page, page.get_by_role("button", name="KEEP"))
    hand.press(page, big(page, "THIS IS THE PATIENT"))
    standing(page, "team")


def code_of(hand: Hand, page: Page) -> str:
    """A joining code that nobody used, as the nurse reads it aloud."""
    shown = page.get_by_label("Joining code")
    before = shown.inner_text() if shown.count() > 0 else ""
    another = page.get_by_role("button", name="Another code")
    hand.press(page, another if another.count() > 0 else big(page, "NEW CODE"))
    expect(shown).not_to_have_text(before)
    return shown.inner_text().replace(" ", "")


def go_on(hand: Hand, page: Page, step: str) -> None:
    """Press the big button that leads to the next step."""
    hand.press(page, big(page, re.compile("NEXT")))
    standing(page, step)


def accept(hand: Hand, page: Page) -> None:
    """Step 4: look at the registration and accept it."""
    expect(page.get_by_role("main")).to_contain_text("Expected error")
    hand.press(page, big(page, "ACCEPT"))


def tick_all(hand: Hand, page: Page) -> None:
    """Step 5: hold the time-out."""
    boxes = page.locator(".time-out").get_by_role("checkbox")
    expect(boxes.first).to_be_visible()
    for box in boxes.all():
        hand.press(page, box)
        expect(box).to_be_checked()


def touch_beside(addresses: HostAddresses, code: str) -> None:
    """Have somebody at the table touch the check point; the page's own loop holds this thread."""

    async def touched() -> None:
        async with joined(addresses, role=Role.SURGEON, code=code) as toucher:
            while not only_missing(toucher.told.get("Session"), "check_point", "time_out", "confirmed"):
                await toucher.hear()
            await toucher.say(touch(toucher.told["Room"].room_frame_id))
            await toucher.until(lambda m: isinstance(m, CheckPoints) and any(one.touched for one in m.landmarks))

    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, touched()).result(60.0)
