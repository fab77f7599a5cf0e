"""What a rolling shutter does to the pose of a board whose motion nobody knows."""

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.uncertainty import pixel_jacobians


def motion_taken_for_pose(
    camera_from_board: RigidTransform, points_board_mm: NDArray[np.float64], lens: PinholeLens, *, readout_s: float
) -> NDArray[np.float64]:
    """Return the (6, 6) matrix that tells by how much a velocity falsifies a pose solved as if the board rested.

    A point seen in a row read t after the middle one has moved on by t times the velocity; least squares take for pose
    what of that looks like one (to first order, all points alike).

    Args:
        camera_from_board: the pose.
        points_board_mm: (N, 3) what it rests on.
        lens: the camera's.
        readout_s: from the first row to the last.
    """
    by_motion, _ = pixel_jacobians(camera_from_board, points_board_mm, lens)
    rows = lens.project(camera_from_board.apply(points_board_mm))[:, 1]
    after_s = np.repeat(readout_s * ((rows + 0.5) / lens.height_px - 0.5), 2)
    return np.asarray(np.linalg.pinv(by_motion) @ (after_s[:, None] * by_motion))
