"""Small left motions of a pose, (6,) rotation rad and translation mm in the camera frame (`geometry.uncertain`)."""

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import RigidTransform, nearest_rotation, rotation_from_vector, skew


def moved_by(pose: RigidTransform, motion: NDArray[np.float64]) -> RigidTransform:
    """Return the pose after a left motion (6,)."""
    turn = rotation_from_vector(motion[:3])
    place = turn @ pose.translation_mm + motion[3:]
    return RigidTransform(pose.to_frame, pose.from_frame, nearest_rotation(turn @ pose.rotation), place)


def rows_by_motion(arms: NDArray[np.float64], by_place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the derivatives (N, 6) by a motion about a middle.

    Args:
        arms: (N, 3) places less the middle.
        by_place: (N, 3) derivatives by the places.
    """
    x, y, z = arms.T
    u, v, w = by_place.T
    rows = np.empty((len(arms), 6))
    rows[:, 0], rows[:, 1], rows[:, 2] = y * w - z * v, z * u - x * w, x * v - y * u
    rows[:, 3:] = by_place
    return rows


def left_from_middle(middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (6, 6) matrix that tells a motion about a middle (3,) as a left motion.

    About the middle of the board turns and shifts hardly mix, so that equations are well conditioned.
    """
    matrix = np.eye(6)
    matrix[3:, :3] = skew(middle)
    return matrix
