"""Triangles that close flat outlines with holes: what lies open after a solid was cut.

Holes are joined to what surrounds them by a bridge, then ears are clipped (Eberly 2008,
"Triangulation by ear clipping", geometrictools.com). No point is added or left out, so that what is closed with them
fits edge to edge.
"""

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_AREA_TOLERANCE = 1e-6


def triangulated(loops: list[Floats]) -> NDArray[np.int32]:
    """Return the triangles (M, 3) that fill outlines, counter-clockwise.

    Args:
        loops: each (N, 2), not closed by its first point; those round material run counter-clockwise, those round holes
            clockwise; none crosses another.

    Returns:
        Rows of the points of all loops, one loop after the other.

    Raises:
        ContractError: the outlines cross, or a hole lies in nothing.
    """
    points = np.concatenate(loops)
    starts = np.cumsum([0, *(len(loop) for loop in loops)])
    rings = [np.arange(start, start + len(loop)) for start, loop in zip(starts, loops, strict=False)]
    areas = [area(loop) for loop in loops]
    outer = [ring for ring, one in zip(rings, areas, strict=True) if one > 0.0]
    holes = [ring for ring, one in zip(rings, areas, strict=True) if one <= 0.0]
    owners: list[list[Numbers]] = [[] for _ in outer]
    for hole in holes:
        inside = [n for n, ring in enumerate(outer) if contains(points[ring], points[hole[0]])]
        if not inside:
            raise ContractError("A hole of an outline lies in nothing.")
        owners[min(inside, key=lambda n: area(points[outer[n]]))].append(hole)
    parts = [_clipped(points, _bridged(points, ring, mine)) for ring, mine in zip(outer, owners, strict=True)]
    triangles = np.concatenate([np.zeros((0, 3), dtype=np.int64), *parts])
    filled, wanted = _areas(points, triangles), sum(areas)
    if abs(np.abs(filled).sum() - wanted) > _AREA_TOLERANCE * max(wanted, 1.0):
        raise ContractError("The outlines of a cut cross.")
    return triangles.astype(np.int32)


def area(loop: Floats) -> float:
    """Return the area of an outline (N, 2), below zero where it runs clockwise."""
    x, y = loop[:, 0], loop[:, 1]
    return 0.5 * float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def contains(loop: Floats, point: Floats) -> bool:
    """Say whether a point (2,) lies in an outline (N, 2), by how often a ray to the right meets it."""
    a, b = loop, np.roll(loop, -1, axis=0)
    between = (a[:, 1] > point[1]) != (b[:, 1] > point[1])
    rise = np.where(between, b[:, 1] - a[:, 1], 1.0)
    meets = a[:, 0] + (point[1] - a[:, 1]) / rise * (b[:, 0] - a[:, 0])
    return bool(np.count_nonzero(between & (meets > point[0])) % 2)


def _areas(points: Floats, triangles: Numbers) -> Floats:
    a, b, c = (points[triangles[:, n]] for n in range(3))
    return 0.5 * _turn(a, b, c)


def _turn(a: Floats, b: Floats, c: Floats) -> Floats:
    """Return twice the area of triangles (..., 2) each, positive where they run counter-clockwise."""
    return np.asarray(
        (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    )


def _bridged(points: Floats, ring: Numbers, holes: list[Numbers]) -> Numbers:
    """Return an outline that takes its holes in, each by a bridge there and back; the rightmost hole first."""
    for hole in sorted(holes, key=lambda one: -points[one, 0].max()):
        begin = int(points[hole, 0].argmax())
        seen = _visible(points, ring, points[hole[begin]])
        around = np.roll(hole, -begin)
        ring = np.concatenate([ring[: seen + 1], around, around[:1], ring[seen:]])
    return ring


def _visible(points: Floats, ring: Numbers, eye: Floats) -> int:
    """Return the place in an outline of a point that is seen from a point inside it, looking to the right.

    Raises:
        ContractError: nothing lies there.
    """
    a, b = points[ring], points[np.roll(ring, -1)]
    between = (a[:, 1] <= eye[1]) & (b[:, 1] > eye[1])
    rise = np.where(between, b[:, 1] - a[:, 1], 1.0)
    meets = np.where(between, a[:, 0] + (eye[1] - a[:, 1]) / rise * (b[:, 0] - a[:, 0]), np.inf)
    meets[meets < eye[0]] = np.inf
    edge = int(meets.argmin())
    if not np.isfinite(meets[edge]):
        raise ContractError("A hole of an outline lies in nothing.")
    hit = np.array([meets[edge], eye[1]])
    ends = (edge, (edge + 1) % len(ring))
    best = max(ends, key=lambda n: points[ring[n], 0])
    corner = points[ring[best]]
    # Whatever stands in the triangle of eye, hit and corner may hide the corner: the one at the flattest angle is seen.
    triangle = (eye, hit, corner) if _turn(eye, hit, corner) >= 0.0 else (eye, corner, hit)
    inside = np.ones(len(ring), dtype=bool)
    for one, other in ((0, 1), (1, 2), (2, 0)):
        inside &= _turn(triangle[one], triangle[other], a) >= 0.0
    before = points[np.roll(ring, 1)]
    inside &= (_turn(before, a, b) < 0.0) & (ring != ring[best])
    if not inside.any():
        return best
    arms = a[inside] - eye
    steep = np.abs(arms[:, 1]) / np.maximum(arms[:, 0], 1e-12)
    order = np.lexsort([np.linalg.norm(arms, axis=1), steep])
    return int(np.flatnonzero(inside)[order[0]])


def _clipped(points: Floats, ring: Numbers) -> Numbers:
    """Return the triangles of one outline without holes."""
    left = ring.tolist()
    triangles = []
    while len(left) > 3:
        n = _ear(points, np.array(left))
        triangles.append([left[n - 1], left[n], left[(n + 1) % len(left)]])
        del left[n]
    return np.array([*triangles, left], dtype=np.int64)


def _ear(points: Floats, ring: Numbers) -> int:
    """Return the place of a corner that can be cut off: it is convex and no other corner lies in its triangle."""
    before, here, after = points[np.roll(ring, 1)], points[ring], points[np.roll(ring, -1)]
    turns = _turn(before, here, after)
    reflex = here[turns <= 0.0]
    convex = np.flatnonzero(turns > 0.0)
    # The fattest first: slivers are left for the end, where little is left to lie in them.
    for n in convex[np.argsort(-turns[convex])]:
        corners = before[n], here[n], after[n]
        others = reflex[~(reflex[:, None] == np.array(corners)).all(axis=2).any(axis=1)]
        inside = np.ones(len(others), dtype=bool)
        for one, other in ((0, 1), (1, 2), (2, 0)):
            inside &= _turn(corners[one], corners[other], others) >= 0.0
        if not inside.any():
            return int(n)
    # Only corners on one line are left, or none that is free: the flattest goes.
    return int(np.abs(turns).argmin())
