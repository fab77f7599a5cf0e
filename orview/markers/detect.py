"""Finding a board in a picture: pixels of its corners, each with its place on the board.

All the shapes OpenCV 4 and 5 give back are made one here. Markers seen twice are dropped before the
chessboard is looked for, and OpenCV's own marker check stays off: it drops a whole board for one stray
marker. Wrong corners are for `orview.markers.pose` to reject, which knows the geometry.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.markers.board import Board

REFINED_PX = 0.005
REFINEMENTS = 50
"""A corner is moved until a step is shorter than this, so many times at most."""

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
    """Find `board` in a picture (H, W) gray or (H, W, 3) BGR.

    Chessboard corners are taken from a ChArUco pattern (its marker corners, which gamma and blur move, are
    not), marker corners from loose markers.

    Args:
        image: the picture.
        board: what to look for.
        quick: threshold the picture at one scale instead of three. Finds the same corners two to three times
            faster, but may miss markers in bad light.

    Returns:
        The corners found, or None where the board is not to be seen.

    Raises:
        ContractError: the picture has another shape or type.
    """
    gray = np.ascontiguousarray(gray_of(image))
    tools = _tools_for(board, quick)
    corners_px, ids = _board_markers(gray, tools)
    if not len(ids):
        return None
    pixels, points = [np.empty((0, 2))], [np.empty((0, 3))]
    if tools.charuco is not None:
        chess_px, chess_ids = _chessboard_corners(gray, corners_px, ids, tools.charuco)
        pixels.append(chess_px)
        points.append(board.chessboard_corners_mm[chess_ids])
    for marker_px, marker_id in zip(corners_px, ids.tolist(), strict=True):
        if marker_id in board.markers:
            pixels.append(_refined(gray, marker_px))
            points.append(board.markers[marker_id])
    all_pixels = np.vstack(pixels)
    if not len(all_pixels):
        return None
    return Sighting(pixels=all_pixels, points_board_mm=np.vstack(points), marker_count=len(ids))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Tools:
    markers: cv2.aruco.ArucoDetector
    charuco: cv2.aruco.CharucoDetector | None
    marker_ids: NDArray[np.int32]


@lru_cache(maxsize=8)
def _tools_for(board: Board, quick: bool) -> _Tools:
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
    parameters = cv2.aruco.DetectorParameters()
    # OpenCV stops refining a corner at steps below 0.1 px, and leaves it up to as much off.
    parameters.cornerRefinementMinAccuracy = REFINED_PX
    parameters.cornerRefinementMaxIterations = REFINEMENTS
    if quick:
        parameters.adaptiveThreshWinSizeMin = parameters.adaptiveThreshWinSizeMax
    charuco = None
    if board.charuco is not None:
        pattern = cv2.aruco.CharucoBoard(
            (board.charuco.squares_x, board.charuco.squares_y),
            board.charuco.square_mm,
            board.charuco.marker_mm,
            dictionary,
            np.array([i for i in board.marker_corners_mm if i not in board.markers], dtype=np.int32),
        )
        pattern.setLegacyPattern(board.charuco.legacy)
        charuco_parameters = cv2.aruco.CharucoParameters()
        charuco_parameters.checkMarkers = False
        charuco = cv2.aruco.CharucoDetector(pattern, charuco_parameters, parameters)
    return _Tools(
        markers=cv2.aruco.ArucoDetector(dictionary, parameters),
        charuco=charuco,
        marker_ids=np.array(list(board.marker_corners_mm), dtype=np.int32),
    )


def _board_markers(gray: NDArray[np.uint8], tools: _Tools) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return corners (M, 4, 2) and ids (M,) of the board's markers that were seen exactly once."""
    found_corners, found_ids, _ = tools.markers.detectMarkers(gray)
    if found_ids is None or not len(found_ids):
        return np.empty((0, 4, 2), np.float32), np.empty(0, np.int32)
    ids = np.ravel(found_ids).astype(np.int32)
    corners = np.array(found_corners, dtype=np.float32).reshape(-1, 4, 2)
    seen, counts = np.unique(ids, return_counts=True)
    keep = np.isin(ids, np.intersect1d(seen[counts == 1], tools.marker_ids))
    return corners[keep], ids[keep]


def _chessboard_corners(
    gray: NDArray[np.uint8],
    corners_px: NDArray[np.float32],
    ids: NDArray[np.int32],
    charuco: cv2.aruco.CharucoDetector,
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return pixels (N, 2) and corner numbers (N,) of the chessboard between the markers given."""
    pixels, numbers, _, _ = charuco.detectBoard(gray, markerCorners=list(corners_px[:, None]), markerIds=ids)
    if numbers is None or not len(numbers):
        return np.empty((0, 2)), np.empty(0, np.int32)
    return np.reshape(pixels, (-1, 2)).astype(np.float64), np.ravel(numbers).astype(np.int32)


def _refined(gray: NDArray[np.uint8], marker_px: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the corners (4, 2) of one marker moved onto the corner of the picture's edges nearby."""
    sides_px = np.linalg.norm(marker_px - np.roll(marker_px, 1, axis=0), axis=1)
    # Half a cell of a seven-cell marker: farther out, the marker's own cells and its neighbours pull the corner away.
    half = int(np.clip(sides_px.min() / 14.0, 2, 5))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, REFINEMENTS, REFINED_PX)
    refined = cv2.cornerSubPix(gray, marker_px.reshape(-1, 1, 2).copy(), (half, half), (-1, -1), criteria)
    return np.reshape(refined, (4, 2)).astype(np.float64)
