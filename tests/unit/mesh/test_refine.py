"""The finest surface: smooth, closed, of the mask's volume, and thin parts are still there."""

import numpy as np
import pytest

from orview.image.field import Field, field_of_mask
from orview.mesh.measure import open_edges, split, volume_mm3
from orview.mesh.refine import refine
from tests.shapes import ellipsoid, grid, points_of, tube

SHAPE = (90, 60, 60)
PATIENT_FROM_VOXEL = grid(corner_mm=(-30.0, 120.0, -900.0))
POINTS = points_of(SHAPE, PATIENT_FROM_VOXEL)
START_MM, END_MM = (-8.0, 140.0, -890.0), (8.0, 155.0, -820.0)


def grey(mask: np.ndarray) -> Field:
    return Field(array=mask.astype(np.float32), level=0.5, outside=0.0, patient_from_voxel=PATIENT_FROM_VOXEL)


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("diameter_mm", [1.5, 2.2, 3.0, 4.0])
def test_a_thin_tube_keeps_its_voxels_volume(diameter_mm: float) -> None:
    mask = tube(START_MM, END_MM, diameter_mm)(POINTS)
    refined = refine(field_of_mask(mask, PATIENT_FROM_VOXEL))
    assert refined.dust == 0
    assert volume_mm3(refined.finest) == pytest.approx(np.count_nonzero(mask), rel=0.01)
    assert open_edges(refined.finest) == 0
    assert len(split(refined.finest)) == refined.parts
    assert np.ptp(refined.finest.vertices_mm[:, 2]) > 68.0


def test_a_ball_is_smooth_and_true() -> None:
    centre, radius = (0.0, 150.0, -855.0), 20.0
    refined = refine(field_of_mask(ellipsoid(centre, (radius,) * 3)(POINTS), PATIENT_FROM_VOXEL))
    off = np.linalg.norm(refined.finest.vertices_mm - centre, axis=1) - radius
    assert np.sqrt(np.mean(off**2)) < 0.1
    assert np.abs(off).max() < 0.5


@pytest.mark.hazard("H16")
def test_no_part_of_a_label_map_is_dust() -> None:
    ball = ellipsoid((0.0, 150.0, -855.0), (15.0, 15.0, 15.0))(POINTS)
    ball[2, 2, 2] = ball[80, 50, 50] = True
    refined = refine(field_of_mask(ball, PATIENT_FROM_VOXEL))
    assert (refined.parts, refined.dust, len(split(refined.finest))) == (3, 0, 3)
    assert refined.pieces.volumes_mm3() == pytest.approx([np.count_nonzero(ball) - 2, 1.0, 1.0], rel=0.2)


def test_specks_of_grey_values_go_but_crumbs_of_a_thin_thing_stay() -> None:
    ball = ellipsoid((0.0, 150.0, -855.0), (15.0, 15.0, 15.0))(POINTS)
    ball[2, 2, 2] = ball[80, 50, 50] = True
    refined = refine(grey(ball))
    assert (refined.parts, refined.dust, len(split(refined.finest))) == (1, 2, 1)
    crumbs = np.zeros(SHAPE, dtype=bool)
    crumbs[10:80:10, 30, 30] = True
    refined = refine(grey(crumbs))
    assert (refined.parts, refined.dust) == (7, 0)


def test_grey_values_place_the_surface_between_voxels() -> None:
    centre, radius = np.array((0.3, 150.2, -855.1)), 20.0
    away = (radius - np.linalg.norm(POINTS - centre, axis=-1)).astype(np.float32)
    refined = refine(Field(array=away, level=0.0, outside=-50.0, patient_from_voxel=PATIENT_FROM_VOXEL))
    off = np.linalg.norm(refined.finest.vertices_mm - centre, axis=1) - radius
    assert np.abs(off).max() < 0.06
    assert open_edges(refined.finest) == 0


def test_nothing_gives_nothing() -> None:
    refined = refine(field_of_mask(np.zeros((5, 5, 5), dtype=bool), PATIENT_FROM_VOXEL))
    assert len(refined.finest.triangles) == refined.parts == 0
