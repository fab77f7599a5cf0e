"""The simulated helper with the calibration board: which board is held, when, and what is asked of whom."""

import json
from pathlib import Path

import pytest

from orview.edge.demo.board_holder import HELD_CAPACITY, HeldBefore, asked_of
from orview.edge.slots.latest_slot import LatestSlot
from orview.protocol.camera import CalibrationEntry, CalibrationState, Camera, CameraState


def camera(state: CalibrationState | None) -> Camera:
    """A console's picture of the camera whose calibration is so far, or that was never calibrated."""
    entry = CalibrationEntry(
        state=state or CalibrationState.STOPPED,
        board="calibration_a4",
        words="Hold the board in the middle, flat.",
        took=False,
        views=0,
        most=24,
        error_mm=None,
        limit_mm=1.0,
        width_px=1280,
        height_px=720,
        outlines=(),
        advice=(),
    )
    return Camera(
        state=CameraState.CALIBRATING,
        words="",
        cameras=(),
        chosen=None,
        profile=None,
        boards=("calibration_a4",),
        calibration=None if state is None else entry,
    )


@pytest.mark.parametrize("state", [None, *CalibrationState])
def test_a_board_is_held_only_while_views_are_taken(state: CalibrationState | None) -> None:
    asked = asked_of(camera(state))

    if state is CalibrationState.CAPTURING:
        assert asked == {"board": "calibration_a4", "sentence": "Hold the board in the middle, flat."}
    else:
        assert asked is None


def test_the_same_board_stays_in_the_hands_until_it_is_put_away_or_another_is_asked_for(tmp_path: Path) -> None:
    slot = LatestSlot.create(tmp_path / "held.slot", HELD_CAPACITY)
    held = HeldBefore(tmp_path / "held.slot", seed=4)

    def ask(board: str, sentence: str) -> None:
        slot.publish(json.dumps({"board": board, "sentence": sentence}).encode())

    assert held.next() is None
    ask("calibration_a4", "Hold it flat.")
    first = held.next()
    assert first is not None
    assert first[1] == "Hold it flat."
    ask("calibration_a4", "Closer.")
    second = held.next()
    assert second is not None
    assert second[0] is first[0]
    assert second[1] == "Closer."
    ask("calibration_letter", "Hold it flat.")
    third = held.next()
    assert third is not None
    assert third[0] is not first[0]
    slot.publish(json.dumps(None).encode())
    assert held.next() is None
    ask("calibration_letter", "Hold it flat.")
    again = held.next()
    assert again is not None
    assert again[0] is not third[0]
