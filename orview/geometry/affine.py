"""Transforms that scale: voxels to millimetres, model metres to patient millimetres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError, FrameMismatchError
from orview.frames import PATIENT_AXES_FROM_MODEL_AXES, Frame
from orview.units import MM_PER_M


@dataclass(frozen=True, eq=False)
class AffineTransform:
    """`to_frame`_from_`from_frame` as a (4, 4) column-vector matrix, invertible, read-only.

    Raises:
        ContractError: not 4x4, not finite, last row not (0, 0, 0, 1), or not invertible.
    """

    to_frame: Frame
    from_frame: Frame
    matrix: NDArray[np.float64]

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.array_equal(matrix[3], (0, 0, 0, 1)):
            raise ContractError("An affine transform is a finite 4x4 matrix with the last row 0 0 0 1.")
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-18:
            raise ContractError("An affine transform that flattens space has no inverse.")
        matrix.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)

    @property
    def determinant(self) -> float:
        """Volume of a unit cube after the transform; negative where the axes are mirrored."""
        return float(np.linalg.det(self.matrix[:3, :3]))

    def apply(self, points: ArrayLike) -> NDArray[np.float64]:
        """Carry points (..., 3) of `from_frame` into `to_frame`, each in its frame's unit."""
        return np.asarray(points, dtype=np.float64) @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def inverse(self) -> "AffineTransform":
        """Return `b_from_a` of an `a_from_b`."""
        matrix = np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)
        matrix[3] = (0.0, 0.0, 0.0, 1.0)
        return AffineTransform(self.from_frame, self.to_frame, matrix)

    def __matmul__(self, other: "AffineTransform") -> "AffineTransform":
        """Compose: `a_from_b @ b_from_c` is `a_from_c`.

        Raises:
            FrameMismatchError: the inner frames differ.
        """
        if not isinstance(other, AffineTransform):
            return NotImplemented
        if self.from_frame is not other.to_frame:
            raise FrameMismatchError(
                f"{self.to_frame}_from_{self.from_frame} cannot follow {other.to_frame}_from_{other.from_frame}."
            )
        return AffineTransform(self.to_frame, other.from_frame, self.matrix @ other.matrix)


def _patient_from_model() -> AffineTransform:
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(PATIENT_AXES_FROM_MODEL_AXES) * MM_PER_M
    return AffineTransform(Frame.PATIENT, Frame.MODEL, matrix)


PATIENT_FROM_MODEL = _patient_from_model()
"""glTF metres (left, superior, anterior) to patient millimetres (left, posterior, superior)."""

MODEL_FROM_PATIENT = PATIENT_FROM_MODEL.inverse()
"""Patient millimetres to glTF metres."""
