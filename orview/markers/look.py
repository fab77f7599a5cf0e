"""Where in a picture to look for the markers of boards, and how carefully: cheap looks first, dear ones in doubt.

One look serves all boards that share a dictionary. The first sees a large picture smaller; what it misses of a board
is looked for around what it found, in full; only where it found nothing is the whole picture searched in full, and
once more, smaller again, with its local contrast raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board
from orview.markers.marker_pass import Care, Markers, joined, read_markers

FIRST_LOOK_PX = 900
"""Longer side a picture still has, at least, after it was made smaller for the first look."""

FULL_LOOK_PX = 4200
"""A picture with a longer side than this is made smaller for every look, so that none takes seconds."""

MARGIN_FRACTION, MARGIN_PX = 0.2, 16.0
"""Around where a board must be, of its extent and in pixels."""

ONE_PLACE = 0.2
"""Of the extent of the markers seen: where one lies farther from where the others put it, they are not one board's."""

WORTHWHILE_AREA = 0.6
"""Of the picture: a part larger than this saves less than a second search costs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Reader:
    """Reads the markers of one dictionary that belong to any of the boards, in one picture."""

    gray: NDArray[np.uint8]
    dictionary: str
    inverted: bool
    wanted: NDArray[np.int32]

    def read(self, care: Care, shrink: int, part: tuple[slice, slice] | None = None) -> Markers:
        rows, columns = part or (slice(0, None), slice(0, None))
        markers = read_markers(
            self.gray[rows, columns],
            self.dictionary,
            inverted=self.inverted,
            care=care,
            shrink=shrink,
            origin=(columns.start, rows.start),
        )
        return markers.only(np.isin(markers.ids, self.wanted))


def look_for(
    gray: NDArray[np.uint8], boards: Sequence[Board], *, quick: bool, enough: float = 1.0
) -> dict[str, Markers]:
    """Return the markers of boards in a picture (H, W), by dictionary; those with one id in two places are both there.

    Args:
        gray: the picture.
        boards: whose markers.
        quick: look once, in full, thresholded at one scale.
        enough: the share of a board's markers that do: with so many, it is not looked at more carefully.
    """
    least = -(-max(gray.shape) // FULL_LOOK_PX)
    small = max(max(gray.shape) // FIRST_LOOK_PX, least)
    found: dict[str, Markers] = {}
    for dictionary, inverted in _dictionaries(boards).items():
        own = [board for board in boards if any(face.dictionary == dictionary for face in board.faces)]
        wanted = np.array(sorted({i for board in own for i in marker_places_mm(board, dictionary)}), dtype=np.int32)
        reader = _Reader(gray=gray, dictionary=dictionary, inverted=inverted, wanted=wanted)
        if quick:
            found[dictionary] = reader.read(Care.QUICK, least)
            continue
        markers = reader.read(Care.FIRST if small > least else Care.THOROUGH, small)
        if small > least:
            markers = _completed(markers, reader, own, least, enough)
        if not len(markers.ids):
            markers = reader.read(Care.DIM, small)
        found[dictionary] = markers
    return found


def _completed(markers: Markers, reader: _Reader, boards: Sequence[Board], least: int, enough: float) -> Markers:
    """Return the markers with those that a look at a smaller picture has missed."""
    seen = set(markers.ids.tolist())
    for board in boards:
        own = set(marker_places_mm(board, reader.dictionary))
        mine = seen & own
        if len(mine) >= enough * len(own):
            continue
        part = None
        if mine:
            found = markers.only(np.isin(markers.ids, list(mine)))
            part = _around(found, board, reader.dictionary, reader.gray.shape)
        if enough < 1.0 and part is not None:
            # A third of the price, and mostly enough.
            markers = joined(markers, reader.read(Care.QUICK, least, part))
            if len(own.intersection(markers.ids.tolist())) >= enough * len(own):
                continue
        markers = joined(markers, reader.read(Care.THOROUGH, least, part))
        if part is None:
            # That was the whole picture: it holds for all boards.
            break
    return markers


def _around(markers: Markers, board: Board, dictionary: str, shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """Return the part of the picture that holds all of a board some markers of which were seen, None for all of it."""
    places = marker_places_mm(board, dictionary)
    seen_mm = np.vstack([places[i] for i in markers.ids.tolist()])
    # Flat and without perspective is good enough for where to look: what stands out of it is in the margin.
    ground = np.column_stack([seen_mm[:, :2], np.ones(len(seen_mm))])
    seen_px = markers.corners_px.reshape(-1, 2)
    pixel_from_board, _, rank, _ = np.linalg.lstsq(ground, seen_px, rcond=1e-6)
    off_px = np.abs(ground @ pixel_from_board - seen_px).max()
    if rank < 3 or off_px > ONE_PLACE * np.ptp(seen_px, axis=0).max():
        # Not all in one place: there may be two of the board.
        return None
    all_mm = np.vstack([corners for face in board.faces for corners in face.marker_corners_mm.values()])
    box = np.column_stack([all_mm[:, :2], np.ones(len(all_mm))]) @ pixel_from_board
    low, high = box.min(axis=0), box.max(axis=0)
    margin = MARGIN_FRACTION * (high - low).max() + MARGIN_PX
    low = np.clip(low - margin, 0, shape[1::-1]).astype(int)
    high = np.clip(high + margin, 0, shape[1::-1]).astype(int)
    if (high <= low).any() or np.prod(high - low) > WORTHWHILE_AREA * shape[0] * shape[1]:
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _dictionaries(boards: Sequence[Board]) -> dict[str, bool]:
    """Return the dictionaries boards need, and whether any of their markers is inverted."""
    kinds: dict[str, bool] = {}
    for board in boards:
        for face in board.faces:
            kinds[face.dictionary] = kinds.get(face.dictionary, False) or face.inverted
    return kinds


@lru_cache(maxsize=64)
def marker_places_mm(board: Board, dictionary: str) -> dict[int, NDArray[np.float64]]:
    """Return the corners (4, 3) of each marker a board has of a dictionary, by id, board frame."""
    return {
        marker_id: corners
        for face in board.faces
        if face.dictionary == dictionary
        for marker_id, corners in face.marker_corners_mm.items()
    }
