"""Whether the markers' cells are as black and white as the board has them: what tells this board from any other."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled, plain
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.track.hidden import Hiding
from orview.track.motion import differs
from orview.track.placed import placed
from orview.track.print_lines import PrintCells, print_cells
from orview.track.strips import brightness, colours_of
from orview.track.view import LEAST_FACING

LEAST_CELL_PX = 2.5
"""Smaller cells run into one another."""

MOST_MARKERS = 20
"""Of one face; more tell nothing that these do not."""

LEAST_CONTRAST = 0.25
"""Of the contrast of the whole print in the picture; a marker with less is covered."""

MOST_CELLS_WRONG = 0.2
"""Of the cells inside a marker; markers of one dictionary differ in more."""

MOST_RIM_WRONG = 0.12
"""Of the cells of a marker's black rim; with more that are not black, something lies over it."""

SAME_VIEW_RAD, SAME_VIEW_DISTANCE = math.radians(3.0), 0.04
"""So alike views show the same markers: angle, share of the distance."""


@dataclass(frozen=True, kw_only=True)
class CellCount:
    """What was read.

    Attributes:
        read: cells inside the markers that could be read.
        wrong: how many of those are not what the board has there.
        markers: markers that could be read.
        contradicting: how many of those are hardly the ones the board has there.
        disturbed: markers with contrast enough, but without the border that every marker has.
    """

    read: int
    wrong: int
    markers: int
    contradicting: int
    disturbed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Chosen:
    """M markers that are read, of C cells each, those of the rim before those inside.

    Attributes:
        outermost: (4 M, 3) the middles of the cells in the corners of each, mm, board frame.
        shares: (C, 4) of those four in the middle of each cell.
        black: (M, C - rim) what the cells inside have to look like; where markers are inverted, the opposite.
        inverted: whether they are.
    """

    outermost: NDArray[np.float64]
    shares: NDArray[np.float64]
    black: NDArray[np.bool_]
    inverted: bool


