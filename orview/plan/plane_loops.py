"""The loops of distances and cuts: over vertices (N, 3) float64 mm and triangles (M, 3) int32.

A rectangle is five rows of three: its middle, the unit directions out of it, along its width and along its height, and
half its width and height.
"""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def straddling(triangles: NDArray[np.int32], heights: Floats) -> NDArray[np.int64]:
    """Return which triangles (S,) have corners on both sides of height 0; what is 0 counts as above it."""
    found = np.empty(len(triangles), dtype=np.int64)
    count = 0
    for n in range(len(triangles)):
        above = heights[triangles[n, 0]] >= 0.0
        if (heights[triangles[n, 1]] >= 0.0) != above or (heights[triangles[n, 2]] >= 0.0) != above:
            found[count] = n
            count += 1
    return found[:count].copy()


@compiled
def followed(follows: NDArray[np.int64], begins: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all segments in the order in which they follow one another, and where each loop of them starts.

    Args:
        follows: (S,) number of the segment that goes on where each ends, -1 for none.
        begins: in which order loops are begun; each of S at least once.
    """
    order, starts = np.empty(len(follows), dtype=np.int64), np.empty(len(follows) + 1, dtype=np.int64)
    taken = np.zeros(len(follows), dtype=np.bool_)
    count = loops = 0
    for first in begins:
        if taken[first]:
            continue
        starts[loops] = count
        loops += 1
        at = first
        while at >= 0 and not taken[at]:
            taken[at] = True
            order[count] = at
            count += 1
            at = follows[at]
    starts[loops] = count
    return order, starts[: loops + 1]


@compiled
def area_within(polygon: Floats, half_width: float, half_height: float) -> float:
    """Return the signed area that a polygon (N, 2) has in common with a rectangle about 0.

    Cut off at one side after the other (Sutherland and Hodgman 1974); pieces that a cut leaves joined along a side of
    the rectangle add nothing to the area.
    """
    for side in range(4):
        axis, sign = side // 2, 1.0 - 2.0 * (side % 2)
        half = half_width if axis == 0 else half_height
        kept = np.empty((2 * len(polygon), 2))
        count = 0
        for n in range(len(polygon)):
            after = (n + 1) % len(polygon)
            room, room_after = half - sign * polygon[n, axis], half - sign * polygon[after, axis]
            if room >= 0.0:
                kept[count] = polygon[n]
                count += 1
            if (room >= 0.0) != (room_after >= 0.0):
                part = room / (room - room_after)
                kept[count] = polygon[n] + part * (polygon[after] - polygon[n])
                count += 1
        polygon = kept[:count]
    total = 0.0
    for n in range(len(polygon)):
        after = (n + 1) % len(polygon)
        total += polygon[n, 0] * polygon[after, 1] - polygon[after, 0] * polygon[n, 1]
    return 0.5 * total


@compiled
def swept(vertices: Floats, triangles: NDArray[np.int32], rectangle: Floats) -> tuple[float, float, int, Floats]:
    """Return how far a surface is from a rectangle.

    Returns:
        The mean distance over the area, by the middles of edges (exact for quadratics: Strang and Fix 1973); the least
        distance of a vertex, and which it is; and for each triangle (M,) a distance that no point of it falls below:
        distance is convex, so that is its tangent at the middle, at the lowest corner.
    """
    distances = np.empty(len(vertices))
    nearest = 0
    for n in range(len(vertices)):
        distances[n] = _offset(vertices[n, 0], vertices[n, 1], vertices[n, 2], rectangle)[0]
        if distances[n] < distances[nearest]:
            nearest = n
    bounds = np.empty(len(triangles))
    total, areas = 0.0, 0.0
    for n in range(len(triangles)):
        a, b, c = triangles[n, 0], triangles[n, 1], triangles[n, 2]
        ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
        bx, by, bz = vertices[b, 0], vertices[b, 1], vertices[b, 2]
        cx, cy, cz = vertices[c, 0], vertices[c, 1], vertices[c, 2]
        ux, uy, uz, vx, vy, vz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        area = np.sqrt(nx * nx + ny * ny + nz * nz)
        on_edges = (
            _offset(0.5 * (ax + bx), 0.5 * (ay + by), 0.5 * (az + bz), rectangle)[0]
            + _offset(0.5 * (bx + cx), 0.5 * (by + cy), 0.5 * (bz + cz), rectangle)[0]
            + _offset(0.5 * (cx + ax), 0.5 * (cy + ay), 0.5 * (cz + az), rectangle)[0]
        )
        total += area * on_edges / 3.0
        areas += area
        mx, my, mz = (ax + bx + cx) / 3.0, (ay + by + cy) / 3.0, (az + bz + cz) / 3.0
        depth, sx, sy, sz = _offset(mx, my, mz, rectangle)
        lowest = 0.0
        if depth > 1e-12:
            lowest = min(
                sx * (ax - mx) + sy * (ay - my) + sz * (az - mz),
                sx * (bx - mx) + sy * (by - my) + sz * (bz - mz),
                sx * (cx - mx) + sy * (cy - my) + sz * (cz - mz),
            )
            lowest /= depth
        bounds[n] = depth + lowest
    return total / areas, distances[nearest], nearest, bounds


@compiled
def _offset(x: float, y: float, z: float, rectangle: Floats) -> tuple[float, float, float, float]:
    """Return the distance of a point from a rectangle, and the vector to it from the rectangle's nearest point."""
    x, y, z = x - rectangle[0, 0], y - rectangle[0, 1], z - rectangle[0, 2]
    out = x * rectangle[1, 0] + y * rectangle[1, 1] + z * rectangle[1, 2]
    along = x * rectangle[2, 0] + y * rectangle[2, 1] + z * rectangle[2, 2]
    up = x * rectangle[3, 0] + y * rectangle[3, 1] + z * rectangle[3, 2]
    along -= min(max(along, -rectangle[4, 0]), rectangle[4, 0])
    up -= min(max(up, -rectangle[4, 1]), rectangle[4, 1])
    return (
        np.sqrt(out * out + along * along + up * up),
        out * rectangle[1, 0] + along * rectangle[2, 0] + up * rectangle[3, 0],
        out * rectangle[1, 1] + along * rectangle[2, 1] + up * rectangle[3, 1],
        out * rectangle[1, 2] + along * rectangle[2, 2] + up * rectangle[3, 2],
    )
