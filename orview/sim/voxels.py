"""Solids on a grid: how much of each voxel they fill, in Hounsfield units and labels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.sim.shapes import Box, Floats, Shape, window

AIR_HU = -1000.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Voxels along the patient's axes, rising or falling.

    Attributes:
        shape: (K, J, I).
        patient_from_voxel: without rotation.
    """

    shape: tuple[int, int, int]
    patient_from_voxel: AffineTransform

    @classmethod
    def prone(cls, box: Box, *, spacing_mm: float) -> "Grid":
        """Cover `box` the way a scanner stores a patient lying head first and prone (HFP).

        Rows run from the patient's left to the right, columns from the back to the front, slices upwards.
        """
        counts = np.ceil((box.high_mm - box.low_mm) / spacing_mm).astype(int) + 1
        matrix = np.diag([-spacing_mm, -spacing_mm, spacing_mm, 1.0])
        matrix[:3, 3] = box.high_mm[0], box.high_mm[1], box.low_mm[2]
        i, j, k = (int(count) for count in counts)
        return cls(shape=(k, j, i), patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix))

    @property
    def spacing_mm(self) -> float:
        """Distance of neighbouring voxels."""
        return float(abs(self.patient_from_voxel.matrix[0, 0]))

    def axes(self, *, step: int = 1) -> tuple[Floats, Floats, Floats]:
        """Return the open grid x (1, 1, I), y (1, J, 1), z (K, 1, 1) of every `step`-th voxel, float32, mm.

        The last coordinate of each axis is at or beyond the last voxel.
        """
        matrix = self.patient_from_voxel.matrix
        axes = []
        for n, count in enumerate(reversed(self.shape)):
            steps = np.arange((count - 1 + step - 1) // step + 1) * step
            place = [1, 1, 1]
            place[2 - n] = len(steps)
            axes.append((matrix[n, n] * steps + matrix[n, 3]).astype(np.float32).reshape(place))
        return axes[0], axes[1], axes[2]


def smooth_field(shape: Shape, grid: Grid, *, step: int) -> NDArray[np.float32]:
    """Return the distance (K, J, I) of a large smooth solid, taken at every `step`-th voxel and linear between.

    With curvature radii of R mm the error is below (step * spacing)^2 / (4 R).
    """
    coarse = np.ascontiguousarray(shape.distance_mm(*grid.axes(step=step)), dtype=np.float32)
    return refined(coarse, grid.shape, step=step)


def refined(coarse: NDArray[np.float32], shape: tuple[int, int, int], *, step: int) -> NDArray[np.float32]:
    """Return values (K, J, I) linear between those given at every `step`-th voxel."""
    k_count, j_count, i_count = shape
    across, down = (np.arange(count, dtype=np.float32) / step for count in (i_count, j_count))
    map_x, map_y = np.meshgrid(across, down)
    planes = [cv2.remap(plane, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for plane in coarse]
    out = np.empty(shape, dtype=np.float32)
    for k in range(k_count):
        low = min(k // step, len(planes) - 1)
        high = min(low + 1, len(planes) - 1)
        weight = k / step - low
        cv2.addWeighted(planes[low], 1.0 - weight, planes[high], weight, 0.0, dst=out[k])
    return out


class Canvas:
    """A CT being painted, in float32 Hounsfield units, with the labels of what was painted."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.hu = np.full(grid.shape, AIR_HU, dtype=np.float32)
        self.labels = np.zeros(grid.shape, dtype=np.uint16)
        self._axes = grid.axes()

    def distance(self, shape: Shape) -> tuple[tuple[slice, ...], NDArray[np.float32]] | None:
        """Return the window of the grid a solid lies in and its distance there; None where it lies outside."""
        where = window(shape.box.grown(2.0 * self.grid.spacing_mm), *self._axes)
        if where is None:
            return None
        k, j, i = where
        x, y, z = self._axes
        block = self.hu[where].shape
        distance = np.broadcast_to(shape.distance_mm(x[:, :, i], y[:, j], z[k]), block)
        return where, np.ascontiguousarray(distance, dtype=np.float32)

    def paint(
        self, shape: Shape, hu: float, *, label: int = 0, shell_hu: float | None = None, shell_mm: float = 0.0
    ) -> NDArray[np.float64] | None:
        """Lay a solid over what is there, each voxel in proportion to how much of it the solid fills.

        Args:
            shape: the solid.
            hu: its inside.
            label: written where a voxel's centre lies inside; 0 writes none.
            shell_hu: of a denser rind, `shell_mm` thick.
            shell_mm: thickness of the rind.

        Returns:
            The centre of mass (3,) of what was painted, patient mm, None where it lies outside of the grid.
        """
        found = self.distance(shape)
        if found is None:
            return None
        where, distance = found
        spacing = self.grid.spacing_mm
        filled = np.clip(0.5 - distance / spacing, 0.0, 1.0)
        value: NDArray[np.float32] | float = hu
        if shell_hu is not None:
            rind = np.clip(0.5 + (distance + shell_mm) / spacing, 0.0, 1.0)
            value = hu + (shell_hu - hu) * rind
        view = self.hu[where]
        view += filled * (value - view)
        if label:
            self.labels[where][distance <= 0.0] = label
        return self._centre(where, filled)

    def _centre(self, where: tuple[slice, ...], filled: NDArray[np.float32]) -> NDArray[np.float64] | None:
        mass = float(filled.sum(dtype=np.float64))
        if mass == 0.0:
            return None
        k, j, i = where
        axes = (self._axes[0][0, 0, i], self._axes[1][0, j, 0], self._axes[2][k, 0, 0])
        weights = (filled.sum(axis=(0, 1)), filled.sum(axis=(0, 2)), filled.sum(axis=(1, 2)))
        return np.array(
            [np.dot(axis.astype(np.float64), weight) / mass for axis, weight in zip(axes, weights, strict=True)]
        )

    def paint_ball(self, centre_mm: NDArray[np.float64], radius_mm: float, hu: float, *, parts: int = 6) -> None:
        """Lay a ball over what is there, exact to a `parts`-th of a voxel, so that its centre is kept."""
        axes = [axis.ravel().astype(np.float64) for axis in self._axes]
        reach = radius_mm + self.grid.spacing_mm
        x, y, z = (np.flatnonzero(np.abs(axis - c) <= reach) for axis, c in zip(axes, centre_mm, strict=True))
        sub = ((np.arange(parts) + 0.5) / parts - 0.5) * self.grid.spacing_mm
        dx, dy, dz = (
            (axis[index][:, None] + sub - c).ravel() ** 2
            for axis, index, c in zip(axes, (x, y, z), centre_mm, strict=True)
        )
        distance = np.sqrt(dz[:, None, None] + dy[:, None] + dx) - radius_mm
        fine = np.clip(0.5 - distance * (parts / self.grid.spacing_mm), 0.0, 1.0)
        filled = fine.reshape(len(z), parts, len(y), parts, len(x), parts).mean(axis=(1, 3, 5)).astype(np.float32)
        view = self.hu[np.ix_(z, y, x)]
        self.hu[np.ix_(z, y, x)] = view + filled * (hu - view)


def blurred(volume: NDArray[np.float32], *, sigma_voxel: float) -> NDArray[np.float32]:
    """Return (K, J, I) convolved with a Gaussian along all three axes."""
    radius = max(1, round(3.0 * sigma_voxel))
    kernel = cv2.getGaussianKernel(2 * radius + 1, sigma_voxel, cv2.CV_32F)
    k, j, i = volume.shape
    across = np.empty_like(volume)
    for plane, out in zip(volume, across, strict=True):
        cv2.sepFilter2D(plane, -1, kernel, kernel, dst=out, borderType=cv2.BORDER_REPLICATE)
    stacked = cv2.sepFilter2D(
        across.reshape(k, j * i), -1, np.ones((1, 1), np.float32), kernel, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(stacked, dtype=np.float32).reshape(k, j, i)
