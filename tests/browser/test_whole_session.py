"""From the opened console to LIVE in an emulated headset and to END, by keyboard alone and by mouse: no dead end.

By mouse a laptop looks on too: the ball must be where the camera truly has it in its picture.
"""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser import fixtures
from tests.browser.conftest import VIEWPORT, Open
from tests.browser.console_page import STEPS, banner, big, light_of, standing
from tests.browser.whole_session import (
    Hand,
    Keyboard,
    Mouse,
    accept,
    code_of,
    go_on,
    say_who_it_is,
    tick_all,
    touch_beside,
    whole_host,
)
from tests.integration.small_room import BOARD_FROM_PATIENT, CAMERA_FROM_BOARD, LENS

SMALL = {"width": 320, "height": 180}
"""Of the emulated headset: a processor draws it in time."""
LIMIT_PX = 3.0
"""Screen pixels of the laptop; the tracker's own error is part of it."""
WHOLE_PX = 1000
"""Of the ball, whose radius is 22 pixels there."""


def wait_until(headset: Page, *, visible: bool) -> None:
    """Wait for the headset's own log of frames to show the overlay, or not."""
    headset.wait_for_function(
        "visible => orview.frames.rows(orview.frames.count - 1)[0]?.visible === visible", arg=visible, polling=50
    )


def ball_off_px(viewer: Page) -> float:
    """How far the ball is drawn from where the film truly has it, pixels of the window; outlines are passed over."""
    for _ in range(60):
        pixels = fixtures.magenta_pixels(viewer.screenshot(mask=[viewer.locator(".legend")], mask_color="#000000"))
        if len(pixels) > WHOLE_PX:
            break
    in_picture = LENS.project((CAMERA_FROM_BOARD @ BOARD_FROM_PATIENT).apply(fixtures.BALL_CENTRE_MM))
    scale = VIEWPORT["height"] / LENS.height_px
    left = (VIEWPORT["width"] - LENS.width_px * scale) / 2
    return float(np.linalg.norm(fixtures.centroid_px(pixels) - ((in_picture + 0.5) * scale - 0.5 + [left, 0.0])))


@pytest.mark.timeout(180)
@pytest.mark.hazard("H03")
@pytest.mark.parametrize("hand", [Keyboard(), Mouse()], ids=["keyboard", "mouse"])
def test_from_the_console_to_live_and_to_the_end(open_page: Open, client: Path, tmp_path: Path, hand: Hand):
    with whole_host(tmp_path) as addresses:
        page = open_page(addresses.console_url)
        standing(page, "patient")
        say_who_it_is(hand, page)
        expect(banner(page)).to_contain_text("HOLD")

        headset = open_page(f"http://127.0.0.1:{addresses.loopback_port}/", headset=True)
        headset.get_by_label("Code on the nurse's console").fill(code_of(hand, page))
        headset.keyboard.press("Enter")
        headset.get_by_role("button", name="Enter AR").click()
        headset.set_viewport_size(SMALL)
        expect(light_of(page, "team")).to_have_text("OK")
        second = code_of(hand, page)

        go_on(hand, page, "camera")
        expect(light_of(page, "camera")).to_have_text("OK")
        go_on(hand, page, "register")
        accept(hand, page)
        expect(light_of(page, "register")).to_have_text("OK")
        go_on(hand, page, "check")
        touch_beside(addresses, second)
        expect(page.get_by_role("region", name="Check points")).to_contain_text("AGREES")
        tick_all(hand, page)
        go_on(hand, page, "live")
        for step in STEPS[:-1]:
            expect(light_of(page, step)).to_have_text("OK")
        wait_until(headset, visible=False)
        hand.press(page, big(page, "START"))
        expect(banner(page)).to_contain_text("LIVE")
        wait_until(headset, visible=True)

        if isinstance(hand, Mouse):
            viewer = open_page(addresses.local_headset_url)
            expect(viewer.locator(".room")).to_have_text("Test room")
            off_px = ball_off_px(viewer)
            assert off_px <= LIMIT_PX, f"{off_px:.2f} px"
            expect(page.locator(".clients")).to_contain_text("shows the model")
            # One processor draws for all of them here.
            viewer.close()

        hand.press(page, page.get_by_role("button", name="HIDE ALL"))
        wait_until(headset, visible=False)
        hand.press(page, page.get_by_role("button", name="SHOW AGAIN"))
        wait_until(headset, visible=True)
        page.reload()
        standing(page, "live")
        hand.press(page, big(page, "END"))
        hand.press(page, page.get_by_role("button", name="End the session"))
        expect(banner(page)).to_contain_text("OFF")
        wait_until(headset, visible=False)
        expect(page.get_by_role("button", name="Save the PDF")).to_be_visible(timeout=20_000)
