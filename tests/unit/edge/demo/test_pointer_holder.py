"""The simulated surgeon does with the pointer what the console says."""

import json
from pathlib import Path

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.demo.landmarks import CHECKED, REGISTERED, SPOTS, demo_check_plan, demo_landmarks
from orview.edge.demo.pointer_holder import POINTING_CAPACITY, PointerHeld, pointed_at
from orview.edge.slots.latest_slot import LatestSlot
from orview.protocol.touching import Pointer, TipState
from orview.register.check_points import used_already
from orview.register.landmarks import FEWEST
from orview.sim.motion import RoomMotion
from orview.sim.patient import lay_patient
from orview.sim.pointing_hand import TIP_POINTER_MM

BOARD = load_board("patient_flat")


@pytest.mark.parametrize("tip", [tip for tip in TipState if tip not in (TipState.ABSENT, TipState.AWAY)])
def test_the_tip_is_lifted_where_the_console_says_so(tip: TipState) -> None:
    asked = pointed_at(Pointer(tip=tip, words="", landmark="Sacral tip"))
    assert asked is not None
    lifted = tip in (TipState.UNSEEN, TipState.LIFT, TipState.TAKEN)
    assert (float(asked["height_mm"]) > 10.0) == lifted
    assert pointed_at(Pointer(tip=tip, words="", landmark=None)) is None


def test_who_is_seen_first_can_still_be_lifted() -> None:
    seen, lifted = (
        pointed_at(Pointer(tip=tip, words="", landmark="Sacral tip")) for tip in (TipState.UNSEEN, TipState.LIFT)
    )
    assert seen is not None
    assert lifted is not None
    assert float(lifted["height_mm"]) - float(seen["height_mm"]) > 20.0


def test_the_pointer_follows_what_is_asked(tmp_path: Path) -> None:
    slot = LatestSlot.create(tmp_path / "pointing.slot", POINTING_CAPACITY)
    motion = RoomMotion(lay_patient(BOARD, seed=2), BOARD)
    held = PointerHeld(tmp_path / "pointing.slot", motion, seed=2)
    assert held.next(0.0) is None
    for name, key in (CHECKED | REGISTERED).items():
        slot.publish(json.dumps({"landmark": key, "height_mm": 0.0}).encode())
        held.next(10.0)
        pose = held.next(20.0)
        assert pose is not None
        assert np.linalg.norm(pose.apply(TIP_POINTER_MM) - motion.patient.landmarks[name]) < 3.0
    slot.publish(json.dumps({"landmark": "Nowhere", "height_mm": 0.0}).encode())
    assert held.next(30.0) is None


@pytest.mark.hazard("H10")
def test_nothing_is_touched_for_both_registering_and_checking() -> None:
    patient = lay_patient(BOARD, seed=5)
    checked, registered = demo_check_plan(patient, seed=5).landmarks, demo_landmarks(patient, seed=5).landmarks
    assert len(registered) >= FEWEST
    places = [landmark.position_patient_mm for landmark in registered]
    assert not any(used_already(landmark, places) for landmark in checked)
    for landmark in (*checked, *registered):
        off = np.linalg.norm(landmark.position_patient_mm - patient.landmarks[SPOTS[landmark.name]])
        assert 0.0 < off < 3.0
