"""The headset page finds the room by its own camera, against the whole host: from a page that knows neither lens nor
place of its camera to where it stands the patient."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page

from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.edge.profiles import add_profile
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from tests.browser.seen_board import CAMERA_NAME, LENS, camera_script, heads_around
from tests.browser.steady_headset import apart, open_steady, said, wait, world_from_patient, worlds
from tests.browser.test_real_host import BALL_BOARD_MM, store_case
from tests.integration.small_room import (
    BOARD_FROM_PATIENT,
    CAMERA_FROM_BOARD,
    ROOM_FROM_CAMERA,
    ROOM_FROM_PATIENT,
    FilmedBoard,
    console,
    go_live,
    host_config,
    sure_profile,
)

WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.ROOM, [2.6, 0.2, -0.1], [40.0, -150.0, -500.0])
WORLD_FROM_BOARD = WORLD_FROM_ROOM @ ROOM_FROM_CAMERA @ CAMERA_FROM_BOARD
BALL_PATIENT_MM = BOARD_FROM_PATIENT.inverse().apply(BALL_BOARD_MM)
HEADS = heads_around(WORLD_FROM_BOARD, 16)
NEWEST_REPORT = "__said.map((text) => JSON.parse(text)).findLast((message) => message.type === 'report')"

SWAY = """
window.__swaying = setInterval(() => {
  const t = performance.now() / 1000;
  __xr.position.set(0.2 * Math.sin(4 * t), 1.6, 0.15 * Math.cos(4 * t));
}, 5);
"""
"""0.6 m a second."""
REST = "clearInterval(window.__swaying)"


def add_lens(store: Path, *, camera: str) -> None:
    """Put the profile of the headset's camera where the host looks for it, by the name the page gives it."""
    (store / "calibrations").mkdir(exist_ok=True)
    add_profile(store / "calibrations" / "headset.toml", sure_profile(LENS, camera=camera))


def look_around(page: Page, *, until: str) -> None:
    """Look at the board from one side after the other, resting each time, until something holds."""
    for number in [*range(len(HEADS))] * 2:
        page.evaluate(f"__look({number})")
        wait(page, "__seen")
        looks = page.evaluate("__looks.length")
        wait(page, f"__looks.length >= {looks + 3}")
        if page.evaluate(until):
            return
    raise AssertionError(f"never came true: {until}; {[world['words'] for world in worlds(page)]}")


@pytest.mark.timeout(120)
@pytest.mark.hazard("H13")
def test_camera_of_a_headset_that_knows_nothing_of_it_stands_the_patient_where_it_is(
    browser: Browser, client: Path, tmp_path: Path
):
    store_case(CaseStore.open(tmp_path / "store"))
    add_lens(tmp_path / "store", camera=f"Quest 3 headset, {CAMERA_NAME}")
    complaints: list[str] = []
    with (
        FilmedBoard(tmp_path / "camera.slot") as filmed,
        Host(host_config(tmp_path, f"slot:{filmed.path}", simulated=False)) as host,
        ThreadPoolExecutor(1) as hand,
    ):
        addresses = host.wait_ready()
        address = f"http://127.0.0.1:{addresses.loopback_port}/#k={addresses.code}"
        page = open_steady(browser, client, address, camera_script(HEADS, WORLD_FROM_BOARD))
        page.on("pageerror", lambda error: complaints.append(str(error)))

        async def nurse() -> None:
            async with console(addresses) as nurse:
                await go_live(nurse, SimpleNamespace(id="0123456789abcdef"))

        hand.submit(asyncio.run, nurse()).result(60.0)
        assert said(page, "aligned") == []
        look_around(page, until="__worlds.at(-1)?.state === 'aligned' && __pose !== null")
        (camera,) = said(page, "headset_camera")
        assert camera["lens"] is None

        truth = WORLD_FROM_ROOM @ ROOM_FROM_PATIENT
        off_mm, off_deg = apart(world_from_patient(page), truth, at_mm=BALL_PATIENT_MM)
        print(f"camera route: {off_mm:.2f} mm, {off_deg:.3f} deg, claims {worlds(page)[-1]['expected_error_mm']} mm")
        assert off_mm <= 0.5
        assert off_deg <= 0.15
        assert off_mm <= worlds(page)[-1]["expected_error_mm"]
        wait(page, f"{NEWEST_REPORT}?.shown")

        page.evaluate(SWAY)
        page.wait_for_timeout(500)
        before = len(page.evaluate("__looks"))
        page.wait_for_timeout(1500)
        assert len(page.evaluate("__looks")) == before, "of a fast head no picture is sent"
        page.evaluate(REST)
        page.context.close()

    assert complaints == []
