"""The nearest points are those of a search through all triangles, near and far."""

import numpy as np
import open3d as o3d
import pytest

from orview.image.field import field_of_mask
from orview.mesh.nearest import Nearest
from orview.mesh.refine import refine
from orview.mesh.simplify import simplify
from orview.mesh.surface import Surface
from tests.shapes import ellipsoid, grid, points_of, tube

PATIENT_FROM_VOXEL = grid((0.8, 0.9, 1.5), (-30.0, 20.0, -900.0))
POINTS = points_of((40, 60, 70), PATIENT_FROM_VOXEL)


def two_parts() -> Surface:
    ball = ellipsoid((-8.0, 48.0, -868.0), (12.0, 15.0, 10.0))(POINTS)
    rod = tube((18.0, 30.0, -890.0), (20.0, 60.0, -850.0), 3.0)(POINTS)
    coarse, _ = simplify(refine(field_of_mask(ball | rod, PATIENT_FROM_VOXEL)).pieces, 900)
    return coarse.surface


@pytest.mark.parametrize("reach_mm", [0.2, 5.0, 400.0])
def test_nearest_points_are_those_of_another_search(reach_mm: float) -> None:
    surface = two_parts()
    rng = np.random.default_rng(4)
    chosen = surface.vertices_mm[rng.integers(0, len(surface.vertices_mm), 400)]
    points_mm = chosen + rng.normal(size=chosen.shape) * reach_mm
    centre_mm = surface.vertices_mm.mean(axis=0)
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(
        o3d.core.Tensor.from_numpy((surface.vertices_mm - centre_mm).astype(np.float32)),
        o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
    )
    query = o3d.core.Tensor.from_numpy((points_mm - centre_mm).astype(np.float32))
    other_mm = scene.compute_distance(query).numpy()
    nearest = Nearest(surface)
    feet = nearest.feet(points_mm)
    assert nearest.distances_mm(points_mm) == pytest.approx(other_mm, abs=1e-3, rel=1e-5)
    assert np.linalg.norm(feet.offsets_mm, axis=1) == pytest.approx(other_mm, abs=1e-3, rel=1e-5)
    assert (feet.weights >= -1e-12).all()
    assert feet.weights.sum(axis=1) == pytest.approx(1.0)
    on_it = np.einsum("sc,scx->sx", feet.weights, surface.vertices_mm[feet.corners])
    assert on_it + feet.offsets_mm == pytest.approx(points_mm)


def test_a_triangle_without_area_has_a_nearest_point() -> None:
    vertices = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 0.0, 0.0)])
    surface = Surface(vertices_mm=vertices, triangles=np.array([[0, 1, 2]], dtype=np.int32))
    points = np.array([(0.5, 2.0, 0.0), (3.0, 0.0, 0.0), (1.0, 0.0, 0.0)])
    assert Nearest(surface).distances_mm(points) == pytest.approx([2.0, 2.0, 0.0])
