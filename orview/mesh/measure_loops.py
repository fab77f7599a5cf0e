"""The loops of `mesh.measure`, over vertices (N, 3) float64 mm and triangles (M, 3) int32."""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled


@compiled
def double_areas(vertices: NDArray[np.float64], triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return for each triangle (M, 3) its normal with the length of twice its area."""
    normals = np.empty((len(triangles), 3))
    for n in range(len(triangles)):
        a, b, c = vertices[triangles[n, 0]], vertices[triangles[n, 1]], vertices[triangles[n, 2]]
        bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        cx, cy, cz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        normals[n, 0] = by * cz - bz * cy
        normals[n, 1] = bz * cx - bx * cz
        normals[n, 2] = bx * cy - by * cx
    return normals


@compiled
def volumes(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.int32],
    starts: NDArray[np.int64],
    middle: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return six times the volume that each part (P,) encloses, whose triangles begin at starts (P + 1,).

    The sum over the pyramids from a point in the middle, whose sides are short and keep their digits.
    """
    totals = np.zeros(len(starts) - 1)
    for part in range(len(starts) - 1):
        total = 0.0
        for n in range(starts[part], starts[part + 1]):
            a, b, c = vertices[triangles[n, 0]], vertices[triangles[n, 1]], vertices[triangles[n, 2]]
            bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            cx, cy, cz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
            total += (a[0] - middle[0]) * (by * cz - bz * cy)
            total += (a[1] - middle[1]) * (bz * cx - bx * cz)
            total += (a[2] - middle[2]) * (bx * cy - by * cx)
        totals[part] = total
    return totals


@compiled
def moments(
    vertices: NDArray[np.float64], triangles: NDArray[np.int32], middle: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return six times the volume and 24 times its first moments (3,) about a point in the middle."""
    total, sums = 0.0, np.zeros(3)
    for n in range(len(triangles)):
        a, b, c = vertices[triangles[n, 0]], vertices[triangles[n, 1]], vertices[triangles[n, 2]]
        ax, ay, az = a[0] - middle[0], a[1] - middle[1], a[2] - middle[2]
        bx, by, bz = b[0] - middle[0], b[1] - middle[1], b[2] - middle[2]
        cx, cy, cz = c[0] - middle[0], c[1] - middle[1], c[2] - middle[2]
        weight = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
        total += weight
        sums[0] += weight * (ax + bx + cx)
        sums[1] += weight * (ay + by + cy)
        sums[2] += weight * (az + bz + cz)
    return total, sums


@compiled
def open_edges(count: int, triangles: NDArray[np.int32]) -> int:
    """Return how many directed edges are repeated, and twice how many run one way only.

    The ends of the edges that leave a vertex lie together, and hardly any vertex has more than ten.
    """
    first = np.zeros(count + 1, dtype=np.int32)
    for n in range(len(triangles)):
        for corner in range(3):
            first[triangles[n, corner] + 1] += 1
    for vertex in range(count):
        first[vertex + 1] += first[vertex]
    place = first[:-1].copy()
    ends = np.empty(first[count], dtype=np.int32)
    for n in range(len(triangles)):
        for corner in range(3):
            start = triangles[n, corner]
            ends[place[start]] = triangles[n, (corner + 1) % 3]
            place[start] += 1
    wrong = 0
    for start in range(count):
        for edge in range(first[start], first[start + 1]):
            end = ends[edge]
            repeats = 0
            for other in range(first[start], edge):
                repeats += ends[other] == end
            back = 0
            for other in range(first[end], first[end + 1]):
                back += ends[other] == start
            if repeats > 0:
                wrong += 1
            elif back == 0:
                wrong += 2
    return wrong


@compiled
def parts(count: int, triangles: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the part of each vertex; each set of vertices is a tree under its lowest (Galler & Fischer 1964)."""
    root = np.arange(count).astype(np.int32)
    for n in range(len(triangles)):
        for corner in range(2):
            a, b = triangles[n, corner], triangles[n, corner + 1]
            while root[a] != a:
                root[a] = root[root[a]]
                a = root[a]
            while root[b] != b:
                root[b] = root[root[b]]
                b = root[b]
            root[max(a, b)] = min(a, b)
    part = np.empty(count, dtype=np.int64)
    parts = 0
    for vertex in range(count):
        # A vertex hangs on a lower one, whose part is known.
        if root[vertex] == vertex:
            part[vertex] = parts
            parts += 1
        else:
            part[vertex] = part[root[vertex]]
    return part


@compiled
def vertex_sums(count: int, triangles: NDArray[np.int32], of_triangle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each vertex (N, 3) the sum over its triangles of what each has (M, 3)."""
    sums = np.zeros((count, 3))
    for n in range(len(triangles)):
        for corner in range(3):
            vertex = triangles[n, corner]
            for axis in range(3):
                sums[vertex, axis] += of_triangle[n, axis]
    return sums
