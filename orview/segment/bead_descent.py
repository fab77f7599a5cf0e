"""The descent of a ball's parameters to where its model fits the voxels best (Levenberg-Marquardt).

Voxels far off the model weigh less (Cauchy). What the background leaves over in some direction, a rim or a second
plate, is added to it and the descent repeated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.segment.bead_model import BRIGHT, SIZE, THICK, Voxels

MODEL_ERROR = 0.03
"""How far kernels, streaks and builds differ from the model, as a part of what a voxel shows of the ball."""

LEAST_NOISE_HU = 120.0
"""Backgrounds differ from the model by this at least."""

STEPS = 14
_SHARPNESS = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Descent:
    """Where a descent ended.

    Attributes:
        values: the parameters (`orview.segment.bead_model.PARAMETERS`,).
        shown_hu: (N,) what the model shows in each voxel.
        part: (N,) of the ball that each voxel shows.
        normal: normal matrix of the parameters, priors included.
        weights: (N,) of the voxels, one over HU squared.
        extra_hu: (N,) of the background beyond the model's own.
    """

    values: NDArray[np.float64]
    shown_hu: NDArray[np.float64]
    part: NDArray[np.float64]
    normal: NDArray[np.float64]
    weights: NDArray[np.float64]
    extra_hu: NDArray[np.float64]


def descend(
    voxels: Voxels, start: NDArray[np.float64], centres: NDArray[np.float64], spreads: NDArray[np.float64]
) -> Descent | None:
    """Return the best fit from some start, None where it leads nowhere.

    Args:
        voxels: near the ball; its `extra_hu` is left as the descent ends.
        start: parameters to start from.
        centres: what is known of them before.
        spreads: and how well, one sigma each.
    """
    voxels.extra_hu = np.zeros(len(voxels.hu))
    first = _descend(voxels, start, centres, spreads)
    if first is None:
        return None
    voxels.extra_hu = _left_over(voxels, first.values, voxels.hu - first.shown_hu, first.part)
    return _descend(voxels, first.values, centres, spreads)


def _descend(
    voxels: Voxels, start: NDArray[np.float64], centres: NDArray[np.float64], spreads: NDArray[np.float64]
) -> Descent | None:
    values, damping = start.copy(), 1e-3
    shown, part = voxels.model(values)
    for _ in range(STEPS):
        jacobian = np.empty((len(shown), len(values)))
        for column, step in enumerate(_STEP):
            moved = values.copy()
            moved[column] += step
            jacobian[:, column] = (voxels.model(moved)[0] - shown) / step
        weights = _weights(voxels.hu - shown, values, part)
        normal = jacobian.T @ (weights[:, None] * jacobian) + np.diag(spreads**-2)
        pull = jacobian.T @ (weights * (voxels.hu - shown)) - (values - centres) / spreads**2
        cost = _cost(voxels.hu - shown, weights, values, centres, spreads)
        for _ in range(5):
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), pull)
            step = np.clip(step, -_MOST, _MOST)
            tried = values + step
            tried = np.clip(tried, voxels.lowest, voxels.largest)
            there, its_part = voxels.model(tried)
            if _cost(voxels.hu - there, weights, tried, centres, spreads) < cost:
                damping = max(0.2 * damping, 1e-6)
                break
            damping *= 6.0
        else:
            break
        moved_mm = float(np.abs(tried[:3] - values[:3]).max())
        values, shown, part = tried, there, its_part
        if not np.isfinite(values).all():
            return None
        if moved_mm < 5e-4 and np.abs(step[SIZE : THICK + 1]).max() < 5e-3:
            break
    return Descent(values=values, shown_hu=shown, part=part, normal=normal, weights=weights, extra_hu=voxels.extra_hu)


_MOST = np.array([0.6, 0.6, 0.6, 0.4, 0.7, 0.3, 0.3, 400.0, 400.0, 1.0, 0.5, 0.5, 0.3, 400.0, 0.4, 0.4, 0.3, 400.0])
"""How far one step of the descent goes."""

_STEP = np.array(
    [0.02, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01, 5.0, 5.0, 0.02, 0.02, 0.02, 0.02, 5.0, 0.02, 0.02, 0.02, 5.0]
)
"""By how much a parameter is moved for its derivative."""


def _cost(
    miss: NDArray[np.float64],
    weights: NDArray[np.float64],
    values: NDArray[np.float64],
    centres: NDArray[np.float64],
    spreads: NDArray[np.float64],
) -> float:
    return float(weights @ miss**2 + (((values - centres) / spreads) ** 2).sum())


def _weights(miss: NDArray[np.float64], values: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one over the variance of each voxel, less where it is far off the model (Cauchy)."""
    shown = np.minimum(np.exp(values[BRIGHT]) * part, 4000.0)
    variance = max(noise_hu(miss, part), LEAST_NOISE_HU) ** 2 + (MODEL_ERROR * shown) ** 2
    return np.asarray(1.0 / (variance * (1.0 + miss**2 / (16.0 * variance))))


def noise_hu(miss: NDArray[np.float64], part: NDArray[np.float64]) -> float:
    """Return the sigma of what lies beside the ball, from the median of what the model misses, (N,) HU."""
    away = part < 0.01
    return 1.48 * float(np.median(np.abs(miss[away]))) if np.count_nonzero(away) > 20 else 0.0


def _left_over(
    voxels: Voxels, values: NDArray[np.float64], miss: NDArray[np.float64], part: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what lies behind each voxel beyond the two halves, read by direction from a shell where no ball shows."""
    arms = voxels.places_mm - values[:3]
    distances = np.linalg.norm(arms, axis=1, keepdims=True)
    shell = np.exp(values[BRIGHT]) * part < 600.0
    if np.count_nonzero(shell) < 20:
        return np.zeros(len(miss))
    directions = arms / np.maximum(distances, 1e-9)
    kernel = np.exp(_SHARPNESS * (directions @ directions[shell].T - 1.0))
    return np.asarray(kernel @ miss[shell] / kernel.sum(axis=1))
