"""Small left motions of a pose, (6,) rotation rad and translation mm in the camera frame (`geometry.uncertain`)."""

import math

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.geometry.rigid import RigidTransform, skew


def moved_by(pose: RigidTransform, motion: NDArray[np.float64]) -> RigidTransform:
    """Return the pose after a left motion (6,)."""
    rotation, place = np.empty((3, 3)), np.empty(3)
    _move(pose.rotation, pose.translation_mm, np.ascontiguousarray(motion), rotation, place)
    return RigidTransform(pose.to_frame, pose.from_frame, rotation, place)


@compiled
def _move(
    rotation: NDArray[np.float64],
    place: NDArray[np.float64],
    motion: NDArray[np.float64],
    moved: NDArray[np.float64],
    moved_place: NDArray[np.float64],
) -> None:
    """Write a rotation (3, 3) and a place (3,) after a left motion."""
    x, y, z = motion[0], motion[1], motion[2]
    angle2 = x * x + y * y + z * z
    angle = math.sqrt(angle2)
    # Rodrigues; near nothing both quotients go over into their series.
    sine = math.sin(angle) / angle if angle > 1e-8 else 1.0
    versine = (1.0 - math.cos(angle)) / angle2 if angle > 1e-4 else 0.5 - angle2 / 24.0
    turn = np.empty((3, 3))
    turn[0, 0], turn[0, 1], turn[0, 2] = 1.0 - versine * (y * y + z * z), versine * x * y - sine * z, sine * y
    turn[1, 0], turn[1, 1], turn[1, 2] = versine * x * y + sine * z, 1.0 - versine * (x * x + z * z), -sine * x
    turn[2, 0], turn[2, 1], turn[2, 2] = -sine * y, sine * x, 1.0 - versine * (x * x + y * y)
    turn[0, 2] += versine * x * z
    turn[2, 0] += versine * x * z
    turn[1, 2] += versine * y * z
    turn[2, 1] += versine * y * z
    product, square = np.zeros((3, 3)), np.zeros((3, 3))
    for i in range(3):
        moved_place[i] = motion[3 + i]
        for j in range(3):
            moved_place[i] += turn[i, j] * place[j]
            for k in range(3):
                product[i, j] += turn[i, k] * rotation[k, j]
    for i in range(3):
        for j in range(3):
            for k in range(3):
                square[i, j] += product[k, i] * product[k, j]
    # One step of Newton's to the nearest rotation (Higham 1986): rounding must not add up over hours of pictures.
    for i in range(3):
        for j in range(3):
            moved[i, j] = 1.5 * product[i, j]
            for k in range(3):
                moved[i, j] -= 0.5 * product[i, k] * square[k, j]


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
