"""How much less many corners say than their number promises, because neighbours err alike.

A covariance from a residual takes every corner's error for a draw of its own. Where the picture's sharpness, the print
or the lens model is at fault, neighbours err in the same direction, and n of them say as little as fewer independent
ones. For errors whose correlation falls as rho^distance along both directions of a grid, the sigma of any smooth
combination grows by (1 + rho) / (1 - rho) (the first-order autoregressive process: Bartlett 1946; both directions).
"""

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.bundle import Corners

_LARGEST_RHO = 0.8


def spread_of_errors(corners: Corners, errors_px: NDArray[np.float64]) -> float:
    """Return the factor, 1 or more, by which sigmas grow because of the correlation of neighbouring errors.

    Args:
        corners: what was seen; those of weight 0 do not count.
        errors_px: (M, 2) their errors after the fit.
    """
    products, squares = 0.0, 0.0
    for start, end in zip(corners.starts[:-1], corners.starts[1:], strict=True):
        kept = corners.weights[start:end] > 0.0
        if kept.sum() < 2:
            continue
        points, errors = corners.points_mm[start:end][kept], errors_px[start:end][kept]
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        first, second = np.nonzero(apart < 1.1 * apart.min())
        products += float((errors[first] * errors[second]).sum())
        squares += float(0.5 * (np.square(errors[first]).sum() + np.square(errors[second]).sum()))
    rho = min(max(products / squares, 0.0), _LARGEST_RHO) if squares > 0.0 else 0.0
    return (1.0 + rho) / (1.0 - rho)
