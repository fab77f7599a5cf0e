"""Solids: signed distances, alike on a list of points and on a grid."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.sim.shapes import Blend, Box, Ellipsoid, Mirrored, Placed, Shape, Tube, Without, distance_at, sheet

BALL = Ellipsoid((1.0, 2.0, 3.0), (5.0, 5.0, 5.0))
ROD = Tube.through((0, 0, 0, 2), (10, 0, 0, 2))


def test_a_ball_knows_its_distance_exactly() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 3)) * 8.0
    expected = np.linalg.norm(points - (1.0, 2.0, 3.0), axis=1) - 5.0
    np.testing.assert_allclose(distance_at(BALL, points), expected, atol=1e-9)


def test_a_tube_is_round_along_its_line_and_at_its_ends() -> None:
    points = [(5, 3, 0), (5, 0, 0), (-3, 0, 0), (13, 4, 0), (5, 1, 1)]
    np.testing.assert_allclose(distance_at(ROD, points), [1, -2, 1, 3, np.sqrt(2) - 2], atol=1e-6)


def test_a_tubes_radius_is_linear_along_a_piece() -> None:
    cone = Tube.through((0, 0, 0, 1), (10, 0, 0, 3))
    np.testing.assert_allclose(distance_at(cone, [(5, 4, 0), (2.5, 0, 4)]), [2.0, 2.5], atol=1e-6)


def test_a_sheet_has_its_thickness() -> None:
    vertices = np.array([(0, 0, 0, 1), (20, 0, 0, 1), (20, 20, 0, 2), (0, 20, 0, 2)], dtype=np.float64)
    plate = sheet(vertices, [(0, 1, 2), (0, 2, 3)])
    np.testing.assert_allclose(distance_at(plate, [(10, 10, 4), (10, 0, -3), (5, 20, 0)]), [2.5, 2.0, -2.0], atol=1e-6)
    # The rim is round, and neighbouring triangles share it without a seam.
    np.testing.assert_allclose(distance_at(plate, [(-3, 0, 0), (23, 4, 0)])[0], 2.0, atol=1e-6)


@pytest.mark.parametrize(
    "solid",
    [
        BALL,
        ROD,
        Blend([BALL, ROD], blend_mm=3.0),
        Without(BALL, [ROD], gap_mm=1.0, blend_mm=1.0),
        Mirrored(BALL),
        Placed(ROD, 1.5, np.array([3.0, -2.0, 1.0])),
    ],
    ids=lambda solid: type(solid).__name__,
)
@pytest.mark.parametrize("falling", [False, True])
def test_a_grid_and_a_list_of_points_agree_near_the_surface(solid: Shape, falling: bool) -> None:
    axes = [np.arange(-22.0, 23.0, 1.5) for _ in range(3)]
    if falling:
        axes = [axis[::-1] for axis in axes]
    x, y, z = axes
    on_grid = np.broadcast_to(
        solid.distance_mm(x[None, None, :], y[None, :, None], z[:, None, None]), (len(z), len(y), len(x))
    )
    k, j, i = np.meshgrid(z, y, x, indexing="ij")
    listed = distance_at(solid, np.stack([i, j, k], axis=-1))
    near = np.abs(listed) < 5.0
    assert near.sum() > 50
    np.testing.assert_allclose(on_grid[near], listed[near], atol=1e-9)
    inside = np.stack([i, j, k], axis=-1)[listed < 0.0]
    assert (inside >= solid.box.low_mm - 1e-9).all()
    assert (inside <= solid.box.high_mm + 1e-9).all()


def test_a_union_is_the_nearer_of_two_and_its_fillet_only_adds() -> None:
    points = np.random.default_rng(1).uniform(-10, 15, size=(500, 3))
    nearer = np.minimum(distance_at(BALL, points), distance_at(ROD, points))
    np.testing.assert_allclose(distance_at(Blend([BALL, ROD]), points), nearer, atol=1e-9)
    filleted = distance_at(Blend([BALL, ROD], blend_mm=4.0), points)
    assert (filleted <= nearer + 1e-9).all()
    assert (filleted >= nearer - 1.0 - 1e-9).all()


def test_a_hole_leaves_its_gap() -> None:
    rest = Without(BALL, [ROD], gap_mm=1.0)
    points = np.random.default_rng(2).uniform(-6, 9, size=(2000, 3))
    inside = points[distance_at(rest, points) < 0.0]
    assert len(inside) > 100
    assert distance_at(ROD, inside).min() >= 1.0


def test_a_mirror_image_is_on_the_other_side() -> None:
    assert distance_at(Mirrored(BALL), (-1.0, 2.0, 3.0)) == pytest.approx(-5.0)
    assert distance_at(Mirrored(BALL), (6.5, 2.0, 3.0)) > 0.0


def test_placing_scales_distances() -> None:
    moved = Placed(BALL, 2.0, np.array([100.0, 0.0, 0.0]))
    assert distance_at(moved, (102.0, 4.0, 6.0)) == pytest.approx(-10.0)
    assert distance_at(moved, (102.0, 4.0, 26.0)) == pytest.approx(10.0)


def test_a_box_holds_its_points_with_their_reach() -> None:
    box = Box.around([(0, 0, 0), (4, 1, 1)], np.array([1.0, 3.0]))
    np.testing.assert_array_equal(box.low_mm, (-1, -2, -2))
    np.testing.assert_array_equal(box.high_mm, (7, 4, 4))
    both = Box.of([box, Box.around([(9, 0, 0)])]).grown(0.5)
    np.testing.assert_array_equal(both.high_mm, (9.5, 4.5, 4.5))


def test_a_fillet_wider_than_the_reach_is_refused() -> None:
    with pytest.raises(ContractError):
        Blend([BALL], blend_mm=Blend.REACH_MM)
