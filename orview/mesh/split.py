"""A surface that joins several structures, taken apart again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.mesh.measure import part_of_vertex
from orview.mesh.surface import Surface


def split(surface: Surface, wholes: Mapping[str, Surface]) -> dict[str, Surface]:
    """Return the parts of `surface` under the key of the structure each lies on.

    A connected part goes as a whole to the structure whose surface is nearest to most of its vertices: a coarser
    surface lies within its simplification error of its own structure, and along all of it only of that one.

    Args:
        surface: parts of several structures, patient mm, no vertex shared between structures.
        wholes: key to each structure's own surface, as fine as there is.
    """
    scene = o3d.t.geometry.RaycastingScene()
    keys = list(wholes)
    for whole in wholes.values():
        scene.add_triangles(_tensor(whole.vertices_mm, np.float32), _tensor(whole.triangles, np.uint32))
    nearest = scene.compute_closest_points(_tensor(surface.vertices_mm, np.float32))
    owner_of_vertex = nearest["geometry_ids"].numpy().astype(np.int64)
    parts = part_of_vertex(surface)
    votes = np.zeros((int(parts.max(initial=-1)) + 1, len(keys)), dtype=np.int64)
    np.add.at(votes, (parts, owner_of_vertex), 1)
    owners = votes.argmax(axis=1)[parts] if len(votes) else parts
    owner_of_triangle = owners[surface.triangles[:, 0]]
    return {key: _cut(surface, owner_of_triangle == n) for n, key in enumerate(keys)}


def _cut(surface: Surface, mine: NDArray[np.bool_]) -> Surface:
    used, triangles = np.unique(surface.triangles[mine], return_inverse=True)
    return Surface(vertices_mm=surface.vertices_mm[used], triangles=triangles.reshape(-1, 3).astype(np.int32))


def _tensor(array: NDArray[Any], dtype: type) -> o3d.core.Tensor:
    return o3d.core.Tensor.from_numpy(np.ascontiguousarray(array, dtype=dtype))
