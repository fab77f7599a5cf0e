"""Poses with their covariances as plain values for JSON, as some records between processes carry them."""

import numpy as np

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose


def plain_of(pose: UncertainPose) -> dict[str, list[float]]:
    """Return a pose as plain values: place (mm) and quaternion x, y, z, w, and 36 numbers of its covariance."""
    transform = pose.transform
    return {
        "numbers": [*transform.translation_mm.tolist(), *transform.quat_xyzw],
        "covariance": pose.covariance.ravel().tolist(),
    }


def pose_of(to_frame: Frame, from_frame: Frame, plain: dict[str, list[float]]) -> UncertainPose:
    """Rebuild what `plain_of` made."""
    numbers = plain["numbers"]
    transform = RigidTransform.from_quaternion(to_frame, from_frame, numbers[3:], numbers[:3])
    return UncertainPose(transform, np.array(plain["covariance"]).reshape(6, 6))
