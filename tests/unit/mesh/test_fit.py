"""A coarse surface laid through a fine one comes nearer to it, and its ridges do not overshoot."""

import numpy as np

from orview.image.field import Field, field_of_mask
from orview.mesh.fit import fitted, samples_of
from orview.mesh.measure import volume_mm3
from orview.mesh.nearest import Nearest
from orview.mesh.parts import Parts
from orview.mesh.refine import refine
from orview.mesh.simplify import simplify
from tests.shapes import ellipsoid, grid, points_of

SHAPE = (60, 60, 60)
PATIENT_FROM_VOXEL = grid(corner_mm=(-30.0, -30.0, -30.0))
POINTS = points_of(SHAPE, PATIENT_FROM_VOXEL)


def ball() -> Parts:
    away = (20.0 - np.linalg.norm(POINTS, axis=-1)).astype(np.float32)
    return refine(Field(array=away, level=0.0, outside=-50.0, patient_from_voxel=PATIENT_FROM_VOXEL)).pieces


def test_a_fitted_level_is_nearer_and_says_how_near() -> None:
    finest = ball()
    coarse, _ = simplify(finest, 200)
    samples = samples_of(finest, 4000)
    feet = Nearest(coarse.surface).feet(samples)
    before_mm = np.linalg.norm(feet.offsets_mm, axis=1)
    laid, left_mm, moved_mm = fitted(coarse, feet)
    true_mm = Nearest(laid.surface).distances_mm(samples)
    assert np.sqrt(np.mean(true_mm**2)) < 0.6 * np.sqrt(np.mean(before_mm**2))
    assert true_mm.max() < before_mm.max()
    assert 0.98 <= np.sqrt(np.mean(left_mm**2) / np.mean(true_mm**2)) <= 1.25
    assert abs(volume_mm3(laid.surface) / volume_mm3(finest.surface) - 1.0) < 0.01
    assert moved_mm.max() < 1.0


def test_ridges_do_not_overshoot() -> None:
    lens = ellipsoid((0.0, 0.0, 12.0), (22.0,) * 3)(POINTS) & ellipsoid((0.0, 0.0, -12.0), (22.0,) * 3)(POINTS)
    finest = refine(field_of_mask(lens, PATIENT_FROM_VOXEL)).pieces
    coarse, _ = simplify(finest, 250)
    laid, _, _ = fitted(coarse, Nearest(coarse.surface).feet(samples_of(finest, 4000)))
    out_mm = Nearest(finest.surface).distances_mm(laid.surface.vertices_mm)
    assert out_mm.max() < 0.6


def test_samples_are_spread_over_every_part() -> None:
    mask = ellipsoid((0.0, 0.0, 0.0), (15.0,) * 3)(POINTS)
    mask[3, 3, 3] = True
    finest = refine(field_of_mask(mask, PATIENT_FROM_VOXEL)).pieces
    samples = samples_of(finest, 500)
    assert 400 <= len(samples) <= 1100
    assert np.count_nonzero(np.linalg.norm(samples, axis=1) > 25.0) == np.diff(finest.vertex_starts)[-1]
    assert samples_of(finest, 10**6) is finest.surface.vertices_mm
