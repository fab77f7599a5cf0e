"""A flat board that may lean either way is only shown where the time before excludes the other way."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.geometry.rigid import RigidTransform
from orview.track.lean import is_settled, odds_against_others
from orview.track.predict import Motion
from orview.units import NS_PER_S
from tests.board_pictures import board_pose
from tests.unit.track.test_follow import BOARD, LENS

FOLDED = load_board("patient_folded")
NOISE = np.diag([1e-7, 1e-7, 1e-7, 1e-3, 1e-3, 1e-2])
MIDDLE_MM = BOARD.chessboard_corners_mm.mean(axis=0)


def seen(tilt_deg: float, distance_mm: float) -> RigidTransform:
    return board_pose(BOARD, distance_mm=distance_mm, tilt_deg=tilt_deg, azimuth_deg=30.0)


def odds(pose: RigidTransform, *, sigma_px: float, before: list[RigidTransform] | None = None) -> tuple[float, float]:
    prediction = None
    if before is not None:
        motion = Motion(MIDDLE_MM)
        for k, earlier in enumerate(before):
            motion.take(earlier, NOISE, taken_ns=k * NS_PER_S // 30)
        prediction = motion.predict(len(before) * NS_PER_S // 30)
    points = BOARD.chessboard_corners_mm
    sigmas = np.full(len(points), sigma_px)
    return odds_against_others(pose, points, sigmas, board=BOARD, lens=LENS, prediction=prediction)


def test_a_board_seen_well_is_settled_by_itself() -> None:
    alone, together = odds(seen(30.0, 500.0), sigma_px=0.1)
    assert is_settled(alone)
    assert alone == together


@pytest.mark.hazard("H07")
def test_a_small_noisy_board_is_not_settled_by_itself() -> None:
    alone, _ = odds(seen(8.0, 1800.0), sigma_px=1.0)
    assert not is_settled(alone)


@pytest.mark.hazard("H07")
def test_the_time_before_excludes_a_board_turned_over() -> None:
    poses = [seen(12.0 + 0.05 * k, 1800.0) for k in range(3)]
    alone, together = odds(poses[2], sigma_px=0.6, before=poses[:2])
    assert not is_settled(alone)
    assert is_settled(together)


@pytest.mark.hazard("H07")
def test_the_time_before_does_not_excuse_the_wrong_lean() -> None:
    # The pictures before leaned one way; the fit of this one fell into the other minimum.
    before = [seen(12.0, 1800.0) for _ in range(2)]
    over = seen(-12.0, 1800.0)
    alone, together = odds(over, sigma_px=0.6, before=before)
    assert together < alone
    assert not is_settled(together)


def test_a_folded_board_cannot_be_mistaken() -> None:
    pose = board_pose(FOLDED, distance_mm=900.0, tilt_deg=5.0)
    points = np.vstack([*FOLDED.marker_corners_mm.values()])
    alone, _ = odds_against_others(pose, points, np.full(len(points), 0.5), board=FOLDED, lens=LENS, prediction=None)
    assert is_settled(alone)
