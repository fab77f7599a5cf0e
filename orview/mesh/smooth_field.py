"""A mask as a smooth field whose middle value runs where the outline it was sampled from most likely ran.

A blur alone moves a curved surface inwards, by s^2 / R for a Gaussian of s on a ball of R. So the surface that the
blur suggests is filled in again, blurred alike and compared with the blurred mask; the difference is added (one step of
Van Cittert 1931).

What is thinner than the blur is judged by a blur so narrow that a single voxel stays above the middle.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.image.field import Field
from orview.mesh.windows import Window, windows

Floats = NDArray[np.float32]

PAD = 6
"""Voxels of nothing that a mask needs around it: no kernel reaches farther."""

BLUR_VOXELS = 1.2
"""Width of the blur in voxels of the finer axes; more smooths better and rounds edges more."""

THICK_BLUR_VOXELS = 0.6
"""Least width along an axis whose voxels are longer."""

NARROW_VOXELS = 0.42

REACH = 3.0
"""Where a kernel ends, in widths."""

SLAB_VOXELS = 12_000_000
"""Voxels smoothed at a time; of one array of float32 what lies near something is held."""

DEPTH = 12
"""Slices smoothed together, few enough to stay near the processor."""

_NOTHING = np.ones(1, dtype=np.float32)


def blur_widths(spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the widths of the blur along i, j, k in voxels, for a spacing (3,) in mm."""
    return np.maximum(BLUR_VOXELS * np.median(spacing) / spacing, THICK_BLUR_VOXELS)


