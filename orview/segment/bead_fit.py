"""A ball fitted to the voxels of a CT: centre, size, brightness, blur and surroundings, with the centre's covariance.

The picture of a ball (`orview.segment.ball`) is laid over a background of two halves that meet in a plane, air and
skin or air and plate, and cut off where the scanner's scale ends: metal shows as a flat top whose flanks still tell
the centre. Levenberg-Marquardt with loose priors for what small balls leave open (size against brightness against
blur); what the background leaves over in some direction, a post or a rim, is added to it and the fit repeated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.segment.ball import picture_ball

USUAL_BLUR_MM, BLUR_SPREAD = 0.5, 0.3
"""Sigma of the blur in the slice of usual kernels, and the spread of its logarithm."""

USUAL_RADIUS_MM, RADIUS_SPREAD = 1.8, 0.6
KNOWN_RADIUS_SPREAD = 0.03
THICKNESS_OF_INCREMENT, THICKNESS_SPREAD = 1.2, 0.3
"""Slices may overlap: how much thicker than their distance they are."""

TOLD_SPREAD = 0.05

BRIGHT_HU, BRIGHT_SPREAD = 5000.0, 1.0
"""Beads over what is around them: ceramic 3000 to tantalum 25000."""

MODEL_ERROR = 0.03
"""How far kernels, streaks and builds differ from the model, as a part of what a voxel shows of the ball."""

LEAST_NOISE_HU, MOST_NOISE_HU = 120.0, 60.0
"""Backgrounds differ from the model by the first at least; what is beside a ball beyond the second is no noise."""

LOPSIDED_MM, ASTRIDE_MM = 0.10, 0.135
LOPSIDED_POWER, LOPSIDED_RADIUS_MM, LOPSIDED_ASIDE = 0.73, 1.5, 0.2
"""How far surroundings as dense as the ball itself draw the centre: towards where they are denser, and along the normal
of the plane in which their two halves meet, which may be a little elsewhere than it was found. It falls with a power of
their density and with the radius, and a part of it may point aside (chosen on rendered scans with other seeds than
those of benchmarks/fiducials.py)."""

FLOOR_MM = 0.008
FLOOR_OF_THICK, THICK_FROM_MM = 0.036, 1.2
"""Sigma of what noise does not explain along each axis, and across the slices of each mm of their distance beyond the
last for a ball of `LOPSIDED_RADIUS_MM` (chosen on the same scans and on those of the tests)."""

MARGIN_MM = 1.8
MOST_VOXELS = 2500
STEPS = 14
CORRELATED = 0.8
"""Neighbouring voxels share their noise and the errors of the model: variances are so many times those of lone ones."""

_X, _Y, _Z, _SIZE, _BRIGHT, _BLUR, _THICK, _FAR, _NEAR, _PLACE, _LEAN, _TURN, _CAP, _CAP_HU = range(14)
_SHARPNESS = 10.0
_KEPT = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class BallFit:
    """What was fitted.

    Attributes:
        centre_mm: (3,) from voxel (0, 0, 0), along the voxel axes.
        covariance_mm2: (3, 3) of the centre from the voxels' misfit, along the voxel axes.
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


