"""The simulated hand sets a pointer's tip where it is to be, no faster and no steadier than a person."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.sim.motion import RoomMotion
from orview.sim.patient import lay_patient
from orview.sim.pointing_hand import SPEED_MM_S, SPOT_SIGMA_MM, TIP_POINTER_MM, PointingHand

STEP_S = 0.04


@pytest.fixture(scope="module")
def motion() -> RoomMotion:
    board = load_board("patient_flat")
    return RoomMotion(lay_patient(board, seed=3), board)


def tips(hand: PointingHand, spot: np.ndarray, *, height_mm: float, count: int) -> np.ndarray:
    """Return where the tip is (N, 3), patient mm, step by step."""
    found = []
    for _ in range(count):
        pose = hand.step(spot, height_mm=height_mm, dt_s=STEP_S)
        assert pose is not None
        found.append(pose.apply(TIP_POINTER_MM))
    return np.array(found)


def test_the_tip_comes_down_to_the_spot_and_rests_there(motion: RoomMotion) -> None:
    spot = motion.patient.landmarks["sacral_tip"]
    beside = []
    for seed in range(40):
        hand = PointingHand(motion, seed=seed)
        before = tips(hand, spot, height_mm=60.0, count=3)
        assert 55.0 < np.linalg.norm(before.mean(axis=0) - spot) < 65.0
        way = tips(hand, spot, height_mm=0.0, count=40)
        assert np.linalg.norm(np.diff(way, axis=0), axis=1).max() < 1.2 * SPEED_MM_S * STEP_S
        rest = way[20:]
        assert rest.std(axis=0).max() < 0.4
        beside.append(rest.mean(axis=0) - spot)
    assert np.std(beside) == pytest.approx(SPOT_SIGMA_MM, rel=0.25)


def test_it_is_lifted_towards_the_camera_and_put_away(motion: RoomMotion) -> None:
    spot = motion.patient.landmarks["psis_left"]
    hand = PointingHand(motion, seed=1)
    low, high = (tips(hand, spot, height_mm=height, count=30)[-1] for height in (0.0, 70.0))
    depth = [motion.camera_from_patient(0.0).apply(tip)[2] for tip in (low, high)]
    assert 65.0 < depth[0] - depth[1] < 75.0
    assert hand.step(None, height_mm=0.0, dt_s=STEP_S) is None
