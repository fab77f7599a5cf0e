"""Fewer triangles, every part still there and closed, thin tubes within the hazard's limits (H16)."""

import numpy as np
import pytest

from orview.image.field import field_of_mask
from orview.mesh.measure import distance, joined, open_edges, split, volume_mm3
from orview.mesh.refine import refine
from orview.mesh.simplify import FLOOR_TRIANGLES, need, shares, simplify, thinned, unpinched
from orview.mesh.surface import Surface
from tests.shapes import ellipsoid, grid, points_of, tube

SHAPE = (90, 60, 60)
PATIENT_FROM_VOXEL = grid(corner_mm=(-30.0, 120.0, -900.0))
POINTS = points_of(SHAPE, PATIENT_FROM_VOXEL)


def finest(mask: np.ndarray) -> Surface:
    return refine(field_of_mask(mask, PATIENT_FROM_VOXEL)).finest


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("diameter_mm", [1.5, 2.2, 3.0, 4.0])
@pytest.mark.parametrize("triangles", [600, 300])
def test_a_thin_tube_survives(diameter_mm: float, triangles: int) -> None:
    full = finest(tube((-8.0, 140.0, -890.0), (8.0, 155.0, -820.0), diameter_mm)(POINTS))
    few = simplify(full, triangles)
    assert len(few.triangles) <= 1.1 * triangles
    apart = distance(full, few)
    assert apart.p95_mm <= 0.3
    assert apart.hausdorff_mm <= 1.0
    assert open_edges(few) == 0
    assert len(split(few)) == len(split(full))


@pytest.mark.hazard("H16")
def test_no_part_is_lost_beside_a_large_one() -> None:
    mask = ellipsoid((0.0, 150.0, -855.0), (20.0, 20.0, 25.0))(POINTS)
    for height in (-895.0, -888.0, -820.0):
        mask |= ellipsoid((-20.0, 130.0, height), (2.0, 2.0, 2.0))(POINTS)
    full = finest(mask)
    few = simplify(full, 300)
    assert len(split(full)) == len(split(few)) == 4
    assert all(abs(volume_mm3(part)) > 10.0 for part in split(few))
    assert len(few.triangles) < 500


def test_a_part_that_cannot_be_simplified_whole_is_kept() -> None:
    cavity = ellipsoid((0.0, 150.0, -855.0), (20.0,) * 3)(POINTS) & ~ellipsoid((0.0, 150.0, -855.0), (8.0,) * 3)(POINTS)
    full = finest(cavity)
    few = simplify(full, 200)
    assert sorted(np.sign(volume_mm3(part)) for part in split(few)) == [-1.0, 1.0]
    assert volume_mm3(few) == pytest.approx(volume_mm3(full), rel=0.1)


def test_what_is_small_enough_stays_as_it_is() -> None:
    full = finest(ellipsoid((0.0, 150.0, -855.0), (5.0,) * 3)(POINTS))
    assert simplify(full, 10**6) is full


def test_thinning_keeps_the_surface_to_a_twentieth_of_a_millimetre() -> None:
    full = finest(ellipsoid((0.0, 150.0, -855.0), (25.0, 20.0, 30.0))(POINTS))
    thin = thinned(joined([full, Surface(vertices_mm=full.vertices_mm + 200.0, triangles=full.triangles)]))
    assert len(thin.triangles) < 1.3 * len(full.triangles)
    assert len(split(thin)) == 2
    assert open_edges(thin) == 0


def test_shares_follow_need_within_floor_and_stock() -> None:
    assert shares([1.0, 1.0, 2.0], [10_000, 10_000, 10_000], 4000) == pytest.approx([1012, 1012, 1976], abs=60)
    assert shares([1.0, 100.0], [5000, 200], 2000) == [1800, 200]
    assert shares([1.0, 1.0], [20, 5000], 30) == [20, FLOOR_TRIANGLES]
    assert shares([1.0, 1.0], [100, 100], 10**6) == [100, 100]


def test_need_is_alike_at_every_size_and_greater_for_thin_shapes() -> None:
    ball = finest(ellipsoid((0.0, 150.0, -855.0), (10.0,) * 3)(POINTS))
    larger = Surface(vertices_mm=ball.vertices_mm * 2.0, triangles=ball.triangles)
    # At equal error in mm, triangles grow with the radius: area / radius.
    assert need(larger) == pytest.approx(2.0 * need(ball))
    rod = finest(tube((-8.0, 140.0, -890.0), (8.0, 155.0, -820.0), 3.0)(POINTS))
    assert need(rod) > need(ball)


def test_two_sheets_that_touch_in_an_edge_are_taken_apart() -> None:
    tetrahedron = np.array([[0.0, 0, 0], [10, 0, 0], [5, 8, 3], [5, 8, -3]])
    faces = np.array([[0, 1, 2], [1, 0, 3], [0, 2, 3], [2, 1, 3]])
    other = np.where(faces > 1, faces + 2, faces)
    vertices = np.concatenate([tetrahedron, tetrahedron[2:] * (1, -1, 1)])
    touching = Surface(vertices_mm=vertices, triangles=np.concatenate([faces, other[:, ::-1]]).astype(np.int32))
    assert open_edges(touching) > 0
    apart = unpinched(touching)
    assert open_edges(apart) == 0
    assert len(split(apart)) == 2
    assert volume_mm3(apart) == pytest.approx(volume_mm3(touching))
    assert unpinched(apart) is apart
