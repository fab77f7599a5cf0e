"""Finding boards in a picture: pixels of their corners, each with its place on the board and its noise.

Markers seen twice are dropped before a chessboard is looked for, and OpenCV's own marker check stays off: it drops a
whole board for one stray marker. Wrong corners are for `orview.markers.pose` to reject, which knows the geometry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.markers.board import Board
from orview.markers.chessboard import chessboard_corners
from orview.markers.look import look_for
from orview.markers.marker_fit import fitted_corners
from orview.markers.marker_pass import Markers

MOST_DOUBLED = 0.25
"""Of the markers seen: where more than this are in the picture twice, two boards are, and none of them is meant."""

CORNER_SIGMA_PX = 0.1
"""No real corner of a chessboard is found better than this, however well a picture fits by chance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sighting:
    """Corners of a board found in one picture.

    Attributes:
        pixels: (N, 2) px, (0, 0) is the centre of the top-left pixel.
        points_board_mm: (N, 3) the same corners on the board, mm, board frame.
        marker_count: markers of the board that were read.
        sigmas_px: (N,) noise of each corner in x and in y, one standard deviation; `CORNER_SIGMA_PX` where not given.
        faces: (N,) number of the face in `Board.faces` each corner is printed on; 0 where not given.
        doubled_ids: ids of the board's markers that are more than once in the picture.
    """

    pixels: NDArray[np.float64]
    points_board_mm: NDArray[np.float64]
    marker_count: int
    sigmas_px: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    faces: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    doubled_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.pixels)
        if not len(self.sigmas_px):
            object.__setattr__(self, "sigmas_px", np.full(count, CORNER_SIGMA_PX))
        if not len(self.faces):
            object.__setattr__(self, "faces", np.zeros(count, dtype=np.int64))


def gray_of(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture (H, W) or (H, W, 3) BGR as gray (H, W).

    Raises:
        ContractError: another shape or another type than uint8.
    """
    if image.dtype != np.uint8 or image.size == 0:
        raise ContractError("A picture is a non-empty array of bytes.")
    if image.ndim == 2:
        return image
    if image.ndim == 3 and image.shape[2] == 3:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    raise ContractError("A picture has shape (H, W) or (H, W, 3) in BGR.")


def detect_board(image: NDArray[np.uint8], board: Board, *, quick: bool = False) -> Sighting | None:
    """Find `board` in a picture, as `detect_boards` does."""
    return detect_boards(image, (board,), quick=quick)[0]


def detect_boards(
    image: NDArray[np.uint8], boards: Sequence[Board], *, quick: bool = False, enough: float = 1.0
) -> tuple[Sighting | None, ...]:
    """Find boards in a picture (H, W) gray or (H, W, 3) BGR; several cost little more than one.

    Chessboard corners are taken from a ChArUco pattern (its marker corners, which gamma and blur move, are
    not), from other faces the corners of the markers, freed of that move as far as their cells allow.

    Args:
        image: the picture.
        boards: what to look for.
        quick: threshold the picture at one scale. Finds the same corners two to three times faster where the board
            is clear to see and most of the picture is the board, but may miss markers in bad light.
        enough: the share of a board's markers that do, for who wants a pose to begin with and not every corner.

    Returns:
        For each board the corners found, or None where it is not to be seen. Where another board with the same markers
        is in the picture, there are no corners, only `doubled_ids`.

    Raises:
        ContractError: the picture has another shape or type.
    """
    gray = np.ascontiguousarray(gray_of(image))
    seen = look_for(gray, boards, quick=quick, enough=enough)
    return tuple(_sighting(gray, board, seen) for board in boards)


def _sighting(gray: NDArray[np.uint8], board: Board, seen: dict[str, Markers]) -> Sighting | None:
    doubled: set[int] = set()
    count = 0
    found: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]] = []
    for number, face in enumerate(board.faces):
        markers = seen[face.dictionary]
        markers = markers.only(np.isin(markers.ids, list(face.ids)))
        ids, counts = np.unique(markers.ids, return_counts=True)
        doubled |= set(ids[counts > 1].tolist())
        count += len(ids)
        markers = markers.only(np.isin(markers.ids, ids[counts == 1]))
        if not len(markers.ids):
            continue
        if len(face.corners_mm):
            pixels, numbers = chessboard_corners(gray, markers, face)
            points, sigmas_px = face.corners_mm[numbers], np.full(len(pixels), CORNER_SIGMA_PX)
        else:
            corners, sigmas = fitted_corners(
                gray, markers.corners_px, markers.ids, face.dictionary, inverted=face.inverted
            )
            pixels, sigmas_px = corners.reshape(-1, 2), np.repeat(sigmas, 4)
            points = np.vstack([face.marker_corners_mm[i] for i in markers.ids.tolist()])
        found.append((pixels, points, sigmas_px, number))
    doubled_ids = tuple(sorted(doubled))
    if len(doubled) > MOST_DOUBLED * count:
        found = []
    pixels = np.vstack([np.empty((0, 2)), *(f[0] for f in found)])
    if not len(pixels) and not doubled:
        return None
    return Sighting(
        pixels=pixels,
        points_board_mm=np.vstack([np.empty((0, 3)), *(f[1] for f in found)]),
        marker_count=count - len(doubled),
        sigmas_px=np.concatenate([np.empty(0), *(f[2] for f in found)]),
        faces=np.concatenate([np.empty(0, np.int64), *(np.full(len(f[0]), f[3], dtype=np.int64) for f in found)]),
        doubled_ids=doubled_ids,
    )
