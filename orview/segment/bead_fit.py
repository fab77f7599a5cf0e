"""A ball fitted to the voxels of a CT: centre, size, brightness, blur and surroundings, with the centre's covariance.

Levenberg-Marquardt on the model of `orview.segment.bead_model`, with loose priors for what small balls leave open (size
against brightness against blur); what the background leaves over in some direction, a rim or a second plate, is added
to it and the fit repeated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.segment.bead_claim import covariance_of
from orview.segment.bead_model import BLUR, BRIGHT, FAR, NEAR, SIZE, THICK, Voxels
from orview.segment.bead_priors import Alike, priors_of

MODEL_ERROR = 0.03
"""How far kernels, streaks and builds differ from the model, as a part of what a voxel shows of the ball."""

LEAST_NOISE_HU, MOST_NOISE_HU = 120.0, 60.0
"""Backgrounds differ from the model by the first at least; what is beside a ball beyond the second is no noise."""

MARGIN_MM = 1.8
MOST_VOXELS = 2500
STEPS = 14
_SHARPNESS = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class BallFit:
    """What was fitted.

    Attributes:
        centre_mm: (3,) from voxel (0, 0, 0), along the voxel axes.
        covariance_mm2: (3, 3) of the centre, along the voxel axes (`orview.segment.bead_claim`).
        radius_mm: of the ball.
        bright_hu: the ball over what is around it.
        blur_mm: sigma in the slice.
        thickness_mm: of the slices.
        around_hu: background, mean.
        misfit: root mean square of what model and noise leave over where the ball shows, as a part of what it shows.
    """

    centre_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]
    radius_mm: float
    bright_hu: float
    blur_mm: float
    thickness_mm: float
    around_hu: float
    misfit: float


def fit_ball(
    hu: NDArray[np.float64],
    spacing_mm: NDArray[np.float64],
    start_mm: NDArray[np.float64],
    *,
    highest_hu: float,
    radius_mm: float | None = None,
    guess_mm: float,
    alike: Alike | None = None,
) -> BallFit | None:
    """Fit a ball to a block of a CT, None where the fit leads nowhere.

    Args:
        hu: (K, J, I) a block that reaches a few mm beyond the ball.
        spacing_mm: (3,) along i, j, k.
        start_mm: (3,) guess of the centre from voxel (0, 0, 0).
        highest_hu: where the scanner's scale ends; infinite where it does not.
        radius_mm: of the ball where it is known.
        guess_mm: radius to start from.
        alike: what other balls of the scan told.
    """
    k, j, i = np.meshgrid(*(np.arange(count) for count in hu.shape), indexing="ij")
    places = np.stack([i.ravel(), j.ravel(), k.ravel()], axis=-1) * spacing_mm
    reach_mm = guess_mm + MARGIN_MM + 0.5 * spacing_mm
    inside = np.linalg.norm((places - start_mm) / reach_mm, axis=1) < 1.0
    if np.count_nonzero(inside) > MOST_VOXELS:
        inside &= (i + j + k).ravel() % (np.count_nonzero(inside) // MOST_VOXELS + 1) == 0
    seen = hu.ravel()[inside]
    voxels = Voxels(places[inside], seen, highest_hu, float(reach_mm.max()) + 2.0, spacing_mm)
    values, centres, spreads = priors_of(
        voxels, spacing_mm, start_mm, radius_mm=radius_mm, guess_mm=guess_mm, alike=alike
    )
    low = float(values[FAR])
    for repeat in range(2):
        fitted = _descend(voxels, values, centres, spreads)
        if fitted is None:
            return None
        values, shown, part, normal, weights = fitted
        if repeat == 0:
            voxels.extra_hu = _left_over(voxels, values, seen - shown, part)
    miss = seen - shown
    if np.linalg.norm(values[:3] - start_mm) > 2.0 + 0.5 * float(spacing_mm[2]):
        return None
    degrees = max(len(seen) - len(values), 10)
    scatter = float((weights * miss**2).sum()) / degrees
    covariance = covariance_of(
        voxels,
        values,
        part,
        np.asarray(scatter * np.linalg.inv(normal)[:3, :3], dtype=np.float64),
        flank_hu=min(float(np.exp(values[BRIGHT])), highest_hu - low),
        spacing_mm=spacing_mm,
    )
    expected = np.minimum(np.exp(values[BRIGHT]) * part, highest_hu - values[NEAR])
    touched = part > 0.02
    unexplained = (miss[touched] ** 2).sum() - np.count_nonzero(touched) * min(
        _noise_hu(miss, part), MOST_NOISE_HU
    ) ** 2
    return BallFit(
        centre_mm=values[:3],
        covariance_mm2=covariance,
        radius_mm=float(np.exp(values[SIZE])),
        bright_hu=float(np.exp(values[BRIGHT])),
        blur_mm=float(np.exp(values[BLUR])),
        thickness_mm=float(np.exp(values[THICK])),
        around_hu=float(0.5 * (values[FAR] + values[NEAR])),
        misfit=float(np.sqrt(max(0.0, unexplained) / max((expected[touched] ** 2).sum(), 1.0))),
    )


def _descend(
    voxels: Voxels, start: NDArray[np.float64], centres: NDArray[np.float64], spreads: NDArray[np.float64]
) -> (
    tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    | None
):
    """Return parameters, model, part of the ball, normal matrix and weights at the best fit (Levenberg-Marquardt)."""
    values, damping = start.copy(), 1e-3
    shown, part = voxels.model(values)
    weights = _weights(voxels.hu - shown, values, part)
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
            return values, shown, part, normal, weights
        moved_mm = float(np.abs(tried[:3] - values[:3]).max())
        values, shown, part = tried, there, its_part
        if not np.isfinite(values).all():
            return None
        if moved_mm < 5e-4 and np.abs(step[SIZE : THICK + 1]).max() < 5e-3:
            break
    return values, shown, part, normal, weights


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
    variance = max(_noise_hu(miss, part), LEAST_NOISE_HU) ** 2 + (MODEL_ERROR * shown) ** 2
    return np.asarray(1.0 / (variance * (1.0 + miss**2 / (16.0 * variance))))


def _noise_hu(miss: NDArray[np.float64], part: NDArray[np.float64]) -> float:
    """Return the sigma of what lies beside the ball, from its median."""
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
