"""Fewer triangles, every part still there and closed, thin tubes within the hazard's limits (H16)."""

import numpy as np
import pytest

from orview.image.field import Field, field_of_mask
from orview.mesh.measure import open_edges, split, volume_mm3
from orview.mesh.parts import Parts, joined
from orview.mesh.refine import refine
from orview.mesh.simplify import FLOOR_TRIANGLES, need, shares, simplify
from tests.measuring import distance
from tests.shapes import ellipsoid, grid, points_of, tube

SHAPE = (90, 60, 60)
PATIENT_FROM_VOXEL = grid(corner_mm=(-30.0, 120.0, -900.0))
POINTS = points_of(SHAPE, PATIENT_FROM_VOXEL)


def finest(mask: np.ndarray) -> Parts:
    return refine(field_of_mask(mask, PATIENT_FROM_VOXEL)).pieces


def need_of(pieces: Parts) -> float:
    return float(need(pieces.areas_mm2(), pieces.volumes_mm3())[0])


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("diameter_mm", [1.5, 2.2, 3.0, 4.0])
@pytest.mark.parametrize("triangles", [600, 300])
def test_a_thin_tube_survives(diameter_mm: float, triangles: int) -> None:
    full = finest(tube((-8.0, 140.0, -890.0), (8.0, 155.0, -820.0), diameter_mm)(POINTS))
    few, _ = simplify(full, triangles)
    assert len(few.surface.triangles) <= 1.1 * max(triangles, FLOOR_TRIANGLES * len(full))
    apart = distance(full.surface, few.surface)
    assert apart.hausdorff_mm <= 1.0
    assert open_edges(few.surface) == 0
    assert len(split(few.surface)) == len(few) == len(full)


@pytest.mark.hazard("H16")
def test_no_part_is_lost_beside_a_large_one() -> None:
    mask = ellipsoid((0.0, 150.0, -855.0), (20.0, 20.0, 25.0))(POINTS)
    for height in (-895.0, -888.0, -820.0):
        mask |= ellipsoid((-20.0, 130.0, height), (2.0, 2.0, 2.0))(POINTS)
    mask[2, 2, 2] = True
    full = finest(mask)
    few, _ = simplify(full, 300)
    assert len(split(full.surface)) == len(split(few.surface)) == 5
    assert all(abs(volume_mm3(part)) > 10.0 for part in split(few.surface)[:4])
    assert len(few.surface.triangles) < 500


def test_a_surface_full_of_handles_comes_down_to_any_number_in_one_piece() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(44, 44, 44))
    for axis in range(3):
        values = sum(np.roll(values, step, axis=axis) for step in (-1, 0, 1))
    ball = np.linalg.norm(np.indices(values.shape) - 21.5, axis=0) < 18.0
    porous = np.where(ball, values + 5.0, -20.0).astype(np.float32)
    field = Field(array=porous, level=0.0, outside=-20.0, patient_from_voxel=PATIENT_FROM_VOXEL)
    full = joined([refine(field).pieces.part(0)])
    vertices, triangles = len(full.surface.vertices_mm), len(full.surface.triangles)
    assert vertices - triangles / 2 < -40, "many handles"
    for target in (6000, 3000, 1500):
        few, _ = simplify(full, target)
        assert len(few) == len(split(few.surface)) == 1
        assert open_edges(few.surface) == 0
        assert len(few.surface.triangles) <= target
        assert volume_mm3(few.surface) == pytest.approx(volume_mm3(full.surface), rel=0.1)


def test_what_is_torn_off_far_away_is_not_let_go() -> None:
    dumbbell = ellipsoid((-12.0, 150.0, -855.0), (7.0,) * 3)(POINTS) | ellipsoid((12.0, 150.0, -855.0), (9.0,) * 3)(
        POINTS
    )
    dumbbell |= ellipsoid((0.0, 150.0, -855.0), (14.0, 1.2, 1.2))(POINTS)
    full = finest(dumbbell)
    assert len(full) == 1
    for target in (1000, 400, 200, 100):
        few, _ = simplify(full, target)
        assert len(split(few.surface)) == 1
        assert distance(full.surface, few.surface).hausdorff_mm < 3.0


def test_a_cavity_stays_a_cavity() -> None:
    cavity = ellipsoid((0.0, 150.0, -855.0), (20.0,) * 3)(POINTS) & ~ellipsoid((0.0, 150.0, -855.0), (8.0,) * 3)(POINTS)
    full = finest(cavity)
    few, _ = simplify(full, 200)
    assert list(np.sign(few.volumes_mm3())) == [1.0, -1.0]
    assert volume_mm3(few.surface) == pytest.approx(volume_mm3(full.surface), rel=0.15)


def test_what_is_small_enough_stays_as_it_is() -> None:
    full = finest(ellipsoid((0.0, 150.0, -855.0), (5.0,) * 3)(POINTS))
    assert simplify(full, 10**6)[0] is full


def test_shares_follow_need_within_floor_and_stock() -> None:
    def of(needs: list[float], available: list[int], total: int) -> list[int]:
        return shares(np.array(needs), np.array(available), total).tolist()

    assert of([1.0, 1.0, 2.0], [10_000, 10_000, 10_000], 4000) == pytest.approx([1012, 1012, 1976], abs=60)
    assert of([1.0, 100.0], [5000, 200], 2000) == [1800, 200]
    assert of([1.0, 1.0], [20, 5000], 30) == [20, FLOOR_TRIANGLES]
    assert of([1.0, 1.0], [100, 100], 10**6) == [100, 100]


def test_need_is_alike_at_every_size_and_bounded_for_thin_shapes() -> None:
    ball = finest(ellipsoid((0.0, 150.0, -855.0), (10.0,) * 3)(POINTS))
    # At equal error in mm, triangles grow with the radius: area / radius.
    assert need(4.0 * ball.areas_mm2(), 8.0 * ball.volumes_mm3())[0] == pytest.approx(2.0 * need_of(ball))
    thin, thinner = need(np.array([100.0, 100.0]), np.array([60.0, 20.0]))
    assert thin == thinner
