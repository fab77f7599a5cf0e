"""Where in a mask there is anything, a few slices at a time: most of the box around a bone or a vessel is empty."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Window = tuple[slice, slice, slice]


def windows(mask: NDArray[np.uint8], *, depth: int, margin: int) -> Iterator[Window]:
    """Yield windows (k, j, i) of a mask (K, J, I) that together hold all that is not 0.

    Each holds `depth` slices, the last ones fewer, and reaches at least `margin` voxels farther along j and i than
    anything in its slices or in `margin` slices beside them, as far as there are voxels.
    """
    corners = np.array([cv2.boundingRect(plane) for plane in mask])
    low, size = corners[:, :2], corners[:, 2:]
    filled = size[:, 0] > 0
    limits = mask.shape[:0:-1]
    for start in range(0, len(mask), depth):
        stop = min(start + depth, len(mask))
        near = np.arange(max(0, start - margin), min(len(mask), stop + margin))
        near = near[filled[near]]
        if len(near):
            first = low[near].min(axis=0) - margin
            last = (low[near] + size[near]).max(axis=0) + margin
            i, j = (slice(max(0, int(a)), min(limit, int(b))) for a, b, limit in zip(first, last, limits, strict=True))
            yield slice(start, stop), j, i
