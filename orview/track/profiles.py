"""How far each border lies from where it is expected, read from short rows of pixels across it.

A step blurred by a Gaussian is fitted to each, together with the neighbouring borders the print has beside it;
brightness, contrast and shift are free at every place. Blur that is the same on both sides of a border cancels, so the
shift has no bias where the blur is judged a little wrong.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.track.strips import Strips

_TABLE_REACH = 5.0
_TABLE_STEPS = 512
_GRID = np.arange(-_TABLE_REACH * _TABLE_STEPS, _TABLE_REACH * _TABLE_STEPS + 1) / _TABLE_STEPS
BELL = np.exp(-0.5 * _GRID**2) / np.sqrt(2.0 * np.pi)
_SUMS = np.cumsum(BELL) / _TABLE_STEPS
STEP = (_SUMS - 0.5 * BELL / _TABLE_STEPS) / _SUMS[-1]

LEAST_PIXELS = 2.4
"""On either side of a border: with fewer, brightness, contrast and shift leave nothing to judge the fit by."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shifts:
    """What N strips say.

    Attributes:
        shift_px: (N,) where the border is seen, from where it was expected, towards black.
        sigma_px: (N,) its standard deviation by the noise of the pixels; infinite where there is no border.
        contrast: (N,) white less black.
        misfit: (N,) root mean square of what the fit leaves, as a share of the contrast.
        blur_change: (N,) by how much the squared blur of the strip differs from what was assumed, px^2.
        blur_weight: (N,) how well `blur_change` is known, one over its variance.
    """

    shift_px: NDArray[np.float64]
    sigma_px: NDArray[np.float64]
    contrast: NDArray[np.float64]
    misfit: NDArray[np.float64]
    blur_change: NDArray[np.float64]
    blur_weight: NDArray[np.float64]


def fit_steps(
    strips: Strips,
    *,
    blur_px: NDArray[np.float64],
    black_px: NDArray[np.float64],
    white_px: NDArray[np.float64],
    reach_px: NDArray[np.float64],
) -> Shifts:
    """Fit a blurred border to each strip, to first order in its shift.

    Args:
        strips: N strips; borders within about one blur of where they are expected.
        blur_px: (N,) standard deviation of the blur across the border.
        black_px: (N,) how far black reaches from the border.
        white_px: (N,) how far white does.
        reach_px: (N,) pixels farther than this from the border are left out, unless too few are nearer.
    """
    said = np.empty((6, len(blur_px)))
    _fit_steps(strips.light, strips.across_px, strips.pace_px, blur_px, black_px, white_px, reach_px, STEP, BELL, said)
    shift_px, sigma_px, contrast, misfit, blur_change, blur_weight = said
    return Shifts(
        shift_px=shift_px,
        sigma_px=sigma_px,
        contrast=contrast,
        misfit=misfit,
        blur_change=blur_change,
        blur_weight=blur_weight,
    )


def search_steps(strips: Strips, *, reach_px: NDArray[np.float64], arm: int) -> Shifts:
    """Return where each strip falls most from white to black, coarsely, by the difference of neighbouring means.

    Args:
        strips: N strips with at least `arm` pixels more on each side than `reach_px` takes.
        reach_px: (N,) borders are looked for no farther from where they are expected.
        arm: pixels in each of the two means.
    """
    total = np.zeros((len(strips.light), strips.light.shape[1] + 1), np.float32)
    np.cumsum(strips.light, axis=1, out=total[:, 1:])
    means = (total[:, arm:] - total[:, :-arm]) / np.float32(arm)
    fall = means[:, :-arm] - means[:, arm:]
    # The difference at i stands between pixel i + arm - 1 and the next.
    first = arm - 1
    middle = 0.5 * (strips.across_px[:, first : first + fall.shape[1]] + strips.across_px[:, arm : arm + fall.shape[1]])
    reach = reach_px.astype(np.float32)[:, None]
    within = np.abs(middle) <= reach
    # Of two equal borders the nearer one is meant.
    weighed = np.where(within, fall * (1.0 - 0.3 * np.abs(middle) / reach), -np.inf)
    best = np.clip(weighed.argmax(axis=1), 1, fall.shape[1] - 2)
    row = np.arange(len(best))
    before, peak, after = fall[row, best - 1], fall[row, best], fall[row, best + 1]
    bend = before - 2.0 * peak + after
    lean = np.where(bend < 0.0, 0.5 * (before - after) / np.where(bend < 0.0, bend, 1.0), 0.0)
    pace = strips.across_px[:, 1] - strips.across_px[:, 0]
    shift = middle[row, best] + np.clip(lean, -0.5, 0.5) * pace
    contrast = np.maximum(peak, 0.0).astype(np.float64)
    none = np.zeros(len(best))
    return Shifts(
        shift_px=shift.astype(np.float64),
        sigma_px=np.where(contrast > 0.0, 1.0, np.inf),
        contrast=contrast,
        misfit=none,
        blur_change=none,
        blur_weight=none,
    )


