"""The faces of a board as things to be painted: where each lies, and what is printed on it at any fineness."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orview.markers.board import Board
from orview.markers.ink import Patch, ink_of

PAPER, INK = 0.82, 0.035
"""Share of the light that paper and ink send back."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PrintedFace:
    """One flat print.

    Attributes:
        board_from_face: (4, 4), mm; the face's z points into the paper.
        low_mm, high_mm: corners (x, y) of the plate in the face.
        patches: where the ink is, in the face.
    """

    board_from_face: NDArray[np.float64]
    low_mm: tuple[float, float]
    high_mm: tuple[float, float]
    patches: tuple[Patch, ...]

    @property
    def corners_board_mm(self) -> NDArray[np.float64]:
        """Corners (4, 3) of the plate, board frame, clockwise from top-left."""
        (left, top), (right, bottom) = self.low_mm, self.high_mm
        corners = np.array([(left, top, 0, 1), (right, top, 0, 1), (right, bottom, 0, 1), (left, bottom, 0, 1)])
        return np.asarray((corners @ self.board_from_face.T)[:, :3])


def standing_on(faces: tuple[PrintedFace, ...], points_board_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points (N, 3) stand on the first face or right before it, and so go along where it bends."""
    local = points_in_face(faces[0], points_board_mm)
    low, high = np.array(faces[0].low_mm) - 1e-6, np.array(faces[0].high_mm) + 1e-6
    return np.asarray(((local[:, :2] >= low) & (local[:, :2] <= high)).all(axis=1))


def points_in_face(face: PrintedFace, points_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (N, 3) of the board frame in the frame of a face."""
    face_from_board = np.linalg.inv(face.board_from_face)
    return np.asarray(points_board_mm @ face_from_board[:3, :3].T + face_from_board[:3, 3])


@lru_cache(maxsize=16)
def printed_faces(board: Board) -> tuple[PrintedFace, ...]:
    """Return the faces of a board, in its own order."""
    faces = []
    for face in board.faces:
        low, high = (corner.tolist() for corner in face.outline_box_mm)
        faces.append(
            PrintedFace(
                board_from_face=face.board_from_face.matrix,
                low_mm=(low[0], low[1]),
                high_mm=(high[0], high[1]),
                patches=ink_of(face),
            )
        )
    return tuple(faces)


@lru_cache(maxsize=24)
def texture_of(face: PrintedFace, texels_per_mm: float) -> NDArray[np.float32]:
    """Return what the face sends back (H, W, 2): its light, and 1 where there is a plate; one empty texel around it.

    Texel (0, 0) is centred half a texel outside `face.low_mm`. A texel cut by an edge has the mean of its two
    sides, so no edge is moved to a whole texel.
    """
    width, height = (
        math.ceil((high - low) * texels_per_mm) for low, high in zip(face.low_mm, face.high_mm, strict=True)
    )
    light = PAPER + (INK - PAPER) * ink_share(
        face.patches, low_mm=face.low_mm, size=(height, width), texels_per_mm=texels_per_mm
    )
    plate = np.outer(
        *(
            np.minimum(1.0, (high - low) * texels_per_mm - np.arange(count))
            for low, high, count in zip(face.low_mm[::-1], face.high_mm[::-1], (height, width), strict=True)
        )
    )
    return np.pad(np.dstack([light * plate, plate]), ((1, 1), (1, 1), (0, 0))).astype(np.float32)


def ink_share(
    patches: Sequence[Patch], *, low_mm: tuple[float, float], size: tuple[int, int], texels_per_mm: float
) -> NDArray[np.float64]:
    """Return how much of each texel (H, W) is covered with ink, 0 to 1.

    Args:
        patches: where the ink is.
        low_mm: outer corner of the first texel.
        size: rows and columns.
        texels_per_mm: how fine.
    """
    ink = np.zeros(size)
    for patch in patches:
        low = (np.array(patch.at_mm) - low_mm) * texels_per_mm
        high = low + np.array(patch.size_mm) * texels_per_mm
        across, down = (
            _overlap(start, end, count)
            for start, end, count in zip(low.tolist(), high.tolist(), size[::-1], strict=True)
        )
        ink[down[0], across[0]] += down[1][:, None] * across[1]
    return np.minimum(ink, 1.0)


def _overlap(start: float, end: float, count: int) -> tuple[slice, NDArray[np.float64]]:
    """Return which of `count` cells an interval touches, and how much of each it covers."""
    first, last = max(0, math.floor(start)), min(count, math.ceil(end))
    edges = np.arange(first, last)
    return slice(first, last), np.minimum(edges + 1.0, end) - np.maximum(edges, start)
