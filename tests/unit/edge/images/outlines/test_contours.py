"""Contours become shares of pixels: areas exact, holes open, gaps filled with the right shape."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.images.outlines.contours import coverage, rastered

Floats = NDArray[np.float64]


def circle(radius: float, centre: tuple[float, float] = (0.0, 0.0), points: int = 200) -> Floats:
    angle = np.arange(points) * 2.0 * np.pi / points
    return np.stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)], axis=1)


def area(polygon: Floats) -> float:
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2.0


@pytest.mark.parametrize("seed", range(8))
def test_shares_add_up_to_the_polygons_area_and_lie_at_its_middle(seed: int) -> None:
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0.0, 2.0 * np.pi, 40))
    polygon = np.array([20.3, 15.8]) + random.uniform(4.0, 12.0, 40)[:, None] * np.stack(
        [np.cos(angle), np.sin(angle)], axis=1
    )
    for turned in (polygon, polygon[::-1]):
        share = coverage(turned, (34, 40))
        assert share.sum() == pytest.approx(area(polygon), rel=1e-5)
        assert 0.0 <= share.min() <= share.max() <= 1.0


def test_a_square_across_pixels_covers_exact_shares() -> None:
    share = coverage(np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 2.25], [1.0, 2.25]]), (5, 6))
    expected = np.zeros((5, 6))
    expected[1, 1:4] = (0.25, 0.5, 0.25)
    expected[2, 1:4] = (0.375, 0.75, 0.375)
    assert share == pytest.approx(expected, abs=1e-6)


def test_corners_on_pixel_borders_do_no_harm() -> None:
    share = coverage(np.array([[0.5, 0.5], [3.5, 0.5], [3.5, 2.5], [0.5, 2.5], [0.5, 2.5]]), (4, 5))
    expected = np.zeros((4, 5))
    expected[1:3, 1:4] = 1.0
    assert share == pytest.approx(expected, abs=1e-6)


def test_a_contour_inside_another_is_a_hole_and_inside_that_an_island() -> None:
    raster = rastered([(0.0, circle(3.0)), (0.0, circle(12.0)), (0.0, circle(7.0))])
    expected = area(circle(12.0)) - area(circle(7.0)) + area(circle(3.0))
    assert raster.array.sum() == pytest.approx(expected, rel=1e-4)


def test_contours_beside_or_across_each_other_are_both_there() -> None:
    apart = rastered([(0.0, circle(5.0)), (0.0, circle(5.0, (20.0, 0.0)))])
    assert apart.array.sum() == pytest.approx(2.0 * area(circle(5.0)), rel=1e-4)
    twice = rastered([(0.0, circle(5.0)), (0.0, circle(5.0))])
    assert twice.array.sum() == pytest.approx(area(circle(5.0)), rel=1e-4)
    across = rastered([(0.0, circle(5.0)), (0.0, circle(5.0, (5.0, 0.0)))])
    lens = 2.0 * 25.0 * np.arccos(0.5) - 0.5 * 5.0 * np.sqrt(75.0)
    assert across.array.sum() == pytest.approx(2.0 * np.pi * 25.0 - lens, rel=0.01)


def test_a_missing_plane_gets_the_shape_between() -> None:
    """A cone drawn on every plane but some is as if drawn on all."""
    planes = [float(n) for n in range(21) if n not in (5, 9, 10)]
    raster = rastered([(plane, circle(4.0 + 0.5 * plane)) for plane in planes])
    assert (raster.filled_planes, raster.gaps, len(raster.array)) == (3, 0, 21)
    for n, share in enumerate(raster.array):
        assert share.sum() == pytest.approx(area(circle(4.0 + 0.5 * n)), rel=0.03)


def test_pieces_far_apart_stay_apart() -> None:
    planes = [0.0, 1.0, 2.0, 12.0, 13.0]
    raster = rastered([(plane, circle(5.0)) for plane in planes])
    assert (raster.filled_planes, raster.gaps, len(raster.array)) == (0, 1, 14)
    assert not raster.array[3:12].any()
    beside = rastered([(0.0, circle(5.0)), (1.0, circle(5.0)), (3.0, circle(5.0, (30.0, 0.0)))])
    assert (beside.filled_planes, beside.gaps) == (0, 1)


def test_planes_that_differ_by_rounding_are_one() -> None:
    raster = rastered([(0.0, circle(5.0)), (0.001, circle(2.0)), (2.5, circle(5.0)), (5.0, circle(5.0))])
    assert len(raster.array) == 3
    assert raster.plane_step == pytest.approx(2.5)
    assert raster.array[0].sum() == pytest.approx(area(circle(5.0)) - area(circle(2.0)), rel=1e-3)
