"""Masks grown and shrunk by an ellipsoid of whole voxels.

OpenCV knows planes only, but is many times as fast on them as ITK is on volumes: an ellipsoid is a stack of ellipses,
so a volume is grown by each of them and the results are joined one slice apart.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def dilated(mask: NDArray[np.bool_], radius: Sequence[int]) -> NDArray[np.bool_]:
    """Return a mask (K, J, I) with all voxels whose ellipsoid touches it.

    Args:
        mask: beyond its border there is nothing.
        radius: of the ellipsoid in voxels along i, j, k (as SimpleITK's kernels want it); a half more belongs to it.
    """
    r_i, r_j, r_k = radius
    planes, rows, width = mask.shape
    # All slices side by side in one picture, as far apart that none grows into the next.
    sheet = np.zeros((planes, rows + r_j, width), dtype=np.uint8)
    sheet[:, :rows] = mask
    grown = np.zeros(mask.shape, dtype=np.uint8)
    for off in range(min(r_k, planes - 1) + 1):
        kernel = _ellipse(r_i, r_j, off / (r_k + 0.5))
        flat = cv2.dilate(sheet.reshape(-1, width), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        one = np.asarray(flat, dtype=np.uint8).reshape(sheet.shape)[:, :rows]
        grown[off:] |= one[: planes - off]
        if off:
            grown[: planes - off] |= one[off:]
    return grown.view(np.bool_)


def eroded(mask: NDArray[np.bool_], radius: Sequence[int]) -> NDArray[np.bool_]:
    """Return the voxels of a mask (K, J, I) whose ellipsoid lies in it; beyond its border everything does.

    Args:
        mask: to be shrunk.
        radius: as in `dilated`.
    """
    return ~dilated(~mask, radius)


def closed(mask: NDArray[np.bool_], radius: Sequence[int]) -> NDArray[np.bool_]:
    """Return a mask (K, J, I) with the gaps and holes filled that an ellipsoid does not fit into.

    Args:
        mask: beyond its border there is nothing, which does not draw what is closed inwards.
        radius: as in `dilated`.
    """
    around = [(r, r) for r in radius[::-1]]
    inner = tuple(slice(r, r + size) for r, size in zip(radius[::-1], mask.shape, strict=True))
    return np.ascontiguousarray(eroded(dilated(np.pad(mask, around), radius), radius)[inner])


def opened(mask: NDArray[np.bool_], radius: Sequence[int]) -> NDArray[np.bool_]:
    """Return the voxels of a mask (K, J, I) that some ellipsoid within it covers; it may reach over the border."""
    return dilated(eroded(mask, radius), radius)


def brightest_near(values: NDArray[np.float32], radius: Sequence[int]) -> NDArray[np.float32]:
    """Return the largest value in a box around every voxel (K, J, I).

    Args:
        values: finite.
        radius: half the box in voxels along i, j, k.
    """
    r_i, r_j, r_k = radius
    kernel = np.ones((2 * r_j + 1, 2 * r_i + 1), dtype=np.uint8)
    wide = np.stack([cv2.dilate(plane, kernel) for plane in values])
    return np.asarray(np.stack([wide[max(k - r_k, 0) : k + r_k + 1].max(axis=0) for k in range(len(wide))]))


def _ellipse(r_i: int, r_j: int, height: float) -> NDArray[Any]:
    """Return the slice (2 r_j + 1, 2 r_i + 1) of an ellipsoid at a height, in parts of its half axis."""
    j, i = np.mgrid[-r_j : r_j + 1, -r_i : r_i + 1]
    return np.asarray((i / (r_i + 0.5)) ** 2 + (j / (r_j + 0.5)) ** 2 + height**2 <= 1.0, dtype=np.uint8)
