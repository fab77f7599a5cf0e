"""The blur of a picture, as a Gaussian that may be longer in one direction than in another."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.track.cholesky import factorized, solve_in_place

LEAST_PX = 0.4
"""A pixel alone, without any optics, blurs by 0.29 px; sharpening can bring a camera near that."""

MOST_PX = 5.0


@dataclass(frozen=True, kw_only=True)
class Blur:
    """Variances of a blur, px^2: across columns, mixed, across rows."""

    xx: float = 0.64
    xy: float = 0.0
    yy: float = 0.64

    @property
    def mean_px(self) -> float:
        """Standard deviation, mean of all directions."""
        return math.sqrt(0.5 * (self.xx + self.yy))

    def across(self, normals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard deviation along unit vectors (N, 2), px."""
        across_px = np.empty(len(normals))
        _across(normals, self.xx, self.xy, self.yy, across_px)
        return across_px

    def resembles(self, other: "Blur") -> bool:
        """Return whether no direction's standard deviation differs by much more than a tenth of a pixel or 15 %."""
        apart = max(abs(self.xx - other.xx), abs(self.yy - other.yy), 2.0 * abs(self.xy - other.xy))
        return apart < 0.1 * self.mean_px + 0.3 * self.mean_px**2

    def changed(
        self, normals: NDArray[np.float64], changes: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> "Blur":
        """Return the blur after changes (N,) of the variance were seen along unit vectors (N, 2)."""
        step = np.zeros(3)
        _solve_changes(normals, changes, weights, self.xx, self.xy, self.yy, step)
        xx, xy, yy = self.xx + float(step[0]), self.xy + float(step[1]), self.yy + float(step[2])
        low, high = LEAST_PX**2, MOST_PX**2
        # Gershgorin: both variances along the axes of the blur lie within these.
        if min(xx, yy) - abs(xy) < low or max(xx, yy) + abs(xy) > high:
            values, axes = np.linalg.eigh(np.array([[xx, xy], [xy, yy]]))
            (xx, xy), (_, yy) = axes @ np.diag(np.clip(values, low, high)) @ axes.T
        return Blur(xx=float(xx), xy=float(xy), yy=float(yy))


@compiled
def _variance_along(x: float, y: float, xx: float, xy: float, yy: float) -> float:
    """Return the variance of a blur along a unit vector, within what there is, px^2."""
    return min(max(xx * x * x + 2.0 * xy * x * y + yy * y * y, LEAST_PX**2), MOST_PX**2)


@compiled
def _across(normals: NDArray[np.float64], xx: float, xy: float, yy: float, across_px: NDArray[np.float64]) -> None:
    for n in range(len(normals)):
        across_px[n] = math.sqrt(_variance_along(normals[n, 0], normals[n, 1], xx, xy, yy))


@compiled
def _solve_changes(
    normals: NDArray[np.float64],
    changes: NDArray[np.float64],
    weights: NDArray[np.float64],
    xx: float,
    xy: float,
    yy: float,
    step: NDArray[np.float64],
) -> None:
    """Write by what variances (3,) xx, xy, yy have to change for weighted changes (N,) along unit vectors."""
    normal, factor, row = np.zeros((3, 3)), np.zeros((3, 3)), np.empty(3)
    for n in range(len(normals)):
        x, y = normals[n, 0], normals[n, 1]
        limit = _variance_along(x, y, xx, xy, yy)
        change = min(max(changes[n], -0.6 * limit), 1.5 * limit)
        row[0], row[1], row[2] = x * x, 2.0 * x * y, y * y
        for i in range(3):
            step[i] += weights[n] * row[i] * change
            for j in range(3):
                normal[i, j] += weights[n] * row[i] * row[j]
    # A board seen with too few directions keeps the rest as it was.
    damping = 1e-3 * (normal[0, 0] + normal[1, 1] + normal[2, 2]) + 1e-12
    for i in range(3):
        normal[i, i] += damping
    if factorized(normal, factor):
        solve_in_place(factor, step)
    else:
        step[:] = 0.0
