"""How far a surface lies from an osteotomy plane: the least distance, exactly, and the mean.

The distance to a rectangle is convex and changes by at most 1 mm each mm. Over a triangle it is nowhere smaller than
its tangent at the middle: that bound is exact for flat parts and closes quadratically as triangles are split, so that
only the few nearest ones are ever looked at closely (branch and bound, Land and Doig 1960).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import plain
from orview.mesh.surface import Surface
from orview.plan import plane_loops as loops
from orview.plan.cut_plane import CutPlane

Floats = NDArray[np.float64]

EXACT_MM = 0.005
"""The least distance is told to this."""
_MOST_SPLITS = 24


@dataclass(frozen=True, kw_only=True)
class Clearance:
    """How far a surface is from a plane.

    Attributes:
        least_mm: to the nearest point of the rectangle; below zero where the surface crosses it, by how far it reaches
            beyond on the side that is kept.
        mean_mm: over the area of the surface, of the distance to the rectangle.
        at_mm: (3,) the point of the surface at which it is least, patient frame.
    """

    least_mm: float
    mean_mm: float
    at_mm: tuple[float, float, float]


def clearance(surface: Surface, plane: CutPlane) -> Clearance:
    """Return how far a closed surface with at least one triangle lies from a plane."""
    vertices, triangles = plain(surface.vertices_mm, np.float64), plain(surface.triangles, np.int32)
    mean_mm, least_mm, nearest, bounds = loops.swept(vertices, triangles, plane.rows)
    at = vertices[nearest]
    reach = _reach_beyond(surface, plane)
    if reach is not None:
        least_mm, at = reach
    else:
        near = bounds < least_mm - EXACT_MM
        if near.any():
            least_mm, at = _least(vertices[triangles[near]], plane, least_mm=least_mm, at=at)
    x, y, z = (float(value) for value in at)
    return Clearance(least_mm=float(least_mm), mean_mm=float(mean_mm), at_mm=(x, y, z))


def _reach_beyond(surface: Surface, plane: CutPlane) -> tuple[float, Floats] | None:
    """Return how far a surface that crosses the rectangle reaches beyond, as a negative number, and where."""
    heights = plane.heights_mm(surface.vertices_mm)
    within = plane.within(surface.vertices_mm)
    crossing = crosses(surface, plane, heights_mm=heights)
    if not crossing:
        return None
    beyond = np.where(within, heights, -np.inf)
    farthest = int(np.argmax(beyond))
    return -max(float(beyond[farthest]), 0.0), surface.vertices_mm[farthest]


def crosses(surface: Surface, plane: CutPlane, *, heights_mm: Floats) -> bool:
    """Say whether a surface passes through the rectangle; its vertices' heights over the plane are known."""
    straddling = straddling_triangles(surface, heights_mm)
    if len(straddling) == 0:
        return False
    ends = segment_ends(surface.vertices_mm[straddling], heights_mm[straddling])
    return bool(clipped(plane, ends)[1].any())


def straddling_rows(surface: Surface, heights_mm: Floats) -> NDArray[np.int64]:
    """Return which triangles (N,) have corners on both sides; what lies on the plane counts as above it."""
    return loops.straddling(plain(surface.triangles, np.int32), plain(heights_mm, np.float64))


def straddling_triangles(surface: Surface, heights_mm: Floats) -> NDArray[np.int32]:
    """Return the triangles (N, 3) with corners on both sides."""
    return surface.triangles[straddling_rows(surface, heights_mm)]


def segment_ends(corners: Floats, heights_mm: Floats) -> Floats:
    """Return where triangles (N, 3, 3) that straddle a plane meet it: (N, 2, 3).

    The segment runs so that, seen from where heights grow, the outside of the surface lies to its right.
    """
    above = heights_mm >= 0.0
    lonely_above = above.sum(axis=1) == 1
    lonely = np.where(lonely_above, np.argmax(above, axis=1), np.argmin(above, axis=1))
    rows = np.arange(len(corners))
    tip, tip_height = corners[rows, lonely], heights_mm[rows, lonely]
    ends = np.empty((len(corners), 2, 3))
    for n in (1, 2):
        other = (lonely + n) % 3
        part = tip_height / (tip_height - heights_mm[rows, other])
        ends[:, n - 1] = tip + part[:, None] * (corners[rows, other] - tip)
    ends[~lonely_above] = ends[~lonely_above, ::-1]
    return ends


def clipped(plane: CutPlane, ends: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Cut segments (N, 2, 3) in the infinite plane off at the rectangle (Liang and Barsky 1984).

    Returns:
        The part of each that is left, from 0 to 1 along it (N, 2), and whether anything is (N,).
    """
    flat = plane.flat_mm(ends)
    begin, step = flat[:, 0], flat[:, 1] - flat[:, 0]
    half = np.array([0.5 * plane.width_mm, 0.5 * plane.height_mm])
    with np.errstate(divide="ignore", invalid="ignore"):
        entering = np.where(step > 0.0, (-half - begin) / step, (half - begin) / step)
        leaving = np.where(step > 0.0, (half - begin) / step, (-half - begin) / step)
    inside = np.abs(begin) <= half
    entering = np.where(step == 0.0, np.where(inside, -np.inf, np.inf), entering)
    leaving = np.where(step == 0.0, np.inf, leaving)
    first = np.maximum(entering.max(axis=1), 0.0)
    last = np.minimum(leaving.min(axis=1), 1.0)
    left = np.asarray(first <= last)
    return np.where(left[:, None], np.stack([first, last], axis=1), 0.0), left


def _least(corners: Floats, plane: CutPlane, *, least_mm: float, at: Floats) -> tuple[float, Floats]:
    """Return the least distance of triangles (N, 3, 3) to the rectangle, and where it is, where one is known."""
    for _ in range(_MOST_SPLITS):
        corners = _quartered(corners)
        at_corners = plane.distances_mm(corners)
        nearest = np.unravel_index(int(np.argmin(at_corners)), at_corners.shape)
        if at_corners[nearest] < least_mm:
            least_mm, at = float(at_corners[nearest]), corners[nearest]
        middles = corners.mean(axis=1)
        offsets = plane.offsets_mm(middles)
        depths = np.linalg.norm(offsets, axis=1)
        slopes = offsets / np.maximum(depths, 1e-12)[:, None]
        bounds = depths + np.einsum("nx,ncx->nc", slopes, corners - middles[:, None]).min(axis=1)
        corners = corners[bounds < least_mm - EXACT_MM]
        if len(corners) == 0:
            break
    return least_mm, at


def _quartered(corners: Floats) -> Floats:
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, bc, ca = 0.5 * (a + b), 0.5 * (b + c), 0.5 * (c + a)
    return np.concatenate([np.stack(three, axis=1) for three in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
