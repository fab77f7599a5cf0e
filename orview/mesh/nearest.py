"""The nearest points of a surface, found exactly in a tree of boxes.

The triangles are put in the order of a curve that fills space (Morton 1966), a few to a leaf, and every node above is
the box of its two children: a bounding volume hierarchy as in Lauterbach et al. 2009, without anything to balance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled, plain
from orview.mesh.surface import Surface

Floats = NDArray[np.float64]

LEAF = 2
"""Triangles in a leaf."""

MOST_WAITING = 64
"""Nodes that wait while a branch is searched: one for each floor of the tree."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Feet:
    """Points and the nearest point of a surface for each.

    Attributes:
        corners: (S, 3) the vertices of the triangle that holds the nearest point.
        weights: (S, 3) its barycentric coordinates.
        offsets_mm: (S, 3) from the nearest point to the point.
    """

    corners: NDArray[np.int32]
    weights: Floats
    offsets_mm: Floats


class Nearest:
    """Finds the nearest points of a surface.

    Args:
        surface: at least one triangle. It is made ready for the first question.
    """

    def __init__(self, surface: Surface) -> None:
        self._vertices = plain(surface.vertices_mm, np.float64)
        self._triangles = plain(surface.triangles, np.int32)
        self._tree: tuple[NDArray[np.int32], Floats] | None = None

    def feet(self, points_mm: Floats) -> Feet:
        """Return the nearest points of the surface to points (S, 3)."""
        triangle, weights, offsets_mm = self._asked(points_mm)
        return Feet(corners=self._triangles[triangle], weights=weights, offsets_mm=offsets_mm)

    def distances_mm(self, points_mm: Floats) -> Floats:
        """Return how far points (S, 3) lie from the surface, (S,)."""
        _, _, offsets_mm = self._asked(points_mm)
        return np.sqrt(np.einsum("sx,sx->s", offsets_mm, offsets_mm))

    def _asked(self, points_mm: Floats) -> tuple[NDArray[np.int32], Floats, Floats]:
        if self._tree is None:
            order = plain(np.argsort(_codes(self._vertices, self._triangles), kind="stable"), np.int32)
            self._tree = order, _boxes(self._vertices, self._triangles, order)
        return _nearest(self._vertices, self._triangles, *self._tree, plain(points_mm, np.float64))


