"""Whether the markers' cells are as black and white as the board has them: what tells this board from any other."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.track.hidden import Hiding
from orview.track.motion import differs
from orview.track.print_lines import PrintCells, print_cells
from orview.track.view import LEAST_FACING, placed

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
    """M markers of one face that are read, of C cells each, those of the rim before those inside.

    Attributes:
        outermost: (4 M, 3) the middles of the cells in the corners of each, mm, board frame.
        shares: (4, C) of those four in the middle of each cell.
        rim: how many cells make the rim.
        black: (M, C - rim) what the cells inside have to look like; where markers are inverted, the opposite.
        inverted: whether they are.
    """

    outermost: NDArray[np.float64]
    shares: NDArray[np.float64]
    rim: int
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
            self._chosen = [sheet for sheet in sheets if len(sheet.black)]
            self._chosen_at = camera_from_board
        read = wrong = markers = contradicting = disturbed = 0
        for chosen in self._chosen:
            light = self._light(picture, chosen, camera_from_board, velocity, decode)
            black = chosen.black
            outside = np.isnan(light[:, 0])
            if outside.any():
                light, black = light[~outside], black[~outside]
            if chosen.inverted:
                light = -light
            rim = light[:, : chosen.rim]
            half = chosen.rim // 2
            dark = np.partition(rim, half, axis=1)[:, half]
            bright = np.partition(light, -3, axis=1)[:, -3]
            looks_black = light < (0.5 * (dark + bright))[:, None]
            clear = bright - dark > LEAST_CONTRAST * contrast
            whole = clear & (looks_black[:, : chosen.rim].sum(axis=1) >= (1.0 - MOST_RIM_WRONG) * chosen.rim)
            wrong_cells = (looks_black[:, chosen.rim :] != black).sum(axis=1)[whole]
            cells = black.shape[1]
            read += cells * len(wrong_cells)
            wrong += int(wrong_cells.sum())
            markers += len(wrong_cells)
            contradicting += int(np.count_nonzero(wrong_cells > MOST_CELLS_WRONG * cells))
            disturbed += int(np.count_nonzero(clear)) - len(wrong_cells)
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
            shares=np.hstack([shares[:, sheet.rim], shares[:, ~sheet.rim]]),
            rim=int(np.count_nonzero(sheet.rim)),
            black=~black if sheet.inverted else black,
            inverted=sheet.inverted,
        )

    def _light(
        self,
        picture: NDArray[np.uint8],
        chosen: "_Chosen",
        camera_from_board: RigidTransform,
        velocity: NDArray[np.float64],
        decode: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Return the brightness (M, C) in the middle of the cells of markers, NaN of those not whole in the picture."""
        _, seen, _ = placed(
            chosen.outermost, camera_from_board, self._lens, velocity=velocity, readout_s=self._readout_s
        )
        # Within one marker perspective and lens bend rows of cells by a small part of a cell.
        corners = seen.pixels.T.reshape(2, -1, 4)
        x, y = np.rint(corners @ chosen.shares).astype(np.intp)
        low, high = corners.min(axis=2), corners.max(axis=2)
        last = np.array([[self._lens.width_px - 1.0], [self._lens.height_px - 1.0]])
        outside = ((low < 0.0) | (high > last)).any(axis=0)
        if outside.any():
            x[outside] = y[outside] = 0
        values = decode.take(picture[y, x])
        if picture.ndim == 3:
            values = values.mean(axis=-1)
        values[outside] = np.nan
        return np.asarray(values)


@lru_cache(maxsize=8)
def _between(count: int) -> NDArray[np.float64]:
    """Return the shares (4, C) of the four outermost cells of a square in each of its count x count cells."""
    down, across = np.mgrid[0:count, 0:count].reshape(2, -1) / (count - 1.0)
    return np.stack([(1.0 - across) * (1.0 - down), across * (1.0 - down), (1.0 - across) * down, across * down])
