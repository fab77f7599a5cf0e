"""A headset that is meant shows a bright ring and its name, on its page and in AR, and then no more."""

import cv2
import numpy as np
from playwright.sync_api import Page, expect

from orview.protocol.team import Flashing
from tests.browser.conftest import Open, violations
from tests.browser.room_server import TOKEN, RoomServer

NAME = "Quest 3 headset"
BRIGHT = 250


def bright_share(page: Page) -> float:
    """How much of the window is white."""
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return float((picture.min(axis=2) >= BRIGHT).mean())


def wait_until(page: Page, *, bright: bool, plain: float) -> None:
    """Look until the ring of AR is there, or is gone."""
    for _ in range(20):
        if (bright_share(page) > plain + 0.02) == bright:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the ring is {'not there' if bright else 'still there'}")


def test_the_ring_and_the_name_come_and_go(host: RoomServer, open_page: Open, axe: str) -> None:
    page = open_page(f"{host.url}/#t={TOKEN}", headset=True)
    enter = page.get_by_role("button", name="Enter AR")
    expect(enter).to_be_visible()
    host.tell(Flashing(name=NAME, seconds=1.5))
    meant = page.locator(".meant")
    expect(meant).to_have_text(NAME)
    assert violations(page, axe) == []
    expect(meant).to_have_count(0)
    host.keep_silent_about(Flashing)

    enter.click()
    page.wait_for_timeout(500)
    plain = bright_share(page)
    host.tell(Flashing(name=NAME, seconds=3.0))
    wait_until(page, bright=True, plain=plain)
    page.wait_for_timeout(3000)
    wait_until(page, bright=False, plain=plain)
