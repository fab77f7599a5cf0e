"""Sheets that touch in an edge come apart, and nothing moves."""

import numpy as np
import pytest

from orview.mesh.measure import open_edges, split, volume_mm3
from orview.mesh.surface import Surface
from orview.mesh.unpinch import unpinched


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
