"""A stack that leans, laid onto a straight grid.

Each slice of a stack taken under a tilted gantry is right in itself and lies at its true height along the slices'
normal; it is only shifted inside its plane against the slice below. So nothing is interpolated between slices: each is
moved inside its own plane by a constant, in parts of a pixel, with the cubic convolution of R. G. Keys (IEEE Trans.
ASSP 29(6), 1981, eq. 15, a = -1/2), which is exact for quadratics.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.geometry.affine import AffineTransform
from orview.image.volume import shifted


def straighten(
    array: NDArray[Any],
    patient_from_voxel: AffineTransform,
    *,
    lean_px: tuple[float, float],
    outside: float,
) -> tuple[NDArray[Any], AffineTransform]:
    """Shear a leaning stack back.

    Args:
        array: (K, J, I) int16 or float32, slice n shifted by n * lean_px against slice 0.
        patient_from_voxel: of slice 0, with the other slices straight above it.
        lean_px: shift of each slice against the one below, along (i, j), in pixels.
        outside: value where no slice was.

    Returns:
        The array, of the same type, on a straight grid large enough to hold every slice whole, and that grid.
    """
    count, whole = array.shape[0], array.dtype.kind == "i"
    starts, sizes = [], []
    for lean, size in zip(lean_px, array.shape[:0:-1], strict=True):
        start = math.floor(min(0.0, lean * (count - 1)))
        starts.append(start)
        sizes.append(size + math.ceil(max(0.0, lean * (count - 1))) - start)
    straight = np.empty((count, sizes[1], sizes[0]), dtype=array.dtype)
    for n, plane in enumerate(array):
        along_j = _moved(plane.astype(np.float32), n * lean_px[1] - starts[1], sizes[1], outside)
        moved = _moved(along_j.T, n * lean_px[0] - starts[0], sizes[0], outside).T
        straight[n] = np.rint(moved) if whole else moved
    return straight, shifted(patient_from_voxel, (starts[0], starts[1], 0))


def _moved(plane: NDArray[np.float32], by_px: float, size: int, outside: float) -> NDArray[np.float32]:
    """Return a plane moved along its first axis, `size` long, with `outside` where it does not reach."""
    if by_px == 0.0 and size == len(plane):
        return plane
    at = np.arange(size) - by_px
    base = np.floor(at[0])
    t = float(at[0] - base)
    if t == 0.0:
        weights = [0.0, 1.0, 0.0, 0.0]
    else:
        weights = [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ]
    moved = np.zeros((size, plane.shape[1]), dtype=np.float32)
    rows = np.arange(size) + int(base)
    for tap, weight in enumerate(weights, start=-1):
        if weight:
            moved += np.float32(weight) * plane[np.clip(rows + tap, 0, len(plane) - 1)]
    # A cubic swings over beside a steep edge; a value no pixel has would be an invention.
    np.clip(moved, plane.min(), plane.max(), out=moved)
    moved[(at < -0.5) | (at > len(plane) - 0.5)] = outside
    return moved
