"""The nearest points of a surface, found exactly in a grid of cells that each know their triangles (Levinthal 1966).

Points that are asked for lie near the surface, and cells are about as long as the edges of triangles: the cell a point
lies in mostly holds the nearest triangle, and what it holds says how far around there is to look.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled, plain
from orview.mesh.surface import Surface

Floats = NDArray[np.float64]

CELLS_PER_TRIANGLE = 8
"""How many cells there are at the most."""


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
        self._grid: tuple[NDArray[np.int32], NDArray[np.int32], Floats, float] | None = None

    def feet(self, points_mm: Floats) -> Feet:
        """Return the nearest points of the surface to points (S, 3)."""
        triangle, weights, offsets_mm = self._asked(points_mm)
        return Feet(corners=self._triangles[triangle], weights=weights, offsets_mm=offsets_mm)

    def distances_mm(self, points_mm: Floats) -> Floats:
        """Return how far points (S, 3) lie from the surface, (S,)."""
        _, _, offsets_mm = self._asked(points_mm)
        return np.asarray(np.sqrt(np.einsum("sx,sx->s", offsets_mm, offsets_mm)))

    def _asked(self, points_mm: Floats) -> tuple[NDArray[np.int32], Floats, Floats]:
        if self._grid is None:
            self._grid = _filled_grid(self._vertices, self._triangles)
        return _nearest(self._vertices, self._triangles, *self._grid, plain(points_mm, np.float64))


@compiled
def _filled_grid(
    vertices: Floats, triangles: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats, float]:
    """Return a grid of cells.

    Returns:
        Where each cell's triangles begin, x fastest, and where the last ones end; the triangles by cell; the low corner
        and the number of cells along x, y, z (6,); the length of a cell.
    """
    low, high, edges = np.full(3, np.inf), np.full(3, -np.inf), 0.0
    for n in range(len(triangles)):
        squared = 0.0
        for axis in range(3):
            for corner in range(3):
                value = vertices[triangles[n, corner], axis]
                low[axis], high[axis] = min(low[axis], value), max(high[axis], value)
            squared += (vertices[triangles[n, 0], axis] - vertices[triangles[n, 1], axis]) ** 2
        edges += np.sqrt(squared)
    length = max(edges / len(triangles), (high - low).max() / 1024.0, 1e-6)
    while True:
        size = ((high - low) / length).astype(np.int64) + 1
        if size[0] * size[1] * size[2] <= CELLS_PER_TRIANGLE * len(triangles) + 64:
            break
        length *= 1.2
    starts = np.zeros(size[0] * size[1] * size[2] + 1, dtype=np.int32)
    first, last = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    # Counted first, put in their places then.
    held = np.empty(0, dtype=np.int32)
    for turn in range(2):
        for n in range(len(triangles)):
            for axis in range(3):
                a, b = vertices[triangles[n, 0], axis], vertices[triangles[n, 1], axis]
                c = vertices[triangles[n, 2], axis]
                first[axis] = int((min(a, b, c) - low[axis]) / length)
                last[axis] = min(int((max(a, b, c) - low[axis]) / length), size[axis] - 1)
            for k in range(first[2], last[2] + 1):
                for j in range(first[1], last[1] + 1):
                    for i in range(first[0], last[0] + 1):
                        cell = (k * size[1] + j) * size[0] + i
                        if turn == 0:
                            starts[cell] += 1
                        else:
                            starts[cell] -= 1
                            held[starts[cell]] = n
        if turn == 0:
            # The end of each cell's triangles; putting them in brings it down to their start.
            for cell in range(1, len(starts)):
                starts[cell] += starts[cell - 1]
            held = np.empty(starts[-1], dtype=np.int32)
    return starts, held, np.concatenate((low, size.astype(np.float64))), length


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
    vertices: Floats,
    triangles: NDArray[np.int32],
    starts: NDArray[np.int32],
    held: NDArray[np.int32],
    corner: Floats,
    length: float,
    points: Floats,
) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Return for each point the triangle, the barycentric weights and the offset from the nearest point.

    Shells of cells about the point's own are looked at until no cell farther out can hold anything nearer.
    """
    found = np.zeros(len(points), dtype=np.int32)
    weights, offsets = np.empty((len(points), 3)), np.empty((len(points), 3))
    width, rows, layers = int(corner[3]), int(corner[4]), int(corner[5])
    for s in range(len(points)):
        x, y, z = points[s, 0], points[s, 1], points[s, 2]
        i = min(max(int((x - corner[0]) / length), 0), width - 1)
        j = min(max(int((y - corner[1]) / length), 0), rows - 1)
        k = min(max(int((z - corner[2]) / length), 0), layers - 1)
        best = np.inf
        shell = 0
        while True:
            for c in range(max(k - shell, 0), min(k + shell, layers - 1) + 1):
                to_layer = _to_cell(z - corner[2], c, length)
                for b in range(max(j - shell, 0), min(j + shell, rows - 1) + 1):
                    to_row = to_layer + _to_cell(y - corner[1], b, length)
                    inner = abs(c - k) < shell and abs(b - j) < shell
                    for a in range(i - shell, i + shell + 1, 2 * shell if inner else 1):
                        if a < 0 or a >= width or to_row + _to_cell(x - corner[0], a, length) >= best:
                            continue
                        cell = (c * rows + b) * width + a
                        for place in range(starts[cell], starts[cell + 1]):
                            n = held[place]
                            p, q, r = triangles[n, 0], triangles[n, 1], triangles[n, 2]
                            v, w = _foot(x, y, z, vertices, p, q, r)
                            u = 1.0 - v - w
                            dx = x - (u * vertices[p, 0] + v * vertices[q, 0] + w * vertices[r, 0])
                            dy = y - (u * vertices[p, 1] + v * vertices[q, 1] + w * vertices[r, 1])
                            dz = z - (u * vertices[p, 2] + v * vertices[q, 2] + w * vertices[r, 2])
                            squared = dx * dx + dy * dy + dz * dz
                            if squared < best:
                                best = squared
                                found[s] = n
                                weights[s, 0], weights[s, 1], weights[s, 2] = u, v, w
                                offsets[s, 0], offsets[s, 1], offsets[s, 2] = dx, dy, dz
            # How near what lies beyond the shell can be.
            beyond = min(
                _beyond(x - corner[0], i, shell, width, length),
                _beyond(y - corner[1], j, shell, rows, length),
                _beyond(z - corner[2], k, shell, layers, length),
            )
            if best <= beyond * beyond:
                break
            shell += 1
    return found, weights, offsets


@compiled
def _to_cell(at: float, cell: int, length: float) -> float:
    """Return the square of the distance to a cell along an axis."""
    away = max(cell * length - at, at - (cell + 1) * length, 0.0)
    return away * away


@compiled
def _beyond(at: float, cell: int, shell: int, count: int, length: float) -> float:
    """Return how far at least it is along an axis to the cells beyond a shell, infinite where there are none."""
    below = max(at - (cell - shell) * length, 0.0) if cell - shell > 0 else np.inf
    above = max((cell + shell + 1) * length - at, 0.0) if cell + shell + 1 < count else np.inf
    return min(below, above)
