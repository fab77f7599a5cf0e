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
_TABLE_STEPS = 256
_GRID = np.arange(-_TABLE_REACH * _TABLE_STEPS, _TABLE_REACH * _TABLE_STEPS + 1) / _TABLE_STEPS
_BELL = np.exp(-0.5 * _GRID**2) / np.sqrt(2.0 * np.pi)
_SUMS = np.cumsum(_BELL) / _TABLE_STEPS
TABLE = np.stack([(_SUMS - 0.5 * _BELL / _TABLE_STEPS) / _SUMS[-1], _BELL], axis=1).astype(np.float32)
"""The normal distribution and its density, beside each other: small enough to stay in the nearest cache."""

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
    _fit_steps(strips.light, strips.across_px, strips.pace_px, blur_px, black_px, white_px, reach_px, TABLE, said)
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
    table: NDArray[np.float32],
    said: NDArray[np.float64],
) -> None:
    """Write what each strip says, (6, N) as `Shifts` has it."""
    middle = light.shape[1] // 2
    for n in range(len(light)):
        reach = max(reach_px[n], LEAST_PIXELS * pace_px[n])
        black, white = black_px[n], white_px[n]
        alone = min(black, white) >= reach + 3.0 * blur_px[n]
        sharp = 1.0 / blur_px[n]
        count = 0
        y_, f_, g_, h_, yy, fy, gy, hy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        ff, fg, fh, gg, gh, hh = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        level = float(light[n, middle])
        for k in range(light.shape[1]):
            t = float(across_px[n, k])
            if abs(t) > reach:
                continue
            z = t * sharp
            at = _table_index(z)
            f, g = float(table[at, 0]), float(table[at, 1])
            h = z * g
            if not alone:
                away = z - black * sharp
                at = _table_index(away)
                f -= table[at, 0]
                g -= table[at, 1]
                h -= away * table[at, 1]
                away = z + white * sharp
                at = _table_index(away)
                f += 1.0 - table[at, 0]
                g -= table[at, 1]
                h -= away * table[at, 1]
            y = light[n, k] - level
            count += 1
            y_, f_, g_, h_ = y_ + y, f_ + f, g_ + g, h_ + h
            yy, fy, gy, hy = yy + y * y, fy + f * y, gy + g * y, hy + h * y
            ff, fg, fh = ff + f * f, fg + f * g, fh + f * h
            gg, gh, hh = gg + g * g, gh + g * h, hh + h * h
        over = 1.0 / max(count, 1)
        # Means off; then f stands for the border, g and h for its derivatives by the shift and by the squared blur.
        by_shift, by_blur = sharp, 0.5 * sharp * sharp
        _say(
            yy - y_ * y_ * over,
            fy - f_ * y_ * over,
            (gy - g_ * y_ * over) * by_shift,
            (hy - h_ * y_ * over) * by_blur,
            ff - f_ * f_ * over,
            (fg - f_ * g_ * over) * by_shift,
            (fh - f_ * h_ * over) * by_blur,
            (gg - g_ * g_ * over) * by_shift * by_shift,
            (gh - g_ * h_ * over) * by_shift * by_blur,
            (hh - h_ * h_ * over) * by_blur * by_blur,
            count,
            said[:, n],
        )


@compiled
def _say(
    yy: float,
    fy: float,
    gy: float,
    hy: float,
    ff: float,
    fg: float,
    fh: float,
    gg: float,
    gh: float,
    hh: float,
    count: int,
    said: NDArray[np.float64],
) -> None:
    """Write what one strip of `count` pixels says, (6,), from the sums of products of what it shows and the curves."""
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
    """Return where the normal distribution and its density at z stand in their tables, to 8e-4 of a step."""
    return int(min(max((z + _TABLE_REACH) * _TABLE_STEPS + 0.5, 0.0), 2.0 * _TABLE_REACH * _TABLE_STEPS))
