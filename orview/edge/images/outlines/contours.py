"""Closed contours on parallel planes to shares of voxels: exact areas in the planes, shapes between them.

The share of a pixel that a polygon covers is exact (each edge is cut at the pixels' borders and adds the signed area
to its right, as in the scan conversion of fonts), so a surface at one half runs through the contour itself and not
through pixel centres. Missing planes are filled by interpolating distances to the outline (Raya and Udupa 1990).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MARGIN = 2
"""Empty pixels around the contours."""

SAME_PLANE = 0.1
"""Of the distance of planes: contours closer than this lie on one."""

LARGEST_GAP = 4
"""So many planes at most may be missing between two that overlap; what is further apart are two pieces."""

NESTED = 0.9
"""Part of a contour's area inside another from which it is a hole in it."""

ROUNDING = 1e-9
"""What is left of sums that should be 0."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Raster:
    """Shares of pixels.

    Attributes:
        array: (P, J, I) float32, 0 to 1.
        first_plane, plane_step: place of the planes along k.
        corner: (i, j) of pixel (0, 0)'s centre.
        filled_planes: planes interpolated between others.
        gaps: gaps too wide to be filled.
    """

    array: NDArray[np.float32]
    first_plane: float
    plane_step: float
    corner: tuple[int, int]
    filled_planes: int
    gaps: int


def rastered(contours: Sequence[tuple[float, Floats]], *, default_step: float = 1.0) -> Raster:
    """Return the shares of pixels that contours cover.

    Args:
        contours: plane k and (N, 2) points (i, j), pixel centres at whole numbers.
        default_step: distance of planes where there is only one.
    """
    points = np.concatenate([polygon for _, polygon in contours])
    low = np.floor(points.min(axis=0)).astype(int) - MARGIN
    high = np.ceil(points.max(axis=0)).astype(int) + MARGIN + 1
    shape = (int(high[1] - low[1]), int(high[0] - low[0]))
    on_plane = _by_plane(contours)
    planes = sorted(on_plane)
    step = min(np.diff(planes), default=default_step)
    shares = {plane: _combined([coverage(polygon - low, shape) for polygon in on_plane[plane]]) for plane in planes}
    count = round((planes[-1] - planes[0]) / step) + 1
    array = np.zeros((count, *shape), dtype=np.float32)
    filled = gaps = 0
    for n in range(count):
        place = planes[0] + n * step
        above = int(np.searchsorted(planes, place - SAME_PLANE * step))
        if above < len(planes) and abs(planes[above] - place) <= SAME_PLANE * step:
            array[n] = shares[planes[above]]
            continue
        if not 0 < above < len(planes):
            continue
        lower, upper = planes[above - 1], planes[above]
        missing = (upper - lower) / step - 1.0
        if missing > LARGEST_GAP + 0.5 or not (np.minimum(shares[lower], shares[upper]) > 0.5).any():
            gaps += place - lower < 1.5 * step
            continue
        array[n] = _between(shares[lower], shares[upper], (place - lower) / (upper - lower))
        filled += 1
    return Raster(
        array=array,
        first_plane=float(planes[0]),
        plane_step=float(step),
        corner=(int(low[0]), int(low[1])),
        filled_planes=filled,
        gaps=int(gaps),
    )


def coverage(polygon: Floats, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the share of each pixel (J, I) that a closed polygon (N, 2) of (i, j) covers, its winding ignored.

    The polygon must lie within the pixels.
    """
    start = polygon + 0.5
    x, y, edge = _cut_at_pixels(start, np.roll(start, -1, axis=0))
    x0, x1, y0, y1 = x[:-1], x[1:], y[:-1], y[1:]
    same = edge[:-1] == edge[1:]
    x0, x1, y0, y1 = x0[same], x1[same], y0[same], y1[same]
    column = np.clip(np.floor((x0 + x1) / 2.0), 0, shape[1] - 1).astype(np.int64)
    row = np.clip(np.floor((y0 + y1) / 2.0), 0, shape[0] - 1).astype(np.int64)
    rise = y1 - y0
    right = (x0 + x1) / 2.0 - column
    flat = row * (shape[1] + 1) + column
    size = shape[0] * (shape[1] + 1)
    area = np.bincount(flat, rise * (1.0 - right), size) + np.bincount(flat + 1, rise * right, size)
    share = np.abs(np.cumsum(area.reshape(shape[0], -1), axis=1)[:, :-1])
    share[share < ROUNDING] = 0.0
    return np.minimum(share, 1.0).astype(np.float32)


def _cut_at_pixels(start: Floats, end: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the points where edges begin, end and cross the borders of pixels: x, y and number of edge, in order."""
    number = np.arange(len(start))
    edges, parts = [number, number], [np.zeros(len(start)), np.ones(len(start))]
    for axis in range(2):
        low = np.minimum(start[:, axis], end[:, axis])
        high = np.maximum(start[:, axis], end[:, axis])
        first = np.floor(low).astype(np.int64) + 1
        crossings = np.maximum(np.ceil(high).astype(np.int64) - first, 0)
        edge = np.repeat(number, crossings)
        nth = np.arange(len(edge)) - np.repeat(np.cumsum(crossings) - crossings, crossings)
        edges.append(edge)
        parts.append((first[edge] + nth - start[edge, axis]) / (end[edge, axis] - start[edge, axis]))
    edge, part = np.concatenate(edges), np.concatenate(parts)
    order = np.lexsort((part, edge))
    edge, part = edge[order], part[order]
    x, y = (start[edge, n] + part * (end[edge, n] - start[edge, n]) for n in range(2))
    return x, y, edge


def _by_plane(contours: Sequence[tuple[float, Floats]]) -> Mapping[float, list[Floats]]:
    """Return the contours by plane; planes that differ by rounding only are one."""
    planes = np.unique([plane for plane, _ in contours])
    steps = np.diff(planes)
    usual = float(np.median(steps[steps > 0.02])) if (steps > 0.02).any() else 1.0
    found: dict[float, list[Floats]] = {}
    for plane, polygon in sorted(contours, key=lambda contour: contour[0]):
        last = next(reversed(found), None)
        same = last if last is not None and plane - last < SAME_PLANE * usual else plane
        found.setdefault(same, []).append(polygon)
    return found


def _combined(shares: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return contours of one plane as one: one inside another is a hole, and inside that an island."""
    result = np.zeros_like(shares[0])
    for share in sorted(shares, key=lambda one: -float(one.sum())):
        inside = float(np.minimum(result, share).sum())
        area = float(share.sum())
        twice = np.abs(result - share).sum() < (1.0 - NESTED) * area
        if inside > NESTED * area and not twice:
            result = np.abs(result - share)
        else:
            result = np.maximum(result, share) if inside > 0.0 else np.minimum(result + share, 1.0)
    return result


def _between(lower: NDArray[np.float32], upper: NDArray[np.float32], part: float) -> NDArray[np.float32]:
    """Return the shape a part of the way from one plane to the next."""
    distance = (1.0 - part) * _distance(lower) + part * _distance(upper)
    return np.clip(0.5 + distance, 0.0, 1.0).astype(np.float32)


def _distance(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance to the outline in pixels, positive inside."""
    inside = (share > 0.5).astype(np.uint8)
    to_outside = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    to_inside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Near the outline the shares know better than whole pixels.
    whole = np.where(inside > 0, to_outside - 0.5, 0.5 - to_inside)
    return np.where(np.abs(whole) < 1.0, share - 0.5, whole).astype(np.float32)
