"""Sheets of a surface that came to touch in an edge are taken apart again."""

import numpy as np
from numpy.typing import NDArray

from orview.mesh.surface import Surface


def unpinched(surface: Surface) -> Surface:
    """Return a surface whose edges with four triangles, where two sheets came to touch, are taken apart.

    The triangles around an end of such an edge fall into fans that hang together by ordinary edges; every fan but
    the first gets a vertex of its own in the same place. Nothing moves.
    """
    edges = np.sort(surface.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    keys, counts = np.unique(edges[:, 0] * len(surface.vertices_mm) + edges[:, 1], return_counts=True)
    pinched = keys[counts > 2]
    if len(pinched) == 0:
        return surface
    triangles = surface.triangles.copy()
    added: list[int] = []
    for vertex in np.unique(np.concatenate(np.divmod(pinched, len(surface.vertices_mm)))):
        for fan in _fans(triangles, int(vertex))[1:]:
            rows = triangles[fan]
            rows[rows == vertex] = len(surface.vertices_mm) + len(added)
            triangles[fan] = rows
            added.append(int(vertex))
    return Surface(vertices_mm=np.concatenate([surface.vertices_mm, surface.vertices_mm[added]]), triangles=triangles)


def _fans(triangles: NDArray[np.int32], vertex: int) -> list[list[int]]:
    """Return the rows of the triangles around a vertex, in groups that hang together by edges of two triangles."""
    around = [int(row) for row in np.flatnonzero((triangles == vertex).any(axis=1))]
    by_neighbour: dict[int, list[int]] = {}
    for row in around:
        for neighbour in triangles[row][triangles[row] != vertex]:
            by_neighbour.setdefault(int(neighbour), []).append(row)
    linked: dict[int, set[int]] = {row: set() for row in around}
    for rows in by_neighbour.values():
        if len(rows) == 2:
            linked[rows[0]].add(rows[1])
            linked[rows[1]].add(rows[0])
    fans: list[list[int]] = []
    left = set(around)
    while left:
        fan, waiting = [], [min(left)]
        while waiting:
            row = waiting.pop()
            if row in left:
                left.remove(row)
                fan.append(row)
                waiting.extend(linked[row] & left)
        fans.append(fan)
    return fans
