"""Surfaces come out closed, facing outwards, and where the voxels are."""

import numpy as np
import pytest

from orview.image.field import Field, field_of_mask
from orview.mesh.measure import centroid_mm, open_edges, volume_mm3
from tests.measuring import extract
from tests.shapes import ellipsoid, grid, points_of

CENTRE_MM = (-30.0, 150.0, -860.0)
MIRRORED = np.diag([-1.0, 1.0, 1.0])
TURNED = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
OBLIQUE = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("axes", [np.eye(3), MIRRORED, TURNED, OBLIQUE], ids=["plain", "mirrored", "turned", "oblique"])
def test_a_ball_stands_where_its_voxels_are_whatever_the_grid(axes: np.ndarray) -> None:
    shape = (40, 44, 48)
    spacing = (1.0, 0.9, 1.2)
    corner = np.array(CENTRE_MM) - (axes * spacing) @ (np.array(shape[::-1]) / 2.0)
    transform = grid(spacing, tuple(corner), axes)
    ball = ellipsoid(CENTRE_MM, (15.0, 12.0, 9.0))(points_of(shape, transform))
    surface = extract(field_of_mask(ball, transform))
    assert open_edges(surface) == 0
    # Positive: the triangles face outwards on mirrored grids too.
    assert volume_mm3(surface) == pytest.approx(4 / 3 * np.pi * 15 * 12 * 9, rel=0.02)
    assert centroid_mm(surface) == pytest.approx(CENTRE_MM, abs=0.1)


def test_what_the_image_cuts_gets_a_flat_end() -> None:
    block = np.ones((4, 5, 6), dtype=bool)
    surface = extract(field_of_mask(block, grid()))
    assert open_edges(surface) == 0
    assert volume_mm3(surface) == pytest.approx(4 * 5 * 6, rel=0.1)


def test_nothing_gives_an_empty_surface() -> None:
    surface = extract(field_of_mask(np.zeros((4, 4, 4), dtype=bool), grid()))
    assert (surface.vertices_mm.shape, surface.triangles.shape) == ((0, 3), (0, 3))


def test_grey_values_place_the_surface_between_voxels() -> None:
    ramp = np.tile(np.linspace(1000.0, -1000.0, 21, dtype=np.float32), (5, 5, 1))
    surface = extract(Field(array=ramp, level=350.0, outside=-1000.0, patient_from_voxel=grid()))
    inner = surface.vertices_mm[(np.abs(surface.vertices_mm[:, 1] - 122.0) < 0.1)]
    assert inner[:, 0].max() == pytest.approx(-65.0 + 6.5, abs=1e-3)
