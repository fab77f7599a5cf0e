"""A pose that knows how wrong it may be, and how that error arrives at a point.

The covariance is (6, 6) over (rotation rad, translation mm) of a small motion applied on the left,
in the pose's `to_frame`: p_true = Exp(rotation) p + translation for every point p in `to_frame`
(Barfoot & Furgale 2014, doi 10.1109/TRO.2014.2298059, first order).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError
from orview.geometry.rigid import RigidTransform, skew


@dataclass(frozen=True, eq=False)
class UncertainPose:
    """A rigid transform with the covariance of its error (module docstring).

    Attributes:
        transform: the estimate, `a_from_b`.
        covariance: (6, 6), rotation (rad) first, then translation (mm), left, in frame a, read-only.

    Raises:
        ContractError: the covariance is not a finite, symmetric (6, 6) matrix without negative variances.
    """

    transform: RigidTransform
    covariance: NDArray[np.float64]

    def __post_init__(self) -> None:
        covariance = np.array(self.covariance, dtype=np.float64)
        if covariance.shape != (6, 6):
            raise ContractError("The covariance of a pose is a finite 6x6 matrix.")
        # Thirty-six numbers are checked one by one: numpy takes several times as long, twice in every picture.
        rows: list[list[float]] = covariance.tolist()
        if not all(math.isfinite(sum(row)) for row in rows):
            raise ContractError("The covariance of a pose is a finite 6x6 matrix.")
        variances = [row[i] for i, row in enumerate(rows)]
        uneven = (
            abs(rows[i][j] - rows[j][i]) > 1e-30 + 1e-6 * math.sqrt(abs(variances[i] * variances[j]))
            for i in range(6)
            for j in range(i)
        )
        if min(variances) < 0.0 or any(uneven):
            raise ContractError("The covariance of a pose is symmetric with no negative variance.")
        covariance = 0.5 * (covariance + covariance.T)
        covariance.setflags(write=False)
        object.__setattr__(self, "covariance", covariance)

    @classmethod
    def certain(cls, transform: RigidTransform) -> "UncertainPose":
        """Wrap a pose that is true by definition (a frame's own name, a simulated truth)."""
        return cls(transform, np.zeros((6, 6)))

    def __matmul__(self, other: "UncertainPose") -> "UncertainPose":
        """Compose two poses whose errors are independent: `a_from_b @ b_from_c`.

        Raises:
            FrameMismatchError: the inner frames differ.
        """
        if not isinstance(other, UncertainPose):
            return NotImplemented
        adjoint = adjoint_of(self.transform)
        return UncertainPose(self.transform @ other.transform, self.covariance + adjoint @ other.covariance @ adjoint.T)

    def inverse(self) -> "UncertainPose":
        """Return `b_from_a` with the same error, told in frame b."""
        inverse = self.transform.inverse()
        adjoint = adjoint_of(inverse)
        return UncertainPose(inverse, adjoint @ self.covariance @ adjoint.T)

    def covariance_at(self, point_in_from_frame_mm: ArrayLike) -> NDArray[np.float64]:
        """Return the (3, 3) covariance, mm^2 in `to_frame`, of where a point (3,) of `from_frame` lands."""
        jacobian = motion_jacobian(self.transform.apply(point_in_from_frame_mm))
        return jacobian @ self.covariance @ jacobian.T


def motion_jacobian(point_mm: ArrayLike) -> NDArray[np.float64]:
    """Return the (3, 6) derivative of a point (3,) by a small left motion (rotation rad, translation mm)."""
    return np.hstack([-skew(point_mm), np.eye(3)])


def motion_jacobians(points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `motion_jacobian` of points (..., 3) as (..., 3, 6)."""
    jacobians = np.zeros((*points_mm.shape[:-1], 3, 6))
    x, y, z = points_mm[..., 0], points_mm[..., 1], points_mm[..., 2]
    jacobians[..., 0, 1], jacobians[..., 0, 2] = z, -y
    jacobians[..., 1, 0], jacobians[..., 1, 2] = -z, x
    jacobians[..., 2, 0], jacobians[..., 2, 1] = y, -x
    jacobians[..., (0, 1, 2), (3, 4, 5)] = 1.0
    return jacobians


def told_about_origin(middle_mm: ArrayLike) -> NDArray[np.float64]:
    """Return the (6, 6) matrix that tells a small motion about a point (3,) as one about the origin.

    A turn about the middle is the same turn about the origin with the shift -turn x middle.
    """
    moved = np.eye(6)
    moved[3:, :3] = skew(middle_mm)
    return moved


def adjoint_of(transform: RigidTransform) -> NDArray[np.float64]:
    """Return the (6, 6) matrix that tells a small left motion of frame b in frame a, for an `a_from_b`."""
    adjoint = np.zeros((6, 6))
    adjoint[:3, :3] = adjoint[3:, 3:] = transform.rotation
    adjoint[3:, :3] = skew(transform.translation_mm) @ transform.rotation
    return adjoint
