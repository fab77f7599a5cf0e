"""A surface becomes a field whose surface is the one given: exact on shapes whose truth is known, holes or not."""

from collections.abc import Callable

import numpy as np
import open3d as o3d
import pytest
from numpy.typing import NDArray

from orview.mesh.measure import split, volume_mm3
from orview.mesh.surface import Surface
from orview.mesh.voxelise import MOST_VOXELS, Voxelised, voxelised
from tests.data import shared_data
from tests.measuring import extract

Floats = NDArray[np.float64]
Mesh = tuple[Floats, NDArray[np.int32]]
CENTRE = np.array([10.0, 170.0, -845.0])


def triangles_of(mesh: o3d.geometry.TriangleMesh, centre: Floats = CENTRE) -> Mesh:
    return np.asarray(mesh.vertices) + centre, np.asarray(mesh.triangles).astype(np.int32)


def sphere(radius_mm: float, centre: Floats = CENTRE) -> Mesh:
    return triangles_of(o3d.geometry.TriangleMesh.create_sphere(radius_mm, 60), centre)


def both(first: Mesh, second: Mesh) -> Mesh:
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1] + len(first[0])])


def made(mesh: Mesh) -> tuple[Voxelised, Surface]:
    found = voxelised(*mesh)
    assert found is not None
    return found, extract(found.field)


def worst_mm(surface: Surface, distance: Callable[[Floats], Floats]) -> float:
    return float(np.abs(distance(surface.vertices_mm)).max())


@pytest.mark.parametrize("radius_mm", [1.0, 2.0, 5.0, 30.0])
def test_a_sphere_keeps_its_radius_and_place(radius_mm: float) -> None:
    found, surface = made(sphere(radius_mm))
    assert worst_mm(surface, lambda p: np.linalg.norm(p - CENTRE, axis=1) - radius_mm) < 0.06
    assert not found.coarse
    assert found.open_edges == 0
    assert volume_mm3(surface) == pytest.approx(4.0 / 3.0 * np.pi * radius_mm**3, rel=0.06)


def test_a_box_keeps_its_faces_and_nearly_its_edges() -> None:
    box = triangles_of(o3d.geometry.TriangleMesh.create_box(10.0, 20.0, 30.0))
    _, surface = made(box)
    half = np.array([5.0, 10.0, 15.0])
    assert worst_mm(surface, lambda p: (np.abs(p - CENTRE - half) - half).max(axis=1)) < 0.2
    assert volume_mm3(surface) == pytest.approx(6000.0, rel=0.005)


def test_a_surface_turned_inside_out_is_the_same() -> None:
    vertices, triangles = sphere(10.0)
    _, surface = made((vertices, triangles[:, ::-1].copy()))
    assert volume_mm3(surface) == pytest.approx(4.0 / 3.0 * np.pi * 1000.0, rel=0.01)


def test_shells_that_overlap_are_one_and_inner_shells_are_hollow() -> None:
    apart = np.array([15.0, 0.0, 0.0])
    _, union = made(both(sphere(20.0), sphere(20.0, CENTRE + apart)))

    def to_union(p: Floats) -> Floats:
        away: Floats = np.minimum(np.linalg.norm(p - CENTRE, axis=1), np.linalg.norm(p - CENTRE - apart, axis=1)) - 20.0
        return away

    assert worst_mm(union, to_union) < 0.15
    vertices, triangles = sphere(10.0)
    _, hollow = made(both(sphere(20.0), (vertices, triangles[:, ::-1].copy())))
    assert len(split(hollow)) == 2
    assert volume_mm3(hollow) == pytest.approx(4.0 / 3.0 * np.pi * (8000.0 - 1000.0), rel=0.01)


def test_a_surface_with_holes_keeps_its_inside() -> None:
    vertices, triangles = sphere(20.0)
    kept = triangles[np.random.default_rng(1).random(len(triangles)) > 0.02]
    found, surface = made((vertices, kept))
    assert found.open_edges > 500
    assert worst_mm(surface, lambda p: np.linalg.norm(p - CENTRE, axis=1) - 20.0) < 0.3


def test_a_cut_open_tube_gets_a_flat_end() -> None:
    tube = o3d.geometry.TriangleMesh.create_cylinder(4.0, 40.0, 40, 20)
    vertices, triangles = triangles_of(tube)
    # Without the fans of triangles at both ends.
    ends = (np.abs(vertices[triangles][..., 2] - CENTRE[2]) > 19.9).all(axis=1)
    found, surface = made((vertices, triangles[~ends]))
    assert found.open_edges == 80
    assert volume_mm3(surface) == pytest.approx(2002.4, rel=0.01)  # of the 40-sided prism


def test_a_thin_tube_across_a_large_box_stays_one_part() -> None:
    tube = o3d.geometry.TriangleMesh.create_cylinder(0.5, 120.0, 24, 60)
    tube.rotate(o3d.geometry.get_rotation_matrix_from_xyz((0.7, 0.4, 0.0)))
    found, surface = made(triangles_of(tube))
    assert len(split(surface)) == 1
    # A 24-sided tube five voxels across: chords of triangles cost a tenth.
    assert volume_mm3(surface) == pytest.approx(np.pi * 0.25 * 120.0, rel=0.1)
    assert found.field.array.size <= MOST_VOXELS


def test_what_encloses_nothing_is_said_to() -> None:
    vertices, _ = sphere(5.0)
    assert voxelised(vertices, np.zeros((0, 3), dtype=np.int32)) is None
    assert voxelised(vertices, np.zeros((10, 3), dtype=np.int32)) is None
    sheet = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0]], dtype=np.float64)
    assert voxelised(sheet, np.array([[0, 1, 2], [0, 2, 3]] * 2, dtype=np.int32)) is None


def test_a_real_pelvis_with_1633_open_edges_is_closed() -> None:
    text = (shared_data("phantom_pelvis") / "DeciPelvis.vtk").read_text()
    points, polygons = text.index("POINTS"), text.index("POLYGONS")
    number = int(text[points:].split(None, 2)[1])
    vertices = np.array(text[points:polygons].split()[3 : 3 + 3 * number], dtype=np.float64).reshape(-1, 3)
    count = int(text[polygons:].split(None, 2)[1])
    rows = np.array(text[polygons:].split(None, 3 + 4 * count)[3 : 3 + 4 * count], dtype=np.int32).reshape(-1, 4)
    found, surface = made((vertices, rows[:, 1:]))
    assert 1600 < found.open_edges < 1660
    scene = o3d.t.geometry.RaycastingScene()
    tensor = o3d.core.Tensor.from_numpy
    scene.add_triangles(tensor(vertices.astype(np.float32)), tensor(rows[:, 1:].astype(np.uint32)))
    away = scene.compute_distance(tensor(surface.vertices_mm.astype(np.float32)[::10])).numpy()
    # Nearly all of the new surface is the old one; the rest closes holes.
    assert np.quantile(away, 0.5) < 0.02
    assert np.quantile(away, 0.95) < 0.15
