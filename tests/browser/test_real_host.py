"""Both pages against the whole host: camera, tracker, stream and session are the product's own processes."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host, HostAddresses
from orview.protocol.checking import CheckPoints
from orview.protocol.messages import Role
from tests.browser import fixtures
from tests.browser.conftest import VIEWPORT, Open
from tests.browser.console_page import big, go, hold_time_out, identify
from tests.integration.small_room import (
    BOARD,
    BOARD_FROM_PATIENT,
    CAMERA_FROM_BOARD,
    LENS,
    PLAN,
    FilmedBoard,
    add_case,
    host_config,
    joined,
    only_missing,
    touch,
    verdict,
)

BALL_BOARD_MM = np.array([70.0, 50.0, 30.0])
"""Where the ball stands: behind the middle of the board."""
LIMIT_PX = 3.0
"""Screen pixels; the tracker's own error is part of it."""


def store_case(store: CaseStore) -> None:
    """Store a case whose tumour is a magenta ball behind the board."""
    centre_mm = BOARD_FROM_PATIENT.inverse().apply(BALL_BOARD_MM)
    glb = fixtures.model((fixtures.MAGENTA, fixtures.ball(centre_mm, 8.0)))
    name = sha256(glb).hexdigest()
    plain = add_case(store, name="Another case", registered=False)
    case = replace(
        plain,
        id="0123456789abcdef",
        name="Ball behind the board",
        structures=(replace(plain.structures[0], color_srgb=fixtures.MAGENTA.color_srgb),),
        levels=(replace(plain.levels[0], sha256=name, bytes=len(glb), plain_sha256=name, plain_bytes=len(glb)),),
    )
    store.add(case, {name: glb})
    digest = load_board(BOARD).digest
    store.put_registration(case.id, digest, verdict(digest).to_json(), "2026-01-01T00:00:01+00:00")
    store.put_check_plan(case.id, PLAN)


async def touch_check_point(addresses: HostAddresses) -> None:
    """Touch it as somebody at the table does, once the board is seen."""
    async with joined(addresses, role=Role.SURGEON, code=addresses.code) as toucher:
        while not only_missing(toucher.told.get("Session"), "check_point", "time_out", "confirmed"):
            await toucher.hear()
        await toucher.say(touch(toucher.told["Room"].room_frame_id))
        await toucher.until(lambda m: isinstance(m, CheckPoints) and any(one.touched for one in m.landmarks))


def say_whose_it_is(page: Page) -> None:
    """Enter the identifiers that the images of this case do not tell."""
    page.get_by_label("Name", exact=True).fill("Müller, Jörg")
    page.get_by_label("Date of birth").fill("02.04.1961")
    page.get_by_role("button", name="THESE ARE THE PATIENT'S").click()
    expect(page.locator(".identity")).to_contain_text("from the wristband")


def start_until_live(page: Page) -> None:
    """Press START, again where a loaded machine lost sight of the board between two pictures."""
    word = page.locator(".banner .word")
    for _ in range(40):
        if word.inner_text() == "LIVE":
            return
        big(page, re.compile("START|END")).click(force=True)
        page.wait_for_timeout(250)
    raise AssertionError(f"not LIVE but {page.locator('.banner').inner_text()}")


def ball_in_window_px() -> np.ndarray:
    """Where the middle of the ball must be in the window, from the truth of the film."""
    in_picture = LENS.project(CAMERA_FROM_BOARD.apply(BALL_BOARD_MM))
    scale = VIEWPORT["height"] / LENS.height_px
    left = (VIEWPORT["width"] - LENS.width_px * scale) / 2
    return (in_picture + 0.5) * scale - 0.5 + np.array([left, 0.0])


@pytest.mark.timeout(120)
def test_from_choosing_a_case_to_the_ball_on_the_picture_and_stop(open_page: Open, client: Path, tmp_path: Path):
    store_case(CaseStore.open(tmp_path / "store"))
    with (
        FilmedBoard(tmp_path / "camera.slot") as film,
        Host(host_config(tmp_path, f"slot:{film.path}")) as host,
    ):
        addresses = host.wait_ready()
        page = open_page(addresses.console_url)
        page.get_by_role("button", name=re.compile("Ball behind the board")).click()
        say_whose_it_is(page)
        identify(page, name="MUELLER^JOERG", born="19610402")
        big(page, "THIS IS THE PATIENT").click()
        expect(page.locator(".banner .word")).to_have_text("HOLD")
        expect(go(page, "register")).to_contain_text("Expected error")
        big(page, "ACCEPT").click()
        expect(big(page, re.compile("NEXT"))).to_be_visible()
        # The page's own loop holds this thread.
        with ThreadPoolExecutor(1) as hand:
            hand.submit(asyncio.run, touch_check_point(addresses)).result(60.0)
        go(page, "check")
        # The hand came as a headset of its own: what is ticked before it left waits for it to come back.
        expect(page.locator(".time-out")).to_contain_text("no surgeon's headset is in")
        hold_time_out(page)
        go(page, "live")
        start_until_live(page)

        viewer = open_page(addresses.local_headset_url)
        expect(viewer.locator(".room")).to_have_text("Test room")
        for _ in range(60):
            pixels = fixtures.magenta_pixels(viewer.screenshot(mask=[viewer.locator(".legend")], mask_color="#000000"))
            if len(pixels) > 100:
                break
        error_px = float(np.linalg.norm(fixtures.centroid_px(pixels) - ball_in_window_px()))
        assert error_px <= LIMIT_PX, f"{error_px:.2f} px"
        expect(page.locator(".clients")).to_contain_text("shows the model")

        big(page, "END").click()
        page.get_by_role("button", name="End the session").click()
        expect(viewer.locator(".state .word")).to_have_text("OFF")
        expect(viewer.locator(".legend")).to_have_count(0)
