"""The finest surface: smooth, closed, of the mask's volume, and thin parts are still there."""

import numpy as np
import pytest

from orview.image.field import field_of_mask
from orview.mesh.measure import distance, open_edges, split, volume_mm3
from orview.mesh.refine import refine, smooth
from orview.mesh.surface import extract
from tests.shapes import ellipsoid, grid, points_of, tube

SHAPE = (90, 60, 60)
PATIENT_FROM_VOXEL = grid(corner_mm=(-30.0, 120.0, -900.0))
POINTS = points_of(SHAPE, PATIENT_FROM_VOXEL)
START_MM, END_MM = (-8.0, 140.0, -890.0), (8.0, 155.0, -820.0)


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("diameter_mm", [1.5, 2.2, 3.0, 4.0])
def test_a_thin_tube_keeps_its_voxels_volume(diameter_mm: float) -> None:
    mask = tube(START_MM, END_MM, diameter_mm)(POINTS)
    refined = refine(field_of_mask(mask, PATIENT_FROM_VOXEL))
    assert refined.dust == 0
    assert volume_mm3(refined.finest) == pytest.approx(np.count_nonzero(mask), rel=0.06)
    assert open_edges(refined.finest) == open_edges(refined.full) == 0
    assert len(split(refined.finest)) == len(split(refined.full)) == refined.parts
    assert np.ptp(refined.full.vertices_mm[:, 2]) > 68.0


def test_a_ball_is_smooth_and_true() -> None:
    centre, radius = (0.0, 150.0, -855.0), 20.0
    refined = refine(field_of_mask(ellipsoid(centre, (radius,) * 3)(POINTS), PATIENT_FROM_VOXEL))
    off = np.linalg.norm(refined.finest.vertices_mm - centre, axis=1) - radius
    raw = extract(field_of_mask(ellipsoid(centre, (radius,) * 3)(POINTS), PATIENT_FROM_VOXEL))
    raw_off = np.linalg.norm(raw.vertices_mm - centre, axis=1) - radius
    assert np.sqrt(np.mean(off**2)) < 0.13 < np.sqrt(np.mean(raw_off**2))
    assert volume_mm3(smooth(raw)) == pytest.approx(volume_mm3(raw), rel=0.005)


def test_full_is_near_the_finest_with_far_fewer_triangles() -> None:
    refined = refine(field_of_mask(ellipsoid((0.0, 150.0, -855.0), (25.0, 20.0, 30.0))(POINTS), PATIENT_FROM_VOXEL))
    assert len(refined.full.triangles) < 0.6 * len(refined.finest.triangles)
    assert distance(refined.finest, refined.full).rms_mm < 0.03


def test_specks_go_but_crumbs_of_a_thin_thing_stay() -> None:
    ball = ellipsoid((0.0, 150.0, -855.0), (15.0, 15.0, 15.0))(POINTS)
    ball[2, 2, 2] = ball[80, 50, 50] = True
    refined = refine(field_of_mask(ball, PATIENT_FROM_VOXEL))
    assert (refined.parts, refined.dust, len(split(refined.full))) == (1, 2, 1)
    crumbs = np.zeros(SHAPE, dtype=bool)
    crumbs[10:80:10, 30, 30] = True
    refined = refine(field_of_mask(crumbs, PATIENT_FROM_VOXEL))
    assert (refined.parts, refined.dust) == (7, 0)


def test_nothing_gives_nothing() -> None:
    refined = refine(field_of_mask(np.zeros((5, 5, 5), dtype=bool), PATIENT_FROM_VOXEL))
    assert len(refined.full.triangles) == refined.parts == 0
