"""A mask as a smooth field whose middle value runs where the outline it was sampled from most likely ran.

A blur alone moves a curved surface inwards, by s^2 / R for a Gaussian of s on a ball of R. So the surface that the
blur suggests is filled in again, blurred alike and compared with the blurred mask; the difference is added (one step of
Van Cittert 1931).

What is thinner than the blur is judged by a blur so narrow that a single voxel stays above the middle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import plain
from orview.image.field import Field
from orview.mesh.band import corrected, gathered, grown, marked, numbered
from orview.mesh.cells import Cells

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

PROBE_VOXELS = 1.5
"""How far to either side of the surface, in voxels of the finer axes, the field is asked whether there is room for the
blur."""

MOST_PROBE = 4
"""Voxels along an axis beyond which it is not asked."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NearField:
    """A field near the surface it suggests: 0.5 there, more inside.

    Attributes:
        numbers: (K, J, S) of each segment of a row, 0 far from the surface.
        values: (N, SEGMENT) by number.
        mask: (K, J, I) of 0 and 1 that the field is the blur of; None where grey values need no other judge.
        spacing: (3,) mm along i, j, k.
    """

    numbers: NDArray[np.int32]
    values: Floats
    mask: NDArray[np.uint8] | None
    spacing: Floats


def blur_widths(spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the widths of the blur along i, j, k in voxels, for a spacing (3,) in mm."""
    return np.maximum(BLUR_VOXELS * np.median(spacing) / spacing, THICK_BLUR_VOXELS)


def smooth_field(mask: NDArray[np.uint8], cells: Cells, spacing: NDArray[np.float64]) -> NearField:
    """Return the smooth field of a mask.

    Args:
        mask: (K, J, I) of 0 and 1, C order, `PAD` zeros on all sides.
        cells: that its surface passes.
        spacing: (3,) mm along i, j, k.
    """
    kernels = [_kernel(width) for width in blur_widths(spacing)]
    # How much the blur of a flat edge rises in a voxel: what is farther off the middle is filled or empty.
    slope = float(np.mean([kernel.max() for kernel in kernels]))
    # Where all voxels are alike so far along each axis, the blur is filled or empty too.
    alike = [_alike(kernel, (0.5 + 0.5 * slope) ** (1.0 / 3.0)) for kernel in kernels]
    probe = [max(one, other) for one, other in zip(_probe(spacing), alike, strict=True)]
    marks = marked(cells.corner, *cells.shape, probe[0], probe[0] + 1)
    filled_at = grown(marks, alike[2] - 1, alike[2], alike[1] - 1, alike[1])
    wanted_at = grown(marks, probe[2], probe[2] + 1, probe[1], probe[1] + 1)
    along_i, along_j, along_k = kernels
    numbers, values = corrected(mask, filled_at, wanted_at, (along_i, along_j, along_k), slope)
    return NearField(numbers=numbers, values=values, mask=mask, spacing=spacing.astype(np.float32))


def grey_field(field: Field, cells: Cells, spacing: NDArray[np.float64]) -> NearField:
    """Return grey values that place a surface themselves.

    Args:
        field: its values, without a border.
        cells: that its surface passes, where there are `PAD` voxels around.
        spacing: (3,) mm along i, j, k.
    """
    probe = _probe(spacing)
    marks = marked(cells.corner, *cells.shape, probe[0], probe[0] + 1)
    numbers, count = numbered(grown(marks, probe[2], probe[2] + 1, probe[1], probe[1] + 1))
    array = plain(field.array, np.float32)
    scale = 1.0 / (field.level - field.outside)
    values = gathered(array, numbers, count, PAD, np.float32(field.level), np.float32(scale))
    return NearField(numbers=numbers, values=values, mask=None, spacing=spacing.astype(np.float32))


def narrow_kernel() -> Floats:
    """Return the three weights of the blur for what is thin."""
    return _kernel(NARROW_VOXELS)


def _probe(spacing: NDArray[np.float64]) -> list[int]:
    reach = np.ceil(PROBE_VOXELS * np.median(spacing) / spacing)
    return [int(one) for one in np.minimum(reach, MOST_PROBE)]


def _kernel(width: float) -> Floats:
    reach = min(PAD, max(1, int(REACH * width)))
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-(steps**2) / (2.0 * width**2))
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def _alike(kernel: Floats, share: float) -> int:
    """Return how many steps to either side of the middle hold at least a share of a kernel, at least one."""
    middle = len(kernel) // 2
    return next(step for step in range(1, middle + 1) if kernel[middle - step : middle + step + 1].sum() >= share)
