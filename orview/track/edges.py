"""Places on the straight borders between black and white of a board's print, and what lies around each.

Chosen once per board: spread evenly over the length of all borders, in an order whose every beginning is spread
evenly as well, so that fewer places are simply the first of them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board
from orview.markers.bow import bow_modes
from orview.track.print_lines import PrintLines, print_lines

MOST_PLACES = 4000
"""Places kept per board; the finest spacing is that of an A4 board at 5 px or of an 80 mm board at 1.5 px."""

FAR_MM = 1e3
"""Stands for "nothing there"."""

GROUPS_ACROSS = 7
"""Neighbouring places err together; for that they are grouped in squares, so many across the print."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """N places on borders, board frame, mm.

    Attributes:
        points: (N, 3).
        along: (N, 3) unit vectors along the border.
        towards_black: (N, 3) unit vectors across it.
        normals: (N, 3) unit vectors out of the print towards the viewer.
        black_mm: (N,) how far the black beside the border reaches, away from it.
        white_mm: (N,) the same of the white; `FAR_MM` where no print ends it.
        end_mm: (N,) distance to the nearer end of the border.
        rim_mm: (N,) distance to the rim of the plate.
        face: (N,) index of the face it lies in.
        group: (N,) which part of the print it lies in, counted from 0.
        bends: (N, 3, K) how it moves for one standard deviation of each bend of the print, as `markers.bow` has them.
    """

    points: NDArray[np.float64]
    along: NDArray[np.float64]
    towards_black: NDArray[np.float64]
    normals: NDArray[np.float64]
    black_mm: NDArray[np.float64]
    white_mm: NDArray[np.float64]
    end_mm: NDArray[np.float64]
    rim_mm: NDArray[np.float64]
    face: NDArray[np.intp]
    group: NDArray[np.intp]
    bends: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.points)

    def only(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "Places":
        """Return some of the places."""
        return Places(**{name: values[chosen] for name, values in vars(self).items()})

    def first(self, most: int) -> "Places":
        """Return the first of them, spread as evenly as all."""
        return Places(**{name: values[:most] for name, values in vars(self).items()})


@lru_cache(maxsize=8)
def places_of(board: Board) -> Places:
    """Return the places of a board."""
    lines = print_lines(board)
    ways = lines.ends - lines.starts
    lengths = np.linalg.norm(ways, axis=1)
    along = ways / lengths[:, None]
    reach = np.cumsum(lengths)
    count = min(MOST_PLACES, int(reach[-1] / 0.25))
    # One place in every equal part of the total length, anywhere in it: a lattice would meet pixels in step.
    rng = np.random.default_rng(0)
    at = (rng.permutation(count) + rng.random(count)) * (reach[-1] / count)
    line = np.minimum(np.searchsorted(reach, at), len(lengths) - 1)
    from_start = np.clip(at - (reach[line] - lengths[line]), 0.0, lengths[line])
    points = lines.starts[line] + from_start[:, None] * along[line]
    black_mm, white_mm = _reaches(points, line, lines, along, lengths)
    return Places(
        points=points,
        along=along[line],
        towards_black=lines.towards_black[line],
        normals=np.stack([face.normal_board for face in board.faces])[lines.face[line]],
        black_mm=black_mm,
        white_mm=white_mm,
        end_mm=np.minimum(from_start, lengths[line] - from_start),
        rim_mm=_to_rim(board, points, lines.face[line]),
        face=lines.face[line],
        group=_groups(points, lines.face[line]),
        bends=bow_modes(board, points),
    )


def _reaches(
    points: NDArray[np.float64],
    line: NDArray[np.intp],
    lines: PrintLines,
    along: NDArray[np.float64],
    lengths: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far black and white reach across the border at each point, (N,) and (N,) mm."""
    black, white = np.full(len(points), FAR_MM), np.full(len(points), FAR_MM)
    for face in np.unique(lines.face):
        for own in np.unique(line[lines.face[line] == face]):
            here = np.flatnonzero(line == own)
            parallel = np.flatnonzero((lines.face == face) & (np.abs(along @ along[own]) > 1.0 - 1e-9))
            offset = (lines.starts[parallel] - lines.starts[own]) @ lines.towards_black[own]
            low = (lines.starts[parallel] - lines.starts[own]) @ along[own]
            high = low + (along[parallel] @ along[own]) * lengths[parallel]
            low, high = np.minimum(low, high), np.maximum(low, high)
            at = (points[here] - lines.starts[own]) @ along[own]
            covers = (at[:, None] >= low) & (at[:, None] <= high)
            black[here] = np.where(covers & (offset > 1e-6), offset, FAR_MM).min(axis=1)
            white[here] = np.where(covers & (offset < -1e-6), -offset, FAR_MM).min(axis=1)
    return black, white


def _to_rim(board: Board, points: NDArray[np.float64], faces: NDArray[np.intp]) -> NDArray[np.float64]:
    distances = np.empty(len(points))
    for number, face in enumerate(board.faces):
        here = faces == number
        flat = face.board_from_face.inverse().apply(points[here])[:, :2]
        low, high = face.outline_box_mm
        distances[here] = np.minimum(flat - low, high - flat).min(axis=1)
    return distances


def _groups(points: NDArray[np.float64], face: NDArray[np.intp]) -> NDArray[np.intp]:
    low, high = points.min(axis=0), points.max(axis=0)
    side = (high - low).max() / GROUPS_ACROSS
    cell = np.floor((points - low) / (side + 1e-9)).astype(np.intp)
    keys = np.column_stack([cell, face])
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
