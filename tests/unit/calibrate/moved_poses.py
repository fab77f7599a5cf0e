"""Poses of boards and heads with known truth and noise, for hand-eye and pivot calibration."""

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector, skew
from orview.geometry.uncertain import UncertainPose


def covariance_about(
    pose: RigidTransform, *, turn_rad: float, shift_mm: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Return the covariance of a pose whose own origin shifts and about which it turns."""
    about_origin = np.diag(np.concatenate([np.full(3, turn_rad), shift_mm]) ** 2)
    move = np.eye(6)
    move[3:, :3] = skew(pose.translation_mm)
    return move @ about_origin @ move.T


def disturbed(truth: RigidTransform, covariance: NDArray[np.float64], rng: np.random.Generator) -> UncertainPose:
    """Return a pose drawn around the truth."""
    step = rng.multivariate_normal(np.zeros(6), covariance, method="cholesky")
    turn = rotation_from_vector(step[:3])
    pose = RigidTransform(
        truth.to_frame, truth.from_frame, turn @ truth.rotation, turn @ truth.translation_mm + step[3:]
    )
    return UncertainPose(pose, covariance)


def scaled(pose: UncertainPose, factor: float) -> UncertainPose:
    """Return the same pose with all sigmas told larger or smaller."""
    return UncertainPose(pose.transform, pose.covariance * factor**2)


def motion_between(truth: RigidTransform, found: RigidTransform) -> NDArray[np.float64]:
    """Return the left motion (6,) that carries what was found to the truth."""
    rotation = truth.rotation @ found.rotation.T
    turn = RigidTransform(Frame.WORLD, Frame.WORLD, rotation, truth.translation_mm - rotation @ found.translation_mm)
    return np.concatenate([turn.rotation_vector_rad, turn.translation_mm])
