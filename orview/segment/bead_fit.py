"""A ball fitted to the voxels of a CT: centre, size, brightness, blur and surroundings, with the centre's covariance.

The model of `orview.segment.bead_model`, with loose priors for what small balls leave open (size against brightness
against blur), is brought to the voxels by `orview.segment.bead_descent`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.segment.bead_claim import covariance_of
from orview.segment.bead_descent import Descent, descend, noise_hu
from orview.segment.bead_model import BLUR, BRIGHT, FAR, NEAR, SIZE, THICK, Voxels
from orview.segment.bead_priors import Alike, on_a_surface, priors_of

MOST_NOISE_HU = 60.0
"""What is beside a ball beyond this is no noise."""

SECOND_LOOK = 0.045
"""A ball that misfits by more is fitted a second time from other surroundings, and the better fit taken."""

MARGIN_MM = 1.8
MOST_VOXELS = 2500


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
    start, centres, spreads = priors_of(
        voxels, spacing_mm, start_mm, radius_mm=radius_mm, guess_mm=guess_mm, alike=alike
    )
    best = descend(voxels, start, centres, spreads)
    if best is None or _misfit(voxels, best) > SECOND_LOOK:
        other = descend(voxels, on_a_surface(start), centres, spreads)
        if best is None or (other is not None and _misfit(voxels, other) < _misfit(voxels, best)):
            best = other
    if best is None or np.linalg.norm(best.values[:3] - start_mm) > 2.0 + 0.5 * float(spacing_mm[2]):
        return None
    values, miss = best.values, seen - best.shown_hu
    voxels.extra_hu = best.extra_hu
    degrees = max(len(seen) - len(values), 10)
    scatter = float((best.weights * miss**2).sum()) / degrees
    covariance = covariance_of(
        voxels,
        values,
        best.part,
        np.asarray(scatter * np.linalg.inv(best.normal)[:3, :3], dtype=np.float64),
        flank_hu=min(float(np.exp(values[BRIGHT])), highest_hu - float(start[FAR])),
        spacing_mm=spacing_mm,
    )
    return BallFit(
        centre_mm=values[:3],
        covariance_mm2=covariance,
        radius_mm=float(np.exp(values[SIZE])),
        bright_hu=float(np.exp(values[BRIGHT])),
        blur_mm=float(np.exp(values[BLUR])),
        thickness_mm=float(np.exp(values[THICK])),
        around_hu=float(0.5 * (values[FAR] + values[NEAR])),
        misfit=_misfit(voxels, best),
    )


def _misfit(voxels: Voxels, fit: Descent) -> float:
    miss, touched = voxels.hu - fit.shown_hu, fit.part > 0.02
    expected = np.minimum(np.exp(fit.values[BRIGHT]) * fit.part, voxels.highest_hu - fit.values[NEAR])[touched]
    noise = min(noise_hu(miss, fit.part), MOST_NOISE_HU)
    unexplained = float((miss[touched] ** 2).sum()) - np.count_nonzero(touched) * noise**2
    return float(np.sqrt(max(0.0, unexplained) / max(float((expected**2).sum()), 1.0)))