class SmoothField:
    """The smooth field of a padded mask; computed in slabs of slices, so that a whole body needs no more memory.

    Args:
        mask: (K, J, I) of 0 and 1, C order, `PAD` zeros on all sides.
        spacing: (3,) mm along i, j, k.
    """

    def __init__(self, mask: NDArray[np.uint8], spacing: NDArray[np.float64]) -> None:
        self._mask = mask
        self.spacing = spacing.astype(np.float32)
        self._kernels = [_kernel(width) for width in blur_widths(spacing)]
        self._depth = max(8, SLAB_VOXELS // (mask.shape[1] * mask.shape[2]))
        self._last: tuple[tuple[int, int], Slab] | None = None

    def slabs(self, k: Floats) -> Iterator[tuple[slice, "Slab"]]:
        """Yield the rows of rising heights k (N,) that lie in each slab, and the slab's field."""
        for start in range(0, self._mask.shape[0], self._depth):
            stop = start + self._depth
            rows = slice(*(int(row) for row in np.searchsorted(k, (start, stop))))
            if rows.start < rows.stop:
                # Twice the kernel's reach for the two blurs, and as far as a point may move or probe.
                low, high = max(0, start - 3 * PAD), min(self._mask.shape[0], stop + 3 * PAD)
                yield rows, self._slab(low, high)

    def _slab(self, low: int, high: int) -> "Slab":
        if self._last is None or self._last[0] != (low, high):
            mask = self._mask[low:high]
            self._last = (low, high), Slab(low, mask, _corrected(mask, self._kernels), self.spacing)
        return self._last[1]


class GreyField:
    """Grey values that place a surface themselves.

    Args:
        field: its values, without a border.
        spacing: (3,) mm along i, j, k.
    """

    def __init__(self, field: Field, spacing: NDArray[np.float64]) -> None:
        self._field = field
        self.spacing = spacing.astype(np.float32)

    def slabs(self, k: Floats) -> Iterator[tuple[slice, "Slab"]]:
        """Yield as `SmoothField.slabs` does, the heights counted from `PAD` below the first slice."""
        array, level, outside = self._field.array, self._field.level, self._field.outside
        depth = max(8, SLAB_VOXELS // (array.shape[1] * array.shape[2]))
        for start in range(0, len(array) + 2 * PAD, depth):
            rows = slice(*(int(row) for row in np.searchsorted(k, (start, start + depth))))
            if rows.start < rows.stop:
                low, high = max(0, start - 3 * PAD), min(len(array) + 2 * PAD, start + depth + 3 * PAD)
                values = np.asarray(array[max(0, low - PAD) : max(0, high - PAD)], dtype=np.float32)
                before, after = max(0, PAD - low), max(0, high - PAD - len(array))
                around = ((before, after), (PAD, PAD), (PAD, PAD))
                values = np.pad((values - level) / (level - outside), around, constant_values=-1.0)
                yield rows, Slab(low, None, values + np.float32(0.5), self.spacing)


class Slab:
    """The field of some slices.

    Args:
        first: number of the first slice.
        mask: (K, J, I) of 0 and 1, None where grey values need no other judge.
        field: (K, J, I), 0.5 on the surface.
        spacing: (3,) mm along i, j, k.
    """

    def __init__(self, first: int, mask: NDArray[np.uint8] | None, field: Floats, spacing: Floats) -> None:
        self._first = np.array(((0.0,), (0.0,), (first,)), dtype=np.float32)
        self._mask = mask
        self._field = field
        self._spacing = spacing

    @property
    def binary(self) -> bool:
        """Whether a mask lies behind the field."""
        return self._mask is not None

    def at(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the field at points (3, N) i, j, k, linear between voxels, and its gradient (3, N) per voxel."""
        return _linear(self._field, points - self._first)

    def value_at(self, points: Floats) -> Floats:
        """Return the field at points (3, N) i, j, k, linear between voxels."""
        return _value(self._field, points - self._first)

    def narrow_at(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the mask under a narrow blur at points (3, N) i, j, k, and its gradient (3, N) per voxel."""
        assert self._mask is not None
        value, rise = _narrow(self._mask, (points - self._first).T)
        return value, rise.T


def _kernel(width: float) -> Floats:
    reach = min(PAD, max(1, int(REACH * width)))
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-(steps**2) / (2.0 * width**2))
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def _corrected(mask: NDArray[np.uint8], kernels: list[Floats]) -> Floats:
    """Return the blurred mask less what the blur did to the surface it suggests; 0 far from anything.

    With m the mask, B the blur and f the blurred mask filled in, that is B m + B (m - f) = B (2 m - f).
    """
    along_i, along_j, along_k = kernels
    reach = len(along_k) // 2
    # How much the blur of a flat edge rises in a voxel: what is farther off the middle is filled or empty.
    slope = float(np.mean([kernel.max() for kernel in kernels]))
    near = list(windows(mask, depth=DEPTH, margin=PAD))
    # What is still to be blurred along k lies a reach above its place, so that the field can be written over it.
    planes = np.zeros((len(mask) + reach, *mask.shape[1:]), dtype=np.float32)
    waiting = planes[reach:]
    for window in near:
        filled = _sideways(_upwards(mask, window, along_k), along_i, along_j)
        filled *= np.float32(1.0 / slope)
        filled += np.float32(0.5 - 0.5 / slope)
        np.clip(filled, 0.0, 1.0, out=filled)
        np.subtract(2 * mask[window], filled, out=filled)
        waiting[window] = _sideways(filled, along_i, along_j)
    for window in near:
        planes[window] = _upwards(waiting, window, along_k)
    return planes[: len(mask)]


def _upwards(array: NDArray[np.uint8] | Floats, window: Window, kernel: Floats) -> Floats:
    """Return a window of an array (K, J, I) blurred along k."""
    k, j, i = window
    low = max(0, k.start - len(kernel) // 2)
    source = np.ascontiguousarray(array[low : k.stop + len(kernel) // 2, j, i])
    rows: NDArray[Any] = source.reshape(len(source), -1)
    blurred = np.empty(rows.shape, dtype=np.float32)
    cv2.sepFilter2D(rows, cv2.CV_32F, _NOTHING, kernel, dst=blurred, borderType=cv2.BORDER_REPLICATE)
    return blurred.reshape(source.shape)[k.start - low : k.stop - low]


def _sideways(planes: Floats, along_i: Floats, along_j: Floats) -> Floats:
    """Return planes (K, J, I) blurred along j and i, the same memory; the empty rows around each keep them apart."""
    rows = planes.reshape(-1, planes.shape[2])
    cv2.sepFilter2D(rows, cv2.CV_32F, along_i, along_j, dst=rows, borderType=cv2.BORDER_REPLICATE)
    return planes


def _around(field: Floats, points: Floats) -> tuple[list[Floats], Floats]:
    """Return the eight voxels around each point (3, N), i fastest, and how far (3, N) it lies between them."""
    whole = points.astype(np.int32)
    row, layer = field.shape[2], field.shape[1] * field.shape[2]
    corner = (whole[2].astype(np.intp) * field.shape[1] + whole[1]) * row + whole[0]
    flat = field.ravel()
    at = [flat[corner + ((n & 1) + (n >> 1 & 1) * row + (n >> 2) * layer)] for n in range(8)]
    return at, points - whole.astype(np.float32)


def _value(field: Floats, points: Floats) -> Floats:
    at, (x, y, z) = _around(field, points)
    line = [at[n] + (at[n + 1] - at[n]) * x for n in (0, 2, 4, 6)]
    square = [line[n] + (line[n + 1] - line[n]) * y for n in (0, 2)]
    return np.asarray(square[0] + (square[1] - square[0]) * z)


def _linear(field: Floats, points: Floats) -> tuple[Floats, Floats]:
    at, (x, y, z) = _around(field, points)
    edge = [at[n + 1] - at[n] for n in (0, 2, 4, 6)]
    line = [at[2 * n] + edge[n] * x for n in range(4)]
    side = line[1] - line[0], line[3] - line[2]
    square = line[0] + side[0] * y, line[2] + side[1] * y
    along_i = edge[0] + (edge[1] - edge[0]) * y
    along_i += (edge[2] + (edge[3] - edge[2]) * y - along_i) * z
    along_k = square[1] - square[0]
    return square[0] + along_k * z, np.stack([along_i, side[0] + (side[1] - side[0]) * z, along_k])


def _narrow(mask: NDArray[np.uint8], points: Floats) -> tuple[Floats, Floats]:
    whole = points.astype(np.int32)
    part = (points - whole)[..., None]
    side, middle, _ = _kernel(NARROW_VOXELS)
    # A kernel of three voxels, linear between them, sees four.
    level = np.array((side, middle, side, 0.0), dtype=np.float32)
    rise = np.array((-side, side - middle, middle - side, side), dtype=np.float32)
    weights = level + part * rise
    row, layer = mask.shape[2], mask.shape[1] * mask.shape[2]
    corner = (whole[:, 2].astype(np.int64) * mask.shape[1] + whole[:, 1]) * row + whole[:, 0]
    near = np.arange(-1, 3)
    offsets = near[:, None, None] * layer + near[:, None] * row + near
    lines = mask.ravel()[corner[:, None, None, None] + offsets].astype(np.float32)
    value_i, rise_i = np.einsum("nkji,ni->nkj", lines, weights[:, 0]), lines @ rise
    value_j, rise_j = np.einsum("nkj,nj->nk", value_i, weights[:, 1]), value_i @ rise
    along_i = np.einsum("nkj,nj,nk->n", rise_i, weights[:, 1], weights[:, 2])
    along_j = np.einsum("nk,nk->n", rise_j, weights[:, 2])
    return np.einsum("nk,nk->n", value_j, weights[:, 2]), np.stack([along_i, along_j, value_j @ rise], axis=1)
