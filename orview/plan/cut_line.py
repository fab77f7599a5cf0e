"""Where an osteotomy plane meets a surface: the line a saw follows, its length, and the area it opens."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.mesh.surface import Surface
from orview.plan.clearance import clipped, segment_ends, straddling_triangles
from orview.plan.cut_plane import CutPlane
from orview.plan.plane_loops import area_within, followed

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class CutLine:
    """The line of one plane on one surface, within the plane's rectangle.

    Attributes:
        runs_mm: each an unbroken run of points (N, 3), patient frame; a closed one ends where it began.
        length_mm: of all runs.
        area_mm2: of the surface's inside that the rectangle opens.
    """

    runs_mm: tuple[Floats, ...]
    length_mm: float
    area_mm2: float

    @property
    def empty(self) -> bool:
        """Whether the plane meets nothing of the surface."""
        return not self.runs_mm


NO_LINE = CutLine(runs_mm=(), length_mm=0.0, area_mm2=0.0)


def cut_line(surface: Surface, plane: CutPlane) -> CutLine:
    """Return where a plane meets a closed surface."""
    if len(surface.triangles) == 0:
        return NO_LINE
    heights = plane.heights_mm(surface.vertices_mm)
    straddling = straddling_triangles(surface, heights)
    if len(straddling) == 0:
        return NO_LINE
    ends = segment_ends(surface.vertices_mm[straddling], heights[straddling])
    parts, kept = clipped(plane, ends)
    if not kept.any():
        return NO_LINE
    steps = ends[:, 1] - ends[:, 0]
    begins, finishes = (ends[:, 0] + parts[:, n, None] * steps for n in (0, 1))
    loops = loops_of(straddling, heights >= 0.0)
    area_mm2 = sum(_area_within(plane, ends[loop, 0]) for loop in loops)
    runs = [run for loop in loops for run in _runs(loop, kept, parts, begins, finishes)]
    length_mm = float(np.linalg.norm(finishes[kept] - begins[kept], axis=1).sum())
    return CutLine(runs_mm=tuple(runs), length_mm=length_mm, area_mm2=abs(area_mm2))


def loops_of(straddling: NDArray[np.int32], above: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the straddling triangles (N, 3) as they follow one another along the line, loop by loop.

    Neighbours share the edge on which one segment ends and the next begins. On a surface that is not closed a loop
    may end early; it is then a run of its own.
    """
    enters, leaves = _crossed(straddling, above)
    by_enter = np.argsort(enters, kind="stable")
    places = np.minimum(np.searchsorted(enters[by_enter], leaves), len(enters) - 1)
    follows = np.where(enters[by_enter[places]] == leaves, by_enter[places], -1)
    led_to = np.zeros(len(follows), dtype=bool)
    led_to[follows[follows >= 0]] = True
    # What nothing leads to comes first: only there can a line that ends be begun.
    order, starts = followed(follows, np.argsort(led_to, kind="stable"))
    return np.split(order, starts[1:-1])


def _crossed(straddling: NDArray[np.int32], above: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for triangles (N, 3) the edges on which their segments begin and end, each as one number (N,)."""
    rising = above[straddling]
    lonely_above = rising.sum(axis=1) == 1
    lonely = np.where(lonely_above, np.argmax(rising, axis=1), np.argmin(rising, axis=1))
    rows, corners = np.arange(len(straddling)), straddling.astype(np.int64)
    tip, after, before = (corners[rows, (lonely + n) % 3] for n in range(3))
    first, second = (np.minimum(tip, other) << 32 | np.maximum(tip, other) for other in (after, before))
    return np.where(lonely_above, first, second), np.where(lonely_above, second, first)


def _runs(
    loop: NDArray[np.int64], kept: NDArray[np.bool_], parts: Floats, begins: Floats, finishes: Floats
) -> list[Floats]:
    """Return the unbroken runs of a loop within the rectangle."""
    broken = ~kept[loop] | (parts[loop, 0] > 0.0)
    broken_after = ~kept[loop] | (parts[loop, 1] < 1.0)
    starts = np.flatnonzero(kept[loop] & (broken | np.roll(broken_after, 1)))
    if len(starts) == 0:
        return [np.vstack([begins[loop], finishes[loop[-1:]]])] if kept[loop].all() else []
    # Turned to begin with a run, the loop falls into runs, each with what lies outside after it.
    turned = np.roll(loop, -starts[0])
    pieces = (piece[kept[piece]] for piece in np.split(turned, starts[1:] - starts[0]))
    return [np.vstack([begins[piece[:1]], finishes[piece]]) for piece in pieces]


def _area_within(plane: CutPlane, points_mm: Floats) -> float:
    """Return the signed area that a closed loop (N, 3) has in common with the rectangle."""
    return float(area_within(plane.flat_mm(points_mm), 0.5 * plane.width_mm, 0.5 * plane.height_mm))