class CellReader:
    """Reads the cells of all markers of a board where a pose puts them.

    Args:
        board: whose markers.
        lens: the camera's.
        readout_s: from the first row of a picture to the last.
    """

    def __init__(self, board: Board, lens: PinholeLens, *, readout_s: float) -> None:
        self._lens = lens
        self._readout_s = readout_s
        self._sheets = print_cells(board)
        self._normals = [face.normal_board for face in board.faces]
        self._hiding = Hiding(board)
        self._chosen: list[_Chosen] = []
        self._chosen_at: RigidTransform | None = None

    def read(
        self,
        picture: NDArray[np.uint8],
        camera_from_board: RigidTransform,
        *,
        velocity: NDArray[np.float64],
        contrast: float,
        decode: NDArray[np.float32],
    ) -> CellCount:
        """Read markers that lie in the picture and are large enough: all, or of many some from all over a face.

        Args:
            picture: (H, W) grey or (H, W, 3) BGR.
            camera_from_board: where the board is when the middle row is exposed.
            velocity: (6,) left motion per second.
            contrast: between white and black of the print, as brightness.
            decode: (256,) brightness of each byte.
        """
        if self._chosen_at is None or differs(
            camera_from_board, self._chosen_at, turn_rad=SAME_VIEW_RAD, distance=SAME_VIEW_DISTANCE
        ):
            sheets = [self._choose(sheet, camera_from_board) for sheet in self._sheets]
            self._chosen = _together([sheet for sheet in sheets if len(sheet.black)])
            self._chosen_at = camera_from_board
        counts = np.zeros(5, np.intp)
        colours = colours_of(picture)
        for chosen in self._chosen:
            _, seen, _ = placed(
                chosen.outermost, camera_from_board, self._lens, velocity=velocity, readout_s=self._readout_s
            )
            _read_markers(colours, decode, seen.pixels, chosen.shares, chosen.black, chosen.inverted, contrast, counts)
        read, wrong, markers, contradicting, disturbed = counts.tolist()
        return CellCount(read=read, wrong=wrong, markers=markers, contradicting=contradicting, disturbed=disturbed)

    def _choose(self, sheet: PrintCells, camera_from_board: RigidTransform) -> "_Chosen":
        """Return the markers of one face to read."""
        middles_board = sheet.centres.mean(axis=1)
        middles = camera_from_board.apply(middles_board)
        away = np.linalg.norm(middles, axis=1)
        facing = -(middles @ camera_from_board.rotate(self._normals[sheet.face])) / away
        cell_px = self._lens.fx_px * sheet.cell_mm * facing / away
        seen = (middles[:, 2] > 1.0) & (facing > LEAST_FACING) & (cell_px > LEAST_CELL_PX)
        eye = camera_from_board.inverse().translation_mm
        seen &= ~self._hiding.hidden(middles_board, np.full(len(middles), sheet.face), eye)
        chosen = np.flatnonzero(seen)
        chosen = chosen[:: 1 + len(chosen) // MOST_MARKERS]
        count = math.isqrt(len(sheet.rim))
        black = sheet.black[chosen][:, ~sheet.rim]
        shares = _between(count)
        return _Chosen(
            outermost=sheet.centres[chosen][:, [0, count - 1, -count, -1]].reshape(-1, 3),
            shares=np.vstack([shares[sheet.rim], shares[~sheet.rim]]),
            black=~black if sheet.inverted else black,
            inverted=sheet.inverted,
        )


def _together(sheets: list[_Chosen]) -> list[_Chosen]:
    """Return the markers of all faces, those that have as many cells read at once."""
    kinds: dict[tuple[int, bool], list[_Chosen]] = {}
    for sheet in sheets:
        kinds.setdefault((len(sheet.shares), sheet.inverted), []).append(sheet)
    return [
        _Chosen(
            outermost=plain(np.vstack([sheet.outermost for sheet in alike]), np.float64),
            shares=plain(alike[0].shares, np.float64),
            black=plain(np.vstack([sheet.black for sheet in alike]), np.bool_),
            inverted=inverted,
        )
        for (_, inverted), alike in kinds.items()
    ]


@compiled
def _read_markers(
    picture: NDArray[np.uint8],
    decode: NDArray[np.float32],
    pixels: NDArray[np.float64],
    shares: NDArray[np.float64],
    black: NDArray[np.bool_],
    inverted: bool,
    contrast: float,
    counts: NDArray[np.intp],
) -> None:
    """Read M markers of C cells, and add to the counts of cells read and wrong, markers, contradicting, disturbed.

    Args:
        picture: (H, W, 1 or 3).
        decode: (256,) brightness of each byte.
        pixels: (4 M, 2) the middles of the outermost cells of each marker.
        shares: (C, 4) of those four in the middle of each cell, those of the rim first.
        black: (M, C - rim) what the cells inside have to look like.
        inverted: whether white counts as black.
        contrast: of the print.
        counts: (5,).
    """
    light = np.empty(len(shares))
    inside = black.shape[1]
    rim = len(light) - inside
    for m in range(len(black)):
        if not _light_of(picture, decode, pixels[4 * m : 4 * m + 4], shares, inverted, light):
            continue
        dark, bright = np.sort(light[:rim])[rim // 2], np.sort(light)[-3]
        if bright - dark <= LEAST_CONTRAST * contrast:
            continue
        between = 0.5 * (dark + bright)
        if np.count_nonzero(light[:rim] < between) < (1.0 - MOST_RIM_WRONG) * rim:
            counts[4] += 1
            continue
        wrong = np.count_nonzero((light[rim:] < between) != black[m])
        counts[0] += inside
        counts[1] += wrong
        counts[2] += 1
        counts[3] += wrong > MOST_CELLS_WRONG * inside


@compiled
def _light_of(
    picture: NDArray[np.uint8],
    decode: NDArray[np.float32],
    corners: NDArray[np.float64],
    shares: NDArray[np.float64],
    inverted: bool,
    light: NDArray[np.float64],
) -> bool:
    """Write the brightness (C,) in the middle of a marker's cells; False where it is not whole in the picture."""
    for k in range(4):
        x, y = corners[k, 0], corners[k, 1]
        if not (0.0 <= x <= picture.shape[1] - 1.0 and 0.0 <= y <= picture.shape[0] - 1.0):
            return False
    for c in range(len(light)):
        # Within one marker perspective and lens bend rows of cells by a small part of a cell.
        x, y = 0.5, 0.5
        for k in range(4):
            x += shares[c, k] * corners[k, 0]
            y += shares[c, k] * corners[k, 1]
        seen = brightness(picture[int(y), int(x)], decode)
        light[c] = -seen if inverted else seen
    return True


@lru_cache(maxsize=8)
def _between(count: int) -> NDArray[np.float64]:
    """Return the shares (C, 4) of the four outermost cells of a square in each of its count x count cells."""
    down, across = np.mgrid[0:count, 0:count].reshape(2, -1) / (count - 1.0)
    return np.stack(
        [(1.0 - across) * (1.0 - down), across * (1.0 - down), (1.0 - across) * down, across * down], axis=1
    )
