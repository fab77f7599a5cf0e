"""The blur of a picture, as a Gaussian that may be longer in one direction than in another."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        x, y = normals.T
        variance = self.xx * x * x + 2.0 * self.xy * x * y + self.yy * y * y
        return np.asarray(np.sqrt(np.minimum(np.maximum(variance, LEAST_PX**2), MOST_PX**2)))

    def resembles(self, other: "Blur") -> bool:
        """Return whether no direction's standard deviation differs by much more than a tenth of a pixel or 15 %."""
        apart = max(abs(self.xx - other.xx), abs(self.yy - other.yy), 2.0 * abs(self.xy - other.xy))
        return apart < 0.1 * self.mean_px + 0.3 * self.mean_px**2

    def changed(
        self, normals: NDArray[np.float64], changes: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> "Blur":
        """Return the blur after changes (N,) of the variance were seen along unit vectors (N, 2)."""
        x, y = normals.T
        rows = np.empty((3, len(x)))
        np.multiply(x, x, out=rows[0])
        np.multiply(x, 2.0 * y, out=rows[1])
        np.multiply(y, y, out=rows[2])
        limit = np.clip(np.array([self.xx, self.xy, self.yy]) @ rows, LEAST_PX**2, MOST_PX**2)
        changes = np.minimum(np.maximum(changes, -0.6 * limit), 1.5 * limit)
        weighted = rows * weights
        normal = weighted @ rows.T
        # A board seen with too few directions keeps the rest as it was.
        normal += (1e-3 * np.trace(normal) + 1e-12) * np.eye(3)
        step = np.linalg.solve(normal, weighted @ changes).tolist()
        xx, xy, yy = self.xx + step[0], self.xy + step[1], self.yy + step[2]
        low, high = LEAST_PX**2, MOST_PX**2
        # Gershgorin: both variances along the axes of the blur lie within these.
        if min(xx, yy) - abs(xy) < low or max(xx, yy) + abs(xy) > high:
            values, axes = np.linalg.eigh(np.array([[xx, xy], [xy, yy]]))
            (xx, xy), (_, yy) = axes @ np.diag(np.clip(values, low, high)) @ axes.T
        return Blur(xx=float(xx), xy=float(xy), yy=float(yy))
