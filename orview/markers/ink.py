"""What is black on a face, and where black meets white: one source for print, simulation and tracking.

All in the face frame, mm, in the plane z = 0 (see `orview.markers.face`); real lengths of the face given.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.markers.face import Face
from orview.markers.patterns import Charuco

QUIET_MM = 0.5
"""So much paper around the pattern shows its border as an edge; with less, the end of the plate is seen there."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A black rectangle: top-left corner (x, y), width and height, mm."""

    at_mm: tuple[float, float]
    size_mm: tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Edges:
    """Straight borders between black and white, as long as they go.

    Attributes:
        starts_mm, ends_mm: (M, 2) x, y.
        towards_black: (M, 2) unit vector across the edge, to its black side.
    """

    starts_mm: NDArray[np.float64]
    ends_mm: NDArray[np.float64]
    towards_black: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ink:
    """The print cut along all its lines: `black[r, c]` lies between `y_mm[r:r+2]` and `x_mm[c:c+2]`.

    Attributes:
        x_mm, y_mm: (C + 1,), (R + 1,) rising.
        black: (R, C).
    """

    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    black: NDArray[np.bool_]


@lru_cache(maxsize=64)
def cut_ink(face: Face) -> Ink:
    """Return what is black on a face; an inverted print is black up to the rim of its plate."""
    blocks = _blocks(face)
    (left, top), (right, bottom) = (corner.tolist() for corner in face.outline_box_mm)
    width, height = face.size_mm
    ends = np.array([(x, y, x + w, y + h) for x, y, w, h in blocks])
    x_mm = _lines(np.concatenate([ends[:, 0], ends[:, 2], [0.0, width, left, right]]))
    y_mm = _lines(np.concatenate([ends[:, 1], ends[:, 3], [0.0, height, top, bottom]]))
    black = np.zeros((len(y_mm) - 1, len(x_mm) - 1), np.bool_)
    columns, rows = _nearest(x_mm, ends[:, 0::2]), _nearest(y_mm, ends[:, 1::2])
    for (first, past), (upper, below) in zip(columns, rows, strict=True):
        black[upper:below, first:past] = True
    if face.inverted:
        black = ~black
    return Ink(x_mm=x_mm, y_mm=y_mm, black=black)


def ink_of(face: Face) -> tuple[Patch, ...]:
    """Return the black rectangles of a face, row by row, none touching another in its own row."""
    ink = cut_ink(face)
    padded = np.pad(ink.black.astype(np.int8), ((0, 0), (1, 1)))
    patches = []
    for row, change in enumerate(np.diff(padded, axis=1)):
        for first, past in zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1), strict=True):
            left, top = float(ink.x_mm[first]), float(ink.y_mm[row])
            size = (float(ink.x_mm[past]) - left, float(ink.y_mm[row + 1]) - top)
            patches.append(Patch(at_mm=(left, top), size_mm=size))
    return tuple(patches)


@lru_cache(maxsize=64)
def edges_of(face: Face) -> Edges:
    """Return every straight border between black and white of a face.

    The rim of the plate is no border of the print: what lies behind it is unknown. So where the pattern ends
    less than `QUIET_MM` from the rim, its outer border is left out too.
    """
    ink = cut_ink(face)
    low, high = face.outline_box_mm
    upright = _runs(ink.black, ink.x_mm, ink.y_mm, float(low[0]), float(high[0]))
    level = _runs(ink.black.T, ink.y_mm, ink.x_mm, float(low[1]), float(high[1]))
    along_y = [((at, start), (at, end), (sign, 0.0)) for at, start, end, sign in upright]
    along_x = [((start, at), (end, at), (0.0, sign)) for at, start, end, sign in level]
    values = np.array(along_y + along_x, dtype=np.float64).reshape(-1, 3, 2)
    values.setflags(write=False)
    return Edges(starts_mm=values[:, 0], ends_mm=values[:, 1], towards_black=values[:, 2])


def _blocks(face: Face) -> list[tuple[float, float, float, float]]:
    """Return black squares as x, y, width, height before any inversion."""
    pattern = face.pattern
    blocks: list[tuple[float, float, float, float]] = []
    if isinstance(pattern, Charuco):
        white, side = set(pattern.marker_squares), pattern.square_mm
        blocks += [
            (x * side, y * side, side, side)
            for y in range(pattern.squares_y)
            for x in range(pattern.squares_x)
            if (x, y) not in white
        ]
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, face.dictionary))
    cell_mm = pattern.marker_mm / face.cells
    for marker_id, corners in pattern.markers_mm.items():
        left, top = corners[0, :2].tolist()
        black = dictionary.generateImageMarker(marker_id, face.cells, borderBits=1) == 0
        blocks += [
            (left + column * cell_mm, top + row * cell_mm, cell_mm, cell_mm) for row, column in np.argwhere(black)
        ]
    return blocks


def _lines(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rising values, those closer than a millionth of a millimetre made one."""
    rising = np.sort(values)
    return np.asarray(rising[np.concatenate([[True], np.diff(rising) > 1e-6])])


def _nearest(lines: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.asarray(np.searchsorted(lines, values - 2e-6), dtype=np.intp)


def _runs(
    black: NDArray[np.bool_], across_mm: NDArray[np.float64], along_mm: NDArray[np.float64], low: float, high: float
) -> list[tuple[float, float, float, float]]:
    """Return (place across, start, end, sign towards black) of every border between neighbouring columns."""
    # Paper lies around the pattern; whether it is also around the plate does not matter, the rim is left out.
    padded = np.pad(black.astype(np.int8), ((0, 0), (1, 1)))
    signs = np.diff(padded, axis=1)
    found = []
    for column, at in enumerate(across_mm.tolist()):
        if at < low + QUIET_MM or at > high - QUIET_MM:
            continue
        sign = np.concatenate([[0], signs[:, column], [0]])
        changes = np.flatnonzero(np.diff(sign))
        for first, past in pairwise(changes):
            if sign[first + 1]:
                found.append((at, float(along_mm[first]), float(along_mm[past]), float(sign[first + 1])))
    return found


@lru_cache(maxsize=64)
def loops_of(face: Face) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the rims of all that is black as closed polygons, mm, to be filled by the even-odd rule.

    One polygon for what hangs together: rectangles drawn one by one show seams when they are smoothed.
    """
    ink = cut_ink(face)
    black = np.pad(ink.black, 1)
    # Every border between ink and paper, directed so that ink lies on its right; keyed by where it starts.
    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row, column in np.argwhere(ink.black).tolist():
        ring = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        neighbours = [(row, column + 1), (row + 1, column + 2), (row + 2, column + 1), (row + 1, column)]
        for k, neighbour in enumerate(neighbours):
            if not black[neighbour]:
                steps.setdefault(ring[k], []).append(ring[(k + 1) % 4])
    loops = []
    while steps:
        start = corner = next(iter(steps))
        loop = [start]
        while True:
            following = steps[corner].pop()
            if not steps[corner]:
                del steps[corner]
            corner = following
            if corner == start:
                break
            loop.append(corner)
        loops.append(_without_straight(loop))
    return tuple(tuple((float(ink.x_mm[x]), float(ink.y_mm[y])) for x, y in loop) for loop in loops)


def _without_straight(loop: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a loop without the corners at which it does not turn."""
    kept = []
    for before, corner, after in zip([loop[-1], *loop[:-1]], loop, [*loop[1:], loop[0]], strict=True):
        if not (before[0] == corner[0] == after[0] or before[1] == corner[1] == after[1]):
            kept.append(corner)
    return kept
