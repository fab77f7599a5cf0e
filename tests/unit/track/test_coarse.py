"""The softened print pulls a board in from half a square away, and says so where it is not there."""

import numpy as np

from orview.track.align import Aligner
from orview.track.coarse import SoftPrint
from orview.track.motion import left_from_middle, moved_by
from orview.track.predict import motion_between
from tests.unit.track.test_align import BOARD, LENS, POSE, PROFILE, beside, calm, middle

STILL = np.zeros(6)


def test_it_comes_within_the_reach_of_the_borders() -> None:
    soft = SoftPrint(BOARD, LENS, readout_s=0.0)
    rng = np.random.default_rng(0)
    for _ in range(10):
        nearer = soft.bring_nearer(calm(), beside(POSE, rng, px=12.0, deg=4.0, depth=0.03), velocity=STILL)
        assert nearer is not None
        corners = BOARD.chessboard_corners_mm
        apart = LENS.project(nearer.apply(corners)) - LENS.project(POSE.apply(corners))
        assert np.abs(apart).max() < 2.0


def test_colour_is_as_good() -> None:
    soft = SoftPrint(BOARD, LENS, readout_s=0.0)
    start = beside(POSE, np.random.default_rng(1), px=8.0)
    grey = soft.bring_nearer(calm(), start, velocity=STILL)
    colour = soft.bring_nearer(np.dstack([calm()] * 3), start, velocity=STILL)
    assert grey is not None
    assert colour is not None
    assert np.abs(motion_between(grey, colour)).max() < 1e-2


def test_an_empty_picture_is_nothing_to_come_nearer_to() -> None:
    soft = SoftPrint(BOARD, LENS, readout_s=0.0)
    assert soft.bring_nearer(np.full((600, 960), 100, np.uint8), POSE, velocity=STILL) is None


def test_a_board_beside_the_picture_is_nothing_to_come_nearer_to() -> None:
    soft = SoftPrint(BOARD, LENS, readout_s=0.0)
    away = left_from_middle(POSE.apply(middle(BOARD))) @ np.array([0.0, 0.0, 0.0, 400.0, 0.0, 0.0])
    assert soft.bring_nearer(calm(), moved_by(POSE, away), velocity=STILL) is None


def test_the_aligner_uses_it_only_where_borders_fail() -> None:
    found = Aligner(BOARD, PROFILE).align(calm(), beside(POSE, np.random.default_rng(2), px=11.0, deg=3.0))
    assert found.camera_from_board is not None
