"""The headset page draws where the host finds the room, hides when its world drifted or jumped, and tells its head."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from orview.edge.boards import load_board
from orview.edge.host.place_finder import is_rough
from orview.edge.host.world_desk import corners_to_touch
from orview.protocol.messages import HideReason
from orview.protocol.placing import (
    Corner,
    HeadEntry,
    Heads,
    HeadsetBoard,
    HeadsetWorld,
    Wearing,
    WorldState,
    WornEntry,
)
from tests.browser.fixtures import DIGEST
from tests.browser.room_server import PATIENT_IN_VIEW, ROOM_FRAME_ID, TOKEN, RoomServer
from tests.browser.steady_headset import open_steady, said, wait
from tests.browser.test_headset_ar import live_session, wait_for_report

CORNERS_MM = corners_to_touch(load_board("patient_flat"))


def looking(**changes: object) -> HeadsetWorld:
    """What the host tells a headset that is not aligned."""
    fields: dict[str, object] = {
        "state": WorldState.LOOKING,
        "version": 0,
        "room_frame_id": ROOM_FRAME_ID,
        "world_from_room": None,
        "covariance": (),
        "expected_error_mm": None,
        "structure_errors": (),
        "words": "Look at the board on the patient, calmly.",
        "corners": tuple(Corner(place_m=tuple(float(part) / 1000.0 for part in corner)) for corner in CORNERS_MM),
    }
    return HeadsetWorld(**(fields | changes))  # type: ignore[arg-type]


def aligned(version: int) -> HeadsetWorld:
    """The room is where the world is."""
    return looking(
        state=WorldState.ALIGNED,
        version=version,
        world_from_room=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
        expected_error_mm=1.3,
        words="The headset knows where the room is.",
    )


@pytest.fixture
def unknown_room(host: RoomServer) -> RoomServer:
    """A live session in a room that each headset must find."""
    host.place_room(None)
    host.tell(live_session(host))
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGEST)
    host.tell(looking())
    return host


@pytest.fixture
def page(browser: Browser, client: Path, unknown_room: RoomServer) -> Iterator[Page]:
    """The page in AR, on a headset without a camera of its own."""
    page = open_steady(browser, client, f"{unknown_room.url}/#t={TOKEN}")
    yield page
    page.context.close()


@pytest.mark.hazard("H09")
def test_a_world_that_drifted_or_was_reset_hides_until_the_room_is_found_anew(unknown_room: RoomServer, page: Page):
    wait_for_report(unknown_room, shown=False, why=HideReason.NOT_ALIGNED)
    unknown_room.tell(looking())
    unknown_room.tell(aligned(1))
    wait_for_report(unknown_room, shown=True)
    assert said(page, "aligned")[-1]["sigma_mm"] == pytest.approx(1.3 / 2.8)
    unknown_room.tell(looking(state=WorldState.DRIFTED, version=1, words="The headset's world moved by 6 mm."))
    wait_for_report(unknown_room, shown=False, why=HideReason.NOT_ALIGNED)
    unknown_room.tell(aligned(2))
    wait_for_report(unknown_room, shown=True)
    page.evaluate("__xr.recenter()")
    wait_for_report(unknown_room, shown=False, why=HideReason.NOT_ALIGNED)
    # Made of what was seen before the world jumped.
    unknown_room.tell(aligned(3))
    page.wait_for_timeout(1500)
    wait_for_report(unknown_room, shown=False, why=HideReason.NOT_ALIGNED)
    unknown_room.tell(looking(version=3))
    unknown_room.tell(aligned(4))
    wait_for_report(unknown_room, shown=True)


def worn_by(device_id: str | None) -> Wearing:
    """What everybody is told of the one board the room's camera looks for."""
    return Wearing(boards=(WornEntry(board="headset", device_id=device_id),))


def heads_told(host: RoomServer, since: int = 0) -> list[HeadEntry]:
    """Where clients said that their heads were, after that many messages."""
    return [head for _, message in host.received[since:] if isinstance(message, Heads) for head in message.heads]


@pytest.mark.hazard("H13")
def test_a_headset_named_as_wearing_a_board_tells_it_and_its_head_until_it_is_named_no_more(
    unknown_room: RoomServer, page: Page
):
    wait_for_report(unknown_room, shown=False, why=HideReason.NOT_ALIGNED)
    unknown_room.tell(worn_by("device-9"))
    page.wait_for_function("(from) => orview.frames.count > from + 20", arg=page.evaluate("orview.frames.count"))
    assert heads_told(unknown_room) == []
    unknown_room.tell(worn_by("device-0"))
    board = unknown_room.wait_for(HeadsetBoard)
    assert isinstance(board, HeadsetBoard)
    assert (board.board, is_rough(board)) == ("headset", True)

    page.evaluate("__xr.position.set(0.125, 1.725, 0.25)")
    since = len(unknown_room.received)
    page.wait_for_function("(from) => orview.frames.count > from + 90", arg=page.evaluate("orview.frames.count"))
    told = heads_told(unknown_room, since)
    assert len(told) >= 20
    assert told[-1].world_from_headset == pytest.approx((0.125, 0.125, 0.25, 0.0, 0.0, 0.0, 1.0), abs=1e-6)
    times_ns = [head.at_ns for head in told]
    assert all(later > earlier for earlier, later in pairwise(times_ns))
    assert abs(times_ns[-1] - time.monotonic_ns()) < 1e9

    # The world is another one: the host is told so by the board again.
    page.evaluate("__xr.recenter()")
    wait(page, "__said.filter((text) => text.includes('headset_board')).length === 2")
    unknown_room.tell(worn_by(None))
    wait(page, "orview.guidance()?.title.startsWith('Touch corner')")
    since = len(unknown_room.received)
    page.wait_for_function("(from) => orview.frames.count > from + 30", arg=page.evaluate("orview.frames.count"))
    assert heads_told(unknown_room, since) == []