class _Voxels:
    """The voxels near a ball, and the model of them."""

    def __init__(
        self,
        places_mm: NDArray[np.float64],
        hu: NDArray[np.float64],
        highest_hu: float,
        reach_mm: float,
        spacing_mm: NDArray[np.float64],
    ) -> None:
        self.places_mm, self.hu, self.highest_hu, self.reach_mm = places_mm, hu, highest_hu, reach_mm
        self.extra_hu = np.zeros(len(hu))
        self._seen: dict[tuple[float, ...], NDArray[np.float64]] = {}
        # Where parameters end: beyond, a bar seen end on could be called a ball in very thick slices.
        self.lowest, self.largest = np.full(14, -np.inf), np.full(14, np.inf)
        self.lowest[_SIZE], self.largest[_SIZE] = np.log(0.4), np.log(5.0)
        self.lowest[_BLUR], self.largest[_BLUR] = np.log(0.15), np.log(max(1.0, 0.5 * spacing_mm[0]))
        self.lowest[_THICK], self.largest[_THICK] = np.log(0.6 * spacing_mm[2]), np.log(2.2 * spacing_mm[2] + 0.4)

    def model(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the HU and the part of the ball (N,) that parameters (14,) show."""
        arms = self.places_mm - values[:3]
        part = self._picture(values, arms, float(np.exp(values[_SIZE])))
        ball_hu = np.exp(values[_BRIGHT]) + values[_FAR]
        shown = self._around(values, arms) * (1.0 - part) + ball_hu * part
        return np.minimum(shown, self.highest_hu), part

    def lopsided_hu(self, values: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (3,) towards where the background near the ball is denser, as long as by how much."""
        arms = self.places_mm - values[:3]
        flank = (part > 0.01) & (part < 0.5)
        if not flank.any():
            return np.zeros(3)
        directions = arms[flank] / np.maximum(np.linalg.norm(arms[flank], axis=1, keepdims=True), 1e-9)
        around = self._around(values, arms)[flank]
        return np.asarray(3.0 * ((around - around.mean())[:, None] * directions).mean(axis=0))

    def _picture(
        self, values: NDArray[np.float64], arms_mm: NDArray[np.float64], radius_mm: float
    ) -> NDArray[np.float64]:
        # Most parameters leave the picture of ball and cap as it was: the last ones are kept.
        key = (*values[:3].tolist(), radius_mm, float(values[_BLUR]), float(values[_THICK]))
        shown = self._seen.get(key)
        if shown is None:
            picture = picture_ball(
                radius_mm=radius_mm,
                blur_mm=float(np.exp(values[_BLUR])),
                thickness_mm=float(np.exp(values[_THICK])),
                reach_mm=self.reach_mm,
            )
            shown = picture.at(np.hypot(arms_mm[:, 0], arms_mm[:, 1]), arms_mm[:, 2])
            while len(self._seen) >= _KEPT:
                del self._seen[next(iter(self._seen))]
            self._seen[key] = shown
        return shown

    def _around(self, values: NDArray[np.float64], arms_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        beyond = 0.5 + 0.5 * np.tanh((arms_mm @ _normal(values) - values[_PLACE]) / (1.2 * np.exp(values[_BLUR])))
        around = values[_NEAR] + (values[_FAR] - values[_NEAR]) * beyond
        cap_mm = float(np.exp(values[_SIZE]) + np.exp(values[_CAP]))
        covered = values[_CAP_HU] * self._picture(values, arms_mm, cap_mm)
        # A post ends where the cap begins: where both are, there is one of them.
        post = np.where(self.extra_hu > 0.0, np.maximum(self.extra_hu - np.maximum(covered, 0.0), 0.0), self.extra_hu)
        return np.asarray(around + covered + post)


def fit_ball(
    hu: NDArray[np.float64],
    spacing_mm: NDArray[np.float64],
    start_mm: NDArray[np.float64],
    *,
    highest_hu: float,
    radius_mm: float | None = None,
    guess_mm: float,
    blur: tuple[float, float] | None = None,
) -> BallFit | None:
    """Fit a ball to a block of a CT, None where the fit leads nowhere.

    Args:
        hu: (K, J, I) a block that reaches a few mm beyond the ball.
        spacing_mm: (3,) along i, j, k.
        start_mm: (3,) guess of the centre from voxel (0, 0, 0).
        highest_hu: where the scanner's scale ends; infinite where it does not.
        radius_mm: of the ball where it is known.
        guess_mm: radius to start from.
        blur: sigma in the slice and thickness of the slices, mm, where other balls of the scan told them.
    """
    k, j, i = np.meshgrid(*(np.arange(count) for count in hu.shape), indexing="ij")
    places = np.stack([i.ravel(), j.ravel(), k.ravel()], axis=-1) * spacing_mm
    reach_mm = guess_mm + MARGIN_MM + 0.5 * spacing_mm
    inside = np.linalg.norm((places - start_mm) / reach_mm, axis=1) < 1.0
    if np.count_nonzero(inside) > MOST_VOXELS:
        inside &= (i + j + k).ravel() % (np.count_nonzero(inside) // MOST_VOXELS + 1) == 0
    seen = hu.ravel()[inside]
    voxels = _Voxels(places[inside], seen, highest_hu, float(reach_mm.max()) + 2.0, spacing_mm)
    low, middle, top = (float(value) for value in np.quantile(seen, [0.05, 0.5, 1.0]))
    arms = voxels.places_mm - start_mm
    pull = ((seen < 0.5 * (low + middle))[:, None] * arms).sum(axis=0)
    pull = pull / max(float(np.linalg.norm(pull)), 1e-9)
    blur_mm, thickness_mm = blur or (USUAL_BLUR_MM, THICKNESS_OF_INCREMENT * float(spacing_mm[2]))
    values = np.array(
        [
            *start_mm,
            np.log(radius_mm or guess_mm),
            np.log(max(top - middle, 500.0) * 1.2),
            np.log(blur_mm),
            np.log(thickness_mm),
            low,
            min(middle, low + 1200.0),
            0.5,
            float(np.arcsin(np.clip(pull[2], -0.99, 0.99))),
            float(np.arctan2(pull[1], pull[0])),
            0.3,
            300.0,
        ]
    )
    centres = np.array(
        [
            *start_mm,
            np.log(radius_mm or USUAL_RADIUS_MM),
            np.log(BRIGHT_HU),
            np.log(blur_mm),
            np.log(thickness_mm),
            values[_FAR],
            values[_NEAR],
            0.0,
            values[_LEAN],
            values[_TURN],
            0.3,
            0.0,
        ]
    )
    spreads = np.array(
        [
            2.0,
            2.0,
            2.0,
            KNOWN_RADIUS_SPREAD if radius_mm else RADIUS_SPREAD,
            BRIGHT_SPREAD,
            TOLD_SPREAD if blur else BLUR_SPREAD,
            TOLD_SPREAD if blur else THICKNESS_SPREAD,
            300.0,
            500.0,
            2.0,
            1.0,
            1.0,
            0.4,
            500.0,
        ]
    )
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
    covariance = CORRELATED * scatter * np.linalg.inv(normal)[:3, :3] + _unmodelled_mm2(
        voxels, values, part, flank_hu=min(float(np.exp(values[_BRIGHT])), highest_hu - low), spacing_mm=spacing_mm
    )
    expected = np.minimum(np.exp(values[_BRIGHT]) * part, highest_hu - values[_NEAR])
    touched = part > 0.02
    unexplained = (miss[touched] ** 2).sum() - np.count_nonzero(touched) * min(
        _noise_hu(miss, part), MOST_NOISE_HU
    ) ** 2
    return BallFit(
        centre_mm=values[:3],
        covariance_mm2=np.asarray(covariance, dtype=np.float64),
        radius_mm=float(np.exp(values[_SIZE])),
        bright_hu=float(np.exp(values[_BRIGHT])),
        blur_mm=float(np.exp(values[_BLUR])),
        thickness_mm=float(np.exp(values[_THICK])),
        around_hu=float(0.5 * (values[_FAR] + values[_NEAR])),
        misfit=float(np.sqrt(max(0.0, unexplained) / max((expected[touched] ** 2).sum(), 1.0))),
    )


def _unmodelled_mm2(
    voxels: _Voxels,
    values: NDArray[np.float64],
    part: NDArray[np.float64],
    *,
    flank_hu: float,
    spacing_mm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (3, 3) what surroundings and thick slices add to the centre's covariance beyond what the voxels tell."""
    small = LOPSIDED_RADIUS_MM / float(np.exp(values[_SIZE]))
    lopsided = voxels.lopsided_hu(values, part)
    dense_hu = max(float(np.linalg.norm(lopsided)), 1e-6)
    step_hu = min(abs(float(values[_NEAR] - values[_FAR])), flank_hu)
    drawn_mm = LOPSIDED_MM * small * (dense_hu / flank_hu) ** LOPSIDED_POWER
    astride_mm = ASTRIDE_MM * small * (step_hu / flank_hu) ** LOPSIDED_POWER
    towards, normal = lopsided / dense_hu, _normal(values)
    floors_mm2 = FLOOR_MM**2 + (small * FLOOR_OF_THICK * np.maximum(spacing_mm - THICK_FROM_MM, 0.0)) ** 2
    return np.asarray(
        drawn_mm**2 * (np.outer(towards, towards) + LOPSIDED_ASIDE**2 * np.eye(3))
        + astride_mm**2 * np.outer(normal, normal)
        + np.diag(floors_mm2)
    )


def _normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (3,) the normal of the plane in which the two halves of the background meet."""
    lean, turn = values[_LEAN], values[_TURN]
    return np.array([np.cos(lean) * np.cos(turn), np.cos(lean) * np.sin(turn), np.sin(lean)])


def _descend(
    voxels: _Voxels, start: NDArray[np.float64], centres: NDArray[np.float64], spreads: NDArray[np.float64]
) -> (
    tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    | None
):
    """Return parameters, model, part of the ball, normal matrix and weights at the best fit (Levenberg-Marquardt)."""
    values, damping = start.copy(), 1e-3
    steps = np.array([0.02, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01, 5.0, 5.0, 0.02, 0.02, 0.02, 0.02, 5.0])
    shown, part = voxels.model(values)
    weights = _weights(voxels.hu - shown, values, part)
    for _ in range(STEPS):
        jacobian = np.empty((len(shown), len(values)))
        for column, step in enumerate(steps):
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
        if moved_mm < 5e-4 and np.abs(step[_SIZE : _THICK + 1]).max() < 5e-3:
            break
    return values, shown, part, normal, weights


_MOST = np.array([0.6, 0.6, 0.6, 0.4, 0.7, 0.3, 0.3, 400.0, 400.0, 1.0, 0.5, 0.5, 0.3, 400.0])
"""How far one step goes."""


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
    shown = np.minimum(np.exp(values[_BRIGHT]) * part, 4000.0)
    variance = max(_noise_hu(miss, part), LEAST_NOISE_HU) ** 2 + (MODEL_ERROR * shown) ** 2
    return np.asarray(1.0 / (variance * (1.0 + miss**2 / (16.0 * variance))))


def _noise_hu(miss: NDArray[np.float64], part: NDArray[np.float64]) -> float:
    """Return the sigma of what lies beside the ball, from its median."""
    away = part < 0.01
    return 1.48 * float(np.median(np.abs(miss[away]))) if np.count_nonzero(away) > 20 else 0.0


def _left_over(
    voxels: _Voxels, values: NDArray[np.float64], miss: NDArray[np.float64], part: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what lies behind each voxel beyond the two halves, read by direction from a shell where no ball shows."""
    arms = voxels.places_mm - values[:3]
    distances = np.linalg.norm(arms, axis=1, keepdims=True)
    shell = np.exp(values[_BRIGHT]) * part < 600.0
    if np.count_nonzero(shell) < 20:
        return np.zeros(len(miss))
    directions = arms / np.maximum(distances, 1e-9)
    kernel = np.exp(_SHARPNESS * (directions @ directions[shell].T - 1.0))
    return np.asarray(kernel @ miss[shell] / kernel.sum(axis=1))