@compiled
def _codes(vertices: Floats, triangles: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Return each triangle's place on the curve: the bits of its middle's coordinates, ten an axis, in turn."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for n in range(len(triangles)):
        for axis in range(3):
            value = vertices[triangles[n, 0], axis]
            low[axis] = min(low[axis], value)
            high[axis] = max(high[axis], value)
    scale = 1023.0 / max(high[0] - low[0], high[1] - low[1], high[2] - low[2], 1e-9)
    codes = np.empty(len(triangles), dtype=np.uint32)
    for n in range(len(triangles)):
        code = 0
        for axis in range(3):
            middle = 0.0
            for corner in range(3):
                middle += vertices[triangles[n, corner], axis]
            cell = int(min(max((middle / 3.0 - low[axis]) * scale, 0.0), 1023.0))
            for bit in range(10):
                code |= (cell >> bit & 1) << (3 * bit + axis)
        codes[n] = code
    return codes


@compiled
def _boxes(vertices: Floats, triangles: NDArray[np.int32], order: NDArray[np.int32]) -> Floats:
    """Return the boxes (2 L, 6) low and high of all nodes: 1 the root, 2 n and 2 n + 1 below n, the last L the leaves."""
    leaves = 1
    while leaves * LEAF < len(order):
        leaves *= 2
    boxes = np.empty((2 * leaves, 6))
    boxes[:, :3] = np.inf
    boxes[:, 3:] = -np.inf
    for place in range(len(order)):
        leaf = leaves + place // LEAF
        for corner in range(3):
            for axis in range(3):
                value = vertices[triangles[order[place], corner], axis]
                boxes[leaf, axis] = min(boxes[leaf, axis], value)
                boxes[leaf, axis + 3] = max(boxes[leaf, axis + 3], value)
    for node in range(leaves - 1, 0, -1):
        for axis in range(3):
            boxes[node, axis] = min(boxes[2 * node, axis], boxes[2 * node + 1, axis])
            boxes[node, axis + 3] = max(boxes[2 * node, axis + 3], boxes[2 * node + 1, axis + 3])
    return boxes


@compiled
def _squared_to_box(x: float, y: float, z: float, boxes: Floats, node: int) -> float:
    dx = max(boxes[node, 0] - x, 0.0, x - boxes[node, 3])
    dy = max(boxes[node, 1] - y, 0.0, y - boxes[node, 4])
    dz = max(boxes[node, 2] - z, 0.0, z - boxes[node, 5])
    return dx * dx + dy * dy + dz * dz


@compiled
def _foot(x: float, y: float, z: float, vertices: Floats, a: int, b: int, c: int) -> tuple[float, float]:
    """Return the weights of b and c in the point of a triangle nearest to x, y, z (Ericson 2005, section 5.1.5)."""
    ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
    bx, by, bz = vertices[b, 0], vertices[b, 1], vertices[b, 2]
    cx, cy, cz = vertices[c, 0], vertices[c, 1], vertices[c, 2]
    abx, aby, abz = bx - ax, by - ay, bz - az
    acx, acy, acz = cx - ax, cy - ay, cz - az
    px, py, pz = x - ax, y - ay, z - az
    d1, d2 = abx * px + aby * py + abz * pz, acx * px + acy * py + acz * pz
    if d1 <= 0.0 and d2 <= 0.0:
        return 0.0, 0.0
    px, py, pz = x - bx, y - by, z - bz
    d3, d4 = abx * px + aby * py + abz * pz, acx * px + acy * py + acz * pz
    if d3 >= 0.0 and d4 <= d3:
        return 1.0, 0.0
    px, py, pz = x - cx, y - cy, z - cz
    d5, d6 = abx * px + aby * py + abz * pz, acx * px + acy * py + acz * pz
    if d6 >= 0.0 and d5 <= d6:
        return 0.0, 1.0
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        return d1 / (d1 - d3), 0.0
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        return 0.0, d2 / (d2 - d6)
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and d4 >= d3 and d5 >= d6:
        along = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return 1.0 - along, along
    whole = va + vb + vc
    return vb / whole, vc / whole


@compiled
def _nearest(
    vertices: Floats, triangles: NDArray[np.int32], order: NDArray[np.int32], boxes: Floats, points: Floats
) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Return for each point the triangle, the barycentric weights and the offset from the nearest point.

    The triangle that was nearest to the point before is looked at first: points follow one another over a surface.
    """
    leaves = len(boxes) // 2
    found = np.empty(len(points), dtype=np.int32)
    weights, offsets = np.empty((len(points), 3)), np.empty((len(points), 3))
    waiting, away = np.empty(MOST_WAITING, dtype=np.int64), np.empty(MOST_WAITING)
    last = 0
    for s in range(len(points)):
        x, y, z = points[s, 0], points[s, 1], points[s, 2]
        best = np.inf
        count = 1
        waiting[0], away[0] = leaves + last // LEAF, 0.0
        root_waits = True
        while count > 0 or root_waits:
            if count == 0:
                root_waits = False
                waiting[0], away[0] = 1, _squared_to_box(x, y, z, boxes, 1)
                count = 1
            count -= 1
            node = waiting[count]
            if away[count] >= best:
                continue
            if node < leaves:
                near, far = 2 * node, 2 * node + 1
                to_near, to_far = _squared_to_box(x, y, z, boxes, near), _squared_to_box(x, y, z, boxes, far)
                if to_far < to_near:
                    near, far, to_near, to_far = far, near, to_far, to_near
                if to_far < best:
                    waiting[count], away[count] = far, to_far
                    count += 1
                if to_near < best:
                    waiting[count], away[count] = near, to_near
                    count += 1
                continue
            for place in range((node - leaves) * LEAF, min((node - leaves + 1) * LEAF, len(order))):
                triangle = order[place]
                a, b, c = triangles[triangle, 0], triangles[triangle, 1], triangles[triangle, 2]
                v, w = _foot(x, y, z, vertices, a, b, c)
                u = 1.0 - v - w
                dx = x - (u * vertices[a, 0] + v * vertices[b, 0] + w * vertices[c, 0])
                dy = y - (u * vertices[a, 1] + v * vertices[b, 1] + w * vertices[c, 1])
                dz = z - (u * vertices[a, 2] + v * vertices[b, 2] + w * vertices[c, 2])
                squared = dx * dx + dy * dy + dz * dz
                if squared < best:
                    best, last = squared, place
                    found[s] = triangle
                    weights[s, 0], weights[s, 1], weights[s, 2] = u, v, w
                    offsets[s, 0], offsets[s, 1], offsets[s, 2] = dx, dy, dz
    return found, weights, offsets
