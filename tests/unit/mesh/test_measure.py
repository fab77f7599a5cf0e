"""Measures of surfaces whose measures are known."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.mesh.measure import (
    area_mm2,
    centroid_mm,
    joined,
    open_edges,
    part_of_vertex,
    split,
    vertex_normals,
    volume_mm3,
)
from orview.mesh.surface import Surface
from tests.measuring import distance

CUBE = Surface(
    vertices_mm=np.array([[x, y, z] for z in (0, 2) for y in (0, 2) for x in (0, 2)], dtype=np.float64)
    + np.array([100, 50, -900]),
    triangles=np.array(
        [
            *([0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4]),
            *([2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5]),
        ],
        dtype=np.int32,
    ),
)


def moved(surface: Surface, by_mm: tuple[float, float, float]) -> Surface:
    return Surface(vertices_mm=surface.vertices_mm + by_mm, triangles=surface.triangles)


def test_a_cube() -> None:
    assert volume_mm3(CUBE) == pytest.approx(8.0)
    assert area_mm2(CUBE) == pytest.approx(24.0)
    assert centroid_mm(CUBE) == pytest.approx([101, 51, -899])
    assert open_edges(CUBE) == 0
    normals = vertex_normals(CUBE)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1.0)
    assert (normals * (CUBE.vertices_mm - (101, 51, -899)) > 0).all()


def test_a_cube_inside_out_has_a_negative_volume() -> None:
    turned = Surface(vertices_mm=CUBE.vertices_mm, triangles=CUBE.triangles[:, ::-1])
    assert volume_mm3(turned) == pytest.approx(-8.0)


def test_holes_flipped_triangles_and_doubled_triangles_are_open_edges() -> None:
    hole = Surface(vertices_mm=CUBE.vertices_mm, triangles=CUBE.triangles[1:])
    flipped = CUBE.triangles.copy()
    flipped[0] = flipped[0][::-1]
    doubled = np.concatenate([CUBE.triangles, CUBE.triangles[:1]])
    for triangles in (hole.triangles, flipped, doubled):
        assert open_edges(Surface(vertices_mm=CUBE.vertices_mm, triangles=triangles)) > 0


def test_parts_are_found_split_and_joined() -> None:
    small = Surface(vertices_mm=CUBE.vertices_mm[:4] + 50, triangles=CUBE.triangles[:2])
    both = joined([small, CUBE, moved(CUBE, (9, 9, 9))])
    assert len(np.unique(part_of_vertex(both))) == 3
    parts = split(both)
    assert [len(part.triangles) for part in parts] == [12, 12, 2]
    assert sum(volume_mm3(part) for part in parts[:2]) == pytest.approx(16.0)
    assert split(Surface(vertices_mm=np.zeros((0, 3)), triangles=np.zeros((0, 3), dtype=np.int32))) == []


def test_a_long_chain_of_triangles_is_one_part() -> None:
    count = 3000
    strip = np.arange(count)[:, None] + np.arange(3)
    order = np.random.default_rng(3).permutation(count + 2)
    vertices = np.random.default_rng(4).random((count + 2, 3))
    chain = Surface(vertices_mm=vertices, triangles=order[strip].astype(np.int32))
    assert len(np.unique(part_of_vertex(chain))) == 1


def test_distance_of_moved_cubes_is_the_way_moved() -> None:
    apart = distance(CUBE, moved(CUBE, (0.0, 0.0, 0.5)))
    assert apart.hausdorff_mm == pytest.approx(0.5, abs=1e-4)
    assert 0.0 < apart.rms_mm < 0.5
    assert distance(CUBE, CUBE).hausdorff_mm == pytest.approx(0.0, abs=1e-5)


@pytest.mark.hazard("H16")
def test_distance_sees_a_part_that_only_one_of_them_has() -> None:
    both = joined([CUBE, moved(CUBE, (12.0, 0.0, 0.0))])
    assert distance(CUBE, both).hausdorff_mm == pytest.approx(12.0, abs=1e-3)
    assert distance(both, CUBE).hausdorff_mm == pytest.approx(12.0, abs=1e-3)


def test_distance_to_nothing_is_refused() -> None:
    with pytest.raises(ContractError):
        distance(CUBE, Surface(vertices_mm=np.zeros((0, 3)), triangles=np.zeros((0, 3), dtype=np.int32)))


def test_a_folded_sliver_still_has_unit_normals() -> None:
    sliver = Surface(
        vertices_mm=np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]),
        triangles=np.array([[0, 1, 2], [2, 1, 0]], dtype=np.int32),
    )
    assert np.linalg.norm(vertex_normals(sliver), axis=1) == pytest.approx(1.0)