@compiled
def _fit_steps(
    light: NDArray[np.float32],
    across_px: NDArray[np.float32],
    pace_px: NDArray[np.float64],
    blur_px: NDArray[np.float64],
    black_px: NDArray[np.float64],
    white_px: NDArray[np.float64],
    reach_px: NDArray[np.float64],
    steps: NDArray[np.float64],
    bells: NDArray[np.float64],
    said: NDArray[np.float64],
) -> None:
    """Write what each strip says, (6, N) as `Shifts` has it."""
    curves, sums = np.empty((light.shape[1], 4)), np.empty((4, 4))
    for n in range(len(light)):
        reach = max(reach_px[n], LEAST_PIXELS * pace_px[n])
        black, white = black_px[n], white_px[n]
        alone = min(black, white) >= reach + 3.0 * blur_px[n]
        sharp = 1.0 / blur_px[n]
        count = 0
        for k in range(light.shape[1]):
            t = across_px[n, k]
            if abs(t) > reach:
                continue
            z = t * sharp
            at = _table_index(z)
            f, g = steps[at], bells[at]
            h = z * g
            if not alone:
                away = z - black * sharp
                at = _table_index(away)
                f -= steps[at]
                g -= bells[at]
                h -= away * bells[at]
                away = z + white * sharp
                at = _table_index(away)
                f += 1.0 - steps[at]
                g -= bells[at]
                h -= away * bells[at]
            # What is seen, the border, and its derivatives by the shift and by the squared blur, px and px^2.
            curves[count, 0], curves[count, 1], curves[count, 2] = light[n, k], f, sharp * g
            curves[count, 3] = 0.5 * sharp * sharp * h
            count += 1
        _scatter(curves[:count], sums)
        _say(sums, count, said[:, n])


@compiled
def _scatter(curves: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
    """Take the means off C curves (K, C), and write the sums (C, C) of the products of each with itself and later."""
    for c in range(curves.shape[1]):
        mean = 0.0
        for k in range(len(curves)):
            mean += curves[k, c]
        mean /= max(len(curves), 1)
        for k in range(len(curves)):
            curves[k, c] -= mean
    for c in range(curves.shape[1]):
        for d in range(c, curves.shape[1]):
            total = 0.0
            for k in range(len(curves)):
                total += curves[k, c] * curves[k, d]
            sums[c, d] = total


@compiled
def _say(sums: NDArray[np.float64], count: int, said: NDArray[np.float64]) -> None:
    """Write what one strip of `count` pixels says, (6,), from the products of what it shows with a border's curves."""
    yy, fy, gy, hy = sums[0, 0], sums[0, 1], sums[0, 2], sums[0, 3]
    ff, fg, fh, gg, gh, hh = sums[1, 1], sums[1, 2], sums[1, 3], sums[2, 2], sums[2, 3], sums[3, 3]
    determinant = ff * gg - fg * fg
    said[:] = 0.0
    said[1] = np.inf
    if not determinant > 1e-9 or count < 4:
        return
    over = 1.0 / determinant
    # y = level - contrast f(t - shift), so the factor of f is -contrast and that of df/dt is contrast times shift.
    slope_f, slope_g = (gg * fy - fg * gy) * over, (ff * gy - fg * fy) * over
    contrast = -slope_f
    if not contrast > 0.0:
        return
    left = max(yy - slope_f * fy - slope_g * gy, 0.0)
    said[0] = slope_g / contrast
    said[1] = math.sqrt(ff * over) / contrast
    said[2] = contrast
    said[3] = math.sqrt(left / max(count - 3.0, 1.0)) / contrast
    # The derivative by the blur, free of what brightness, contrast and shift explain already.
    free = hh - (gg * fh * fh - 2.0 * fg * fh * gh + ff * gh * gh) * over
    if free > 1e-6 * hh:
        said[4] = (hy - slope_f * fh - slope_g * gh) / (free * contrast)
        said[5] = free * contrast * contrast


@compiled
def _table_index(z: float) -> int:
    """Return where the normal distribution and its density at z stand in their tables, to 2e-4 of a step."""
    return int(min(max((z + _TABLE_REACH) * _TABLE_STEPS + 0.5, 0.0), 2.0 * _TABLE_REACH * _TABLE_STEPS))
