"""Hands and instruments cover what they should."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.geometry.pinhole import PinholeLens
from orview.sim.occluder import hand, instrument
from tests.board_pictures import board_pose

LENS = PinholeLens(width_px=640, height_px=480, fx_px=600.0, fy_px=600.0, cx_px=319.5, cy_px=239.5)
POSE = board_pose(load_board("patient_flat"), distance_mm=400.0)


def test_a_shaft_covers_its_width_nearer_than_the_board() -> None:
    cover = instrument((70.0, 30.0), width_mm=8.0).cover(POSE, LENS) / 255.0
    across = cover[300]
    assert across.sum() == pytest.approx(600.0 * 8.0 / (400.0 - 25.0), abs=1.5)
    tip = LENS.project(POSE.apply(np.array([70.0, 30.0, -25.0])))
    assert cover[: int(tip[1]) - 1].sum() == 0.0
    assert cover[int(tip[1]) + 3, round(float(tip[0]))] == 1.0


def test_a_hand_moves() -> None:
    here = hand((70.0, 40.0))
    there = here.moved(12.0, -9.0)
    step = np.argwhere(there.cover(POSE, LENS) > 127).mean(axis=0) - np.argwhere(here.cover(POSE, LENS) > 127).mean(
        axis=0
    )
    # Whatever leaves the picture below keeps the rows from moving as far as the columns.
    assert step[1] == pytest.approx(12.0 * 600.0 / 385.0, rel=0.1)
    assert step[0] < 0.0


def test_nothing_is_covered_from_behind_the_camera() -> None:
    behind = board_pose(load_board("patient_flat"), distance_mm=-400.0)
    assert hand((70.0, 40.0)).cover(behind, LENS).max() == 0
