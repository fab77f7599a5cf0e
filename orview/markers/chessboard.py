"""The corners of a chessboard between markers that were read, as OpenCV's ChArUco detector finds them."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.markers.face import Face
from orview.markers.marker_pass import Markers
from orview.markers.patterns import Charuco

REFINED_PX = 0.005
REFINEMENTS = 50
"""A corner is moved until a step is shorter than this, so many times at most."""


def chessboard_corners(
    gray: NDArray[np.uint8], markers: Markers, face: Face
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return pixels (N, 2) and numbers (N,) in `Face.corners_mm` of the corners between markers of a face.

    Args:
        gray: the picture (H, W).
        markers: of that face, each once.
        face: with a chessboard.

    Raises:
        ContractError: the face has no chessboard.
    """
    if not isinstance(face.pattern, Charuco):
        raise ContractError("A grid of markers has no chessboard.")
    detector = _detector(face.pattern, face.dictionary)
    pixels, numbers, _, _ = detector.detectBoard(
        gray, markerCorners=list(markers.corners_px.astype(np.float32)[:, None]), markerIds=markers.ids
    )
    if numbers is None or not len(numbers):
        return np.empty((0, 2)), np.empty(0, np.int32)
    return np.reshape(pixels, (-1, 2)).astype(np.float64), np.ravel(numbers).astype(np.int32)


@lru_cache(maxsize=32)
def _detector(pattern: Charuco, dictionary: str) -> cv2.aruco.CharucoDetector:
    known = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    board = cv2.aruco.CharucoBoard(
        (pattern.squares_x, pattern.squares_y),
        pattern.square_mm,
        pattern.marker_mm,
        known,
        np.array(pattern.ids, dtype=np.int32),
    )
    board.setLegacyPattern(pattern.legacy)
    parameters = cv2.aruco.DetectorParameters()
    # OpenCV stops refining a corner at steps below 0.1 px, and leaves it up to as much off.
    parameters.cornerRefinementMinAccuracy = REFINED_PX
    parameters.cornerRefinementMaxIterations = REFINEMENTS
    charuco = cv2.aruco.CharucoParameters()
    charuco.checkMarkers = False
    return cv2.aruco.CharucoDetector(board, charuco, parameters)
