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


def brightest(page: Page, *, looks: int = 8) -> float:
    """The most of it over two beats of the ring."""
    shares = []
    for _ in range(looks):
        shares.append(bright_share(page))
        page.wait_for_timeout(200)
    return max(shares)


def test_the_ring_and_the_name_come_and_go(host: RoomServer, open_page: Open, axe: str) -> None:
    page = open_page(f"{host.url}/#t={TOKEN}", headset=True)
    enter = page.get_by_role("button", name="Enter AR")
    expect(enter).to_be_visible()
    plain = bright_share(page)
    host.tell(Flashing(name=NAME, seconds=3.0))
    meant = page.locator(".meant")
    expect(meant).to_have_text(NAME)
    assert violations(page, axe) == []
    assert brightest(page) > plain + 0.05
    expect(meant).to_have_count(0)
    host.keep_silent_about(Flashing)

    enter.click()
    page.wait_for_timeout(1000)
    plain = brightest(page, looks=3)
    host.tell(Flashing(name=NAME, seconds=5.0))
    assert brightest(page) > plain + 0.02
    page.wait_for_timeout(4000)
    assert abs(brightest(page, looks=3) - plain) < 0.01
