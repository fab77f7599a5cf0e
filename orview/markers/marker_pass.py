"""Reading the markers of one dictionary in a picture or a part of it: OpenCV's detector, its shapes made one."""

import math
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_SIDE_PX = 9.0
"""Smaller markers cannot be read: their cells are hardly a pixel wide."""

_SIZE_STEP = 1.25


class Care(Enum):
    """How carefully a picture is searched."""

    FIRST = "thresholded at one fine scale, with little difference asked for: for a picture made smaller"
    QUICK = "thresholded at one scale"
    THOROUGH = "thresholded at three scales"
    DIM = "thresholded at three scales, after local contrast was raised, with little difference asked for"


@dataclass(frozen=True, kw_only=True, eq=False)
class Markers:
    """Markers read: corners (M, 4, 2) px, clockwise from the marker's own top-left, and ids (M,)."""

    corners_px: NDArray[np.float64]
    ids: NDArray[np.int32]

    def only(self, kept: NDArray[np.bool_]) -> "Markers":
        """Return the markers (M,) marks."""
        return Markers(corners_px=self.corners_px[kept], ids=self.ids[kept])


def read_markers(
    gray: NDArray[np.uint8],
    dictionary: str,
    *,
    inverted: bool,
    care: Care,
    shrink: int = 1,
    origin: tuple[int, int] = (0, 0),
) -> Markers:
    """Return all markers of a dictionary in a picture (H, W), in pixels of the whole picture.

    Args:
        gray: the picture or a part of it.
        dictionary: OpenCV's name of it.
        inverted: whether markers printed white on black are read too.
        care: how carefully.
        shrink: the picture is searched so many times smaller.
        origin: column and row of `gray` in the whole picture.
    """
    small = gray
    if shrink > 1:
        size = (max(gray.shape[1] // shrink, 1), max(gray.shape[0] // shrink, 1))
        small = np.asarray(
            cv2.resize(gray[: size[1] * shrink, : size[0] * shrink], size, interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
    if care is Care.DIM:
        small = np.asarray(cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(small), dtype=np.uint8)
    size_class = math.ceil(math.log(max(small.shape), _SIZE_STEP))
    found, ids, _ = _detector(dictionary, inverted, care, size_class).detectMarkers(small)
    if ids is None or not len(ids):
        return Markers(corners_px=np.empty((0, 4, 2)), ids=np.empty(0, np.int32))
    corners = np.array(found, dtype=np.float64).reshape(-1, 4, 2)
    # A pixel of the smaller picture covers several; its centre lies in the middle of theirs.
    corners = corners * shrink + (shrink - 1) / 2.0 + np.array(origin, dtype=np.float64)
    return Markers(corners_px=corners, ids=np.ravel(ids).astype(np.int32))


def joined(first: Markers, second: Markers) -> Markers:
    """Return the markers of both looks at one picture; one seen by both is taken from the second."""
    if not len(first.ids) or not len(second.ids):
        return first if len(first.ids) else second
    sides = np.linalg.norm(np.diff(first.corners_px, axis=1), axis=2).max(axis=1)
    apart = np.linalg.norm(first.corners_px.mean(axis=1)[:, None] - second.corners_px.mean(axis=1)[None], axis=2)
    again = ((first.ids[:, None] == second.ids[None]) & (apart < 0.5 * sides[:, None])).any(axis=1)
    return Markers(
        corners_px=np.concatenate([first.corners_px[~again], second.corners_px]),
        ids=np.concatenate([first.ids[~again], second.ids]),
    )


@lru_cache(maxsize=64)
def _detector(dictionary: str, inverted: bool, care: Care, size_class: int) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.detectInvertedMarker = inverted
    parameters.minMarkerPerimeterRate = min(4.0 * SMALLEST_SIDE_PX / _SIZE_STEP**size_class, 0.5)
    if care is Care.FIRST:
        # Of the scales and constants tried on dim, blurred, steep and far boards this one finds most of them.
        parameters.adaptiveThreshWinSizeMin = parameters.adaptiveThreshWinSizeMax = 9
        parameters.adaptiveThreshConstant = 4
    if care is Care.QUICK:
        parameters.adaptiveThreshWinSizeMin = parameters.adaptiveThreshWinSizeMax
    if care is Care.DIM:
        parameters.adaptiveThreshConstant = 4
        parameters.minOtsuStdDev = 2.0
    known = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    return cv2.aruco.ArucoDetector(known, parameters)
