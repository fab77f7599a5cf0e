"""How a CT shows a ball: blurred in the slice, averaged across its thickness.

Every slice through a ball is a disc, and a disc under a round Gaussian blur has a known form, the offset circle
probability (Marcum's Q function; Gillis, Math. Comput. 1960). Summed over the ball's height with the profile of a
slice this gives the picture as a function of the distance from the ball's axis and of the height: one small table for
each size and blur, looked up at every voxel.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

SOFT_MM = 0.25
"""Sigma with which a slice's profile begins and ends; focal spot and detector see to it."""

_STEP_MM = 0.1
_HEIGHTS = 24
_FARTHEST, _LARGEST, _GRID = 16.0, 20.0, 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class BallPicture:
    """Table of how much of the ball each place shows, 0 to 1.

    Attributes:
        shown: (M, N) by height and distance from the axis, in steps of a tenth of a millimetre from the centre.
    """

    shown: NDArray[np.float64]

    def at(self, across_mm: NDArray[np.float64], height_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is shown at distances from the axis and heights above the centre, each (N,) mm."""
        rows, columns = self.shown.shape
        row = np.minimum(np.abs(height_mm) / _STEP_MM, rows - 1.001)
        column = np.minimum(across_mm / _STEP_MM, columns - 1.001)
        first, left = row.astype(np.intp), column.astype(np.intp)
        down, right = row - first, column - left
        flat, corner = self.shown.ravel(), first * columns + left
        above = flat[corner] * (1.0 - right) + flat[corner + 1] * right
        below = flat[corner + columns] * (1.0 - right) + flat[corner + columns + 1] * right
        return np.asarray(above * (1.0 - down) + below * down)


@lru_cache(maxsize=64)
def picture_ball(*, radius_mm: float, blur_mm: float, thickness_mm: float, reach_mm: float) -> BallPicture:
    """Return the table of a ball, complete to `reach_mm` from its centre.

    The last ones are kept: a fit that moves a ball, or paints it brighter, looks at the same table again.

    Args:
        radius_mm: of the ball.
        blur_mm: sigma in the slice.
        thickness_mm: of the slices.
        reach_mm: beyond it what is shown is taken as it is there.
    """
    steps = np.arange(0.0, reach_mm + 2.0 * _STEP_MM, _STEP_MM)
    # Midpoints of equal angles: the discs near the poles change fastest.
    angle = (np.arange(_HEIGHTS) + 0.5) * (math.pi / _HEIGHTS)
    heights, discs = radius_mm * np.cos(angle), radius_mm * np.sin(angle)
    weights = radius_mm * np.sin(angle) * (math.pi / _HEIGHTS)
    offsets = steps[:, None] - heights
    ends = [np.tanh((offsets + side * 0.5 * thickness_mm) / (1.1 * SOFT_MM)) for side in (1.0, -1.0)]
    profile = 0.5 * (ends[0] - ends[1]) / thickness_mm
    shown = (profile * weights) @ _blurred_discs(discs / blur_mm, steps / blur_mm)
    shown.setflags(write=False)
    return BallPicture(shown=shown)


def _blurred_discs(radii: NDArray[np.float64], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what discs (M,) show at distances (N,), all in sigmas: (M, N)."""
    table = _offset_circle()
    row = np.minimum(radii / _GRID, len(table) - 1.001)
    column = np.minimum(distances / _GRID, table.shape[1] - 1.001)
    first, left = row.astype(np.intp)[:, None], column.astype(np.intp)
    down, right = row[:, None] - first, column - left
    above = table[first, left] * (1.0 - right) + table[first, left + 1] * right
    below = table[first + 1, left] * (1.0 - right) + table[first + 1, left + 1] * right
    return np.asarray(above * (1.0 - down) + below * down)


@cache
def _offset_circle() -> NDArray[np.float64]:
    """Return the chance that a standard normal point lies in a circle, by the circle's radius and offset."""
    fine = 4
    ring = (np.arange(int(_FARTHEST / _GRID) * fine) + 0.5) * (_GRID / fine)
    offset = np.arange(0.0, _LARGEST, _GRID)
    arms = ring[:, None]
    density = arms * np.i0(arms * offset) * np.exp(-0.5 * (arms**2 + offset**2)) * (_GRID / fine)
    inside = np.cumsum(density, axis=0)[fine - 1 :: fine]
    return np.vstack([np.zeros(len(offset)), inside])
