"""A rolling shutter: every row of a picture sees its own pose."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform

Motion = Callable[[float], RigidTransform]
"""A pose as a function of time, s."""

KNOTS = 9
"""Poses evaluated along the readout; between them matrices are interpolated, exact to 1e-5 px at hand speed."""


@dataclass(frozen=True, kw_only=True)
class Shutter:
    """When each row looks.

    Attributes:
        rows: of the picture.
        readout_s: from the first row to the last; 0 is a global shutter.
    """

    rows: int
    readout_s: float = 0.0

    def row_time_s(self, row: float | NDArray[np.float64], t_s: float) -> NDArray[np.float64]:
        """Return when the middle of a row's exposure is, the middle row's being at `t_s`."""
        share = (np.asarray(row, dtype=np.float64) - 0.5 * (self.rows - 1)) / max(self.rows - 1, 1)
        return np.asarray(t_s + share * self.readout_s)

    def thing_from_camera(self, camera_from_thing: Motion, t_s: float) -> "RowMatrices":
        """Return what each row needs to be carried from the camera into a thing that moves."""
        knots = np.linspace(0.0, self.rows - 1.0, KNOTS if self.readout_s else 1)
        times_s = self.row_time_s(knots, t_s) if self.readout_s else np.array([t_s])
        return RowMatrices(knots, np.stack([camera_from_thing(float(t)).inverse().matrix for t in times_s]))

    def project(
        self, points_mm: NDArray[np.float64], camera_from_thing: Motion, lens: PinholeLens, t_s: float
    ) -> NDArray[np.float64]:
        """Return the pixels (N, 2) at which points (N, 3) of a moving thing are seen: each by the row it lands on."""
        if not self.readout_s:
            return lens.project(camera_from_thing(t_s).apply(points_mm))
        pixels = np.empty((len(points_mm), 2))
        for number, point in enumerate(points_mm):
            row = 0.5 * (self.rows - 1)
            for _ in range(8):
                pixels[number] = lens.project(camera_from_thing(float(self.row_time_s(row, t_s))).apply(point))
                row, before = pixels[number, 1], row
                if abs(row - before) < 1e-6:
                    break
        return pixels


@dataclass(frozen=True, eq=False)
class RowMatrices:
    """Matrices (K, 4, 4) `thing_from_camera` at rows (K,) of a picture."""

    knots: NDArray[np.float64]
    matrices: NDArray[np.float64]

    def after(self, face_from_thing: NDArray[np.float64]) -> "RowMatrices":
        """Return the same followed by a fixed (4, 4)."""
        return RowMatrices(self.knots, face_from_thing @ self.matrices)

    def rows(self, top: int, bottom: int) -> NDArray[np.float64]:
        """Return one matrix (N, 4, 4) for each of the rows top..bottom, the end not included; (1, 4, 4) if alike."""
        if len(self.knots) == 1:
            return self.matrices
        flat = self.matrices.reshape(len(self.knots), 16)
        at = np.arange(top, bottom, dtype=np.float64)
        return np.stack([np.interp(at, self.knots, column) for column in flat.T], axis=1).reshape(-1, 4, 4)
