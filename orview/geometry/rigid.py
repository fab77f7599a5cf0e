"""A rotation and a translation between two named frames; the type refuses what is not one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import FrameMismatchError, NotRigidError
from orview.frames import Frame

ROTATION_TOLERANCE = 1e-6
"""How far R^T R may stand from the identity. float32 poses from a wire or a file pass, typing errors do not."""


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """`to_frame`_from_`from_frame`: p_to = rotation @ p_from + translation_mm.

    Attributes:
        to_frame: frame of the coordinates that come out.
        from_frame: frame of the coordinates that go in.
        rotation: (3, 3) float64, orthonormal, determinant +1, read-only.
        translation_mm: (3,) float64, origin of `from_frame` in `to_frame`, mm, read-only.

    Raises:
        NotRigidError: a value is not finite, or the rotation is not orthonormal with
            determinant +1 (mirrors are refused here, hazard H04, and NaN, hazard H30).
    """

    to_frame: Frame
    from_frame: Frame
    rotation: NDArray[np.float64]
    translation_mm: NDArray[np.float64]

    def __post_init__(self) -> None:
        rotation = np.array(self.rotation, dtype=np.float64)
        translation_mm = np.array(self.translation_mm, dtype=np.float64)
        if rotation.shape != (3, 3) or translation_mm.shape != (3,):
            raise NotRigidError(
                f"A pose needs a 3x3 rotation and 3 translations, not {rotation.shape} and {translation_mm.shape}."
            )
        # Nine numbers are checked one by one: numpy would take ten times as long, in every picture many times.
        (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
        if not all(map(math.isfinite, (a, b, c, d, e, f, g, h, i, *translation_mm.tolist()))):
            raise NotRigidError("A pose holds a value that is not a finite number.")
        lengths = abs(a * a + d * d + g * g - 1.0), abs(b * b + e * e + h * h - 1.0), abs(c * c + f * f + i * i - 1.0)
        angles = abs(a * b + d * e + g * h), abs(a * c + d * f + g * i), abs(b * c + e * f + h * i)
        if max(*lengths, *angles) > ROTATION_TOLERANCE:
            raise NotRigidError("A rotation is not orthonormal: it would scale or shear the patient.")
        if a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0.0:
            raise NotRigidError("A rotation has determinant -1: it would mirror the patient.")
        rotation.setflags(write=False)
        translation_mm.setflags(write=False)
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "translation_mm", translation_mm)

    @classmethod
    def identity(cls, to_frame: Frame, from_frame: Frame) -> "RigidTransform":
        """Return the transform that changes the name of the frame and no number."""
        return cls(to_frame, from_frame, np.eye(3), np.zeros(3))

    @classmethod
    def from_matrix(cls, to_frame: Frame, from_frame: Frame, matrix: ArrayLike) -> "RigidTransform":
        """Build from a (4, 4) column-vector matrix, mm.

        Raises:
            NotRigidError: the last row is not (0, 0, 0, 1) or the rest is not rigid.
        """
        values = np.asarray(matrix, dtype=np.float64)
        if values.shape != (4, 4) or not np.array_equal(values[3], (0.0, 0.0, 0.0, 1.0)):
            raise NotRigidError("A pose matrix is 4x4 with the last row 0 0 0 1.")
        return cls(to_frame, from_frame, values[:3, :3], values[:3, 3])

    @classmethod
    def from_rotation_vector(
        cls, to_frame: Frame, from_frame: Frame, rotation_vector_rad: ArrayLike, translation_mm: ArrayLike
    ) -> "RigidTransform":
        """Build from an axis times an angle, (3,) rad (Rodrigues; OpenCV's `rvec`), and (3,) mm."""
        return cls(to_frame, from_frame, rotation_from_vector(rotation_vector_rad), np.asarray(translation_mm))

    @classmethod
    def from_quaternion(
        cls, to_frame: Frame, from_frame: Frame, quat_xyzw: Sequence[float] | ArrayLike, translation_mm: ArrayLike
    ) -> "RigidTransform":
        """Build from a unit quaternion x, y, z, w (glTF, WebXR, three.js) and (3,) mm.

        Raises:
            NotRigidError: the quaternion's length differs from 1 by more than 1e-3, or is not finite.
        """
        quat = np.asarray(quat_xyzw, dtype=np.float64)
        length = float(np.linalg.norm(quat))
        if quat.shape != (4,) or not math.isfinite(length) or abs(length - 1.0) > 1e-3:
            raise NotRigidError("A quaternion has four finite numbers and length 1.")
        x, y, z, w = quat / length
        rotation = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        return cls(to_frame, from_frame, rotation, np.asarray(translation_mm))

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The (4, 4) column-vector matrix, mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = self.translation_mm
        return matrix

    @property
    def quat_xyzw(self) -> NDArray[np.float64]:
        """The rotation as a unit quaternion x, y, z, w with w >= 0."""
        # Shepperd 1978: take the root of the largest of the four squares, so nothing cancels.
        r: list[list[float]] = self.rotation.tolist()
        squares = (r[0][0], r[1][1], r[2][2], r[0][0] + r[1][1] + r[2][2])
        k = squares.index(max(squares))
        quat = [0.0] * 4
        if k == 3:
            quat = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1], 1.0 + squares[3]]
        else:
            i, j, m = k, (k + 1) % 3, (k + 2) % 3
            quat[i] = 1.0 + r[i][i] - r[j][j] - r[m][m]
            quat[j] = r[j][i] + r[i][j]
            quat[m] = r[m][i] + r[i][m]
            quat[3] = r[m][j] - r[j][m]
        length = math.hypot(*quat)
        return np.array(quat) / (length if quat[3] >= 0.0 else -length)

    @property
    def rotation_vector_rad(self) -> NDArray[np.float64]:
        """The rotation as axis times angle, (3,) rad, angle at most pi."""
        quat = self.quat_xyzw
        x, y, z, w = quat.tolist()
        sine = math.hypot(x, y, z)
        if sine < 1e-12:
            return 2.0 * quat[:3]
        return quat[:3] * (2.0 * math.atan2(sine, w) / sine)

    @property
    def angle_rad(self) -> float:
        """The angle of the rotation, 0 to pi."""
        return float(np.linalg.norm(self.rotation_vector_rad))

    def __matmul__(self, other: "RigidTransform") -> "RigidTransform":
        """Compose: `a_from_b @ b_from_c` is `a_from_c`.

        Raises:
            FrameMismatchError: the inner frames differ.
        """
        if not isinstance(other, RigidTransform):
            return NotImplemented
        if self.from_frame is not other.to_frame:
            raise FrameMismatchError(
                f"{self.to_frame}_from_{self.from_frame} cannot follow {other.to_frame}_from_{other.from_frame}: "
                f"{self.from_frame} and {other.to_frame} are not the same frame."
            )
        return RigidTransform(
            self.to_frame,
            other.from_frame,
            nearest_rotation(self.rotation @ other.rotation),
            self.rotation @ other.translation_mm + self.translation_mm,
        )

    def inverse(self) -> "RigidTransform":
        """Return `b_from_a` of an `a_from_b`."""
        rotation = self.rotation.T
        return RigidTransform(self.from_frame, self.to_frame, rotation, -rotation @ self.translation_mm)

    def apply(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Carry points (..., 3) of `from_frame`, mm, into `to_frame`."""
        return np.asarray(points_mm, dtype=np.float64) @ self.rotation.T + self.translation_mm

    def rotate(self, directions: ArrayLike) -> NDArray[np.float64]:
        """Turn directions (..., 3) of `from_frame` into `to_frame`; the translation has no part in it."""
        return np.asarray(directions, dtype=np.float64) @ self.rotation.T


def rotation_from_vector(rotation_vector_rad: ArrayLike) -> NDArray[np.float64]:
    """Return the (3, 3) rotation of an axis times an angle, (3,) rad (Rodrigues' formula)."""
    vector = np.asarray(rotation_vector_rad, dtype=np.float64)
    angle = math.hypot(*vector.tolist())
    cross = skew(vector)
    if angle < 1e-8:
        # Second order of the series: exact to 1e-24 here, where sin(a)/a would divide by nothing.
        return _UNTURNED + cross + 0.5 * cross @ cross
    return _UNTURNED + math.sin(angle) / angle * cross + (1.0 - math.cos(angle)) / angle**2 * (cross @ cross)


def rotations_from_vectors(vectors_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rotations (..., 3, 3) of axes times angles (..., 3) (Rodrigues' formula)."""
    angles = np.maximum(np.sqrt(np.square(vectors_rad).sum(axis=-1)), _NO_TURN)
    cross = np.zeros((*vectors_rad.shape, 3))
    x, y, z = vectors_rad[..., 0], vectors_rad[..., 1], vectors_rad[..., 2]
    cross[..., 0, 1], cross[..., 0, 2], cross[..., 1, 2] = -z, y, -x
    cross[..., 1, 0], cross[..., 2, 0], cross[..., 2, 1] = z, -y, x
    sines = (np.sin(angles) / angles)[..., None, None]
    # 2 sin^2(a / 2) instead of 1 - cos(a), which would cancel for small angles.
    cosines = (2.0 * np.square(np.sin(0.5 * angles) / angles))[..., None, None]
    return np.asarray(_UNTURNED + sines * cross + cosines * (cross @ cross))


def skew(vector: ArrayLike) -> NDArray[np.float64]:
    """Return the (3, 3) matrix K with K @ p = vector x p."""
    x, y, z = np.asarray(vector, dtype=np.float64).tolist()
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def nearest_rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation nearest to an almost-rotation, so that long chains do not drift from orthonormal.

    One step of Newton's iteration for the polar decomposition (Higham 1986), enough for rounding errors.
    """
    return 1.5 * matrix - 0.5 * matrix @ (matrix.T @ matrix)


_NO_TURN = 1e-12
_UNTURNED = np.eye(3)
