"""Smooth curves and sheets through given points (Catmull and Rom 1974)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def spline(nodes: ArrayLike, *, steps: int) -> NDArray[np.float64]:
    """Return points (M, D) on the curve through nodes (N, D), `steps` intervals between neighbours.

    The tangent at a node is half the way between its neighbours; at the ends the curve is a parabola.
    """
    points = np.asarray(nodes, dtype=np.float64)
    if len(points) == 2:
        h = np.linspace(0.0, 1.0, steps + 1).reshape(-1, *(1,) * (points.ndim - 1))
        return np.asarray(points[0] * (1 - h) + points[1] * h)
    # The third difference vanishes at the ends, which makes the end pieces parabolas.
    before = 3 * points[0] - 3 * points[1] + points[2]
    after = 3 * points[-1] - 3 * points[-2] + points[-3]
    padded = np.concatenate([before[None], points, after[None]])
    h = np.arange(steps).reshape(-1, *(1,) * (points.ndim - 1)) / steps
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(b + 0.5 * h * (c - a + h * (2 * a - 5 * b + 4 * c - d + h * (3 * (b - c) + d - a))))
    return np.concatenate([*pieces, points[-1:]])


def spline_grid(nodes: NDArray[np.float64], *, steps: tuple[int, int]) -> NDArray[np.float64]:
    """Return a sheet (R', C', D) through nodes (R, C, D), with `steps` intervals along rows and columns."""
    rows = spline(nodes, steps=steps[0])
    return spline(rows.swapaxes(0, 1), steps=steps[1]).swapaxes(0, 1)


def tube_points(nodes: ArrayLike, *, spacing_mm: float) -> NDArray[np.float64]:
    """Return points (M, 4) about `spacing_mm` apart on the curve through nodes (N, 4): x, y, z, radius."""
    fine = spline(nodes, steps=24)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine[:, :3], axis=0), axis=1))])
    count = max(2, round(length[-1] / spacing_mm) + 1)
    wanted = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(wanted, length, fine[:, n]) for n in range(fine.shape[1])], axis=1)
