"""Where corners of boards are in a picture, to be drawn on it for people."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.markers.board import Board
from orview.track.follow import TrackedPose


def corners_of(boards: Sequence[Board], seen: Sequence[TrackedPose], lens: PinholeLens) -> NDArray[np.float64]:
    """Return (N, 2) px where the corners of the boards that are tracked lie by their poses, within the picture.

    A tracked board is fitted as a whole, to less than a pixel: where a finger covers a corner, its place is known too.
    """
    found = [np.zeros((0, 2))]
    for board, tracked in zip(boards, seen, strict=True):
        if tracked.camera_from_board is None:
            continue
        corners_mm = np.vstack([*board.marker_corners_mm.values(), board.chessboard_corners_mm])
        in_camera_mm = tracked.camera_from_board.transform.apply(corners_mm)
        pixels = lens.project(in_camera_mm[in_camera_mm[:, 2] > 0.0])
        inside = ((pixels >= 0.0) & (pixels <= (lens.width_px - 1, lens.height_px - 1))).all(axis=1)
        found.append(pixels[inside])
    return np.vstack(found)
