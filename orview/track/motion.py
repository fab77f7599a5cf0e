"""Small left motions of a pose, (6,) rotation rad and translation mm in the camera frame (`geometry.uncertain`)."""

import math

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
    # One row an unknown: numpy walks along rows.
    rows = np.empty((6, len(arms)))
    np.subtract(y * w, z * v, out=rows[0])
    np.subtract(z * u, x * w, out=rows[1])
    np.subtract(x * v, y * u, out=rows[2])
    rows[3:] = by_place.T
    return rows.T


def left_from_middle(middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (6, 6) matrix that tells a motion about a middle (3,) as a left motion.

    About the middle of the board turns and shifts hardly mix, so that equations are well conditioned.
    """
    matrix = np.eye(6)
    matrix[3:, :3] = skew(middle)
    return matrix


def differs(pose: RigidTransform, other: RigidTransform, *, turn_rad: float, distance: float) -> bool:
    """Return whether a board is seen otherwise: turned by more than an angle, or moved by a share of its distance."""
    cosine = (float(np.vdot(pose.rotation, other.rotation)) - 1.0) / 2.0
    away = math.dist(pose.translation_mm.tolist(), other.translation_mm.tolist())
    return cosine < math.cos(turn_rad) or away > distance * math.hypot(*pose.translation_mm.tolist())
