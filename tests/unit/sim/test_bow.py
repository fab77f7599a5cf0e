"""A bow bends a plate and does not shift it."""

import numpy as np
import pytest

from orview.sim.bow import Bow, BowShape

GRID = np.stack(np.meshgrid(np.linspace(10.0, 110.0, 401), np.linspace(-20.0, 60.0, 401)), axis=-1)


def bow(shape: BowShape) -> Bow:
    return Bow(shape=shape, middle_mm=0.5, low_mm=(10.0, -20.0), high_mm=(110.0, 60.0))


@pytest.mark.parametrize("shape", list(BowShape))
def test_the_middle_stands_as_far_out_of_the_ends_as_said(shape: BowShape) -> None:
    heights = bow(shape).height_mm(np.array([10.0, 60.0, 110.0]), np.full(3, 20.0))
    assert heights[1] - heights[0] == pytest.approx(0.5)
    assert heights[0] == pytest.approx(heights[2])


@pytest.mark.parametrize("shape", list(BowShape))
def test_the_mean_plane_stays(shape: BowShape) -> None:
    heights = bow(shape).height_mm(GRID[..., 0], GRID[..., 1])
    assert heights.mean() == pytest.approx(0.0, abs=2e-3)
    assert np.abs((heights * (GRID[..., 0] - 60.0)).mean()) < 1e-9
    assert np.abs((heights * (GRID[..., 1] - 20.0)).mean()) < 1e-9


def test_a_cylinder_is_straight_along_y_and_a_saddle_bends_both_ways() -> None:
    x, y = np.full(2, 60.0), np.array([20.0, 60.0])
    assert np.ptp(bow(BowShape.CYLINDER).height_mm(x, y)) == 0.0
    along = bow(BowShape.SADDLE).height_mm(x, y)
    assert along[0] - along[1] == pytest.approx(-0.5)


def test_a_face_standing_on_the_plate_sees_the_same_bow() -> None:
    whole = bow(BowShape.SADDLE)
    part = whole.seen_from(30.0, 5.0)
    assert part.height_mm(np.array([3.0]), np.array([4.0])) == pytest.approx(
        whole.height_mm(np.array([33.0]), np.array([9.0]))
    )
