"""How far each border lies from where it is expected, read from short rows of pixels across it.

No pixel is interpolated: each place takes the pixels of the row, column or diagonal that runs best across its border,
and their true distances from the expected border. To these a step blurred by a Gaussian is fitted, together with the
neighbouring borders the print has beside it; brightness, contrast and shift are free at every place. Blur that is
the same on both sides of a border cancels, so the shift has no bias where the blur is judged a little wrong.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TO_WAY = 0.5 / math.sin(math.radians(22.5))

_TABLE_REACH = 5.0
_TABLE_STEPS = 512
_GRID = np.arange(-_TABLE_REACH * _TABLE_STEPS, _TABLE_REACH * _TABLE_STEPS + 1) / _TABLE_STEPS
_BELL = (np.exp(-0.5 * _GRID**2) / np.sqrt(2.0 * np.pi)).astype(np.float32)
_STEP = np.cumsum(_BELL.astype(np.float64)) / _TABLE_STEPS
_STEP = ((_STEP - 0.5 * _BELL / _TABLE_STEPS) / _STEP[-1]).astype(np.float32)

LEAST_PIXELS = 2.4
"""On either side of a border: with fewer, brightness, contrast and shift leave nothing to judge the fit by."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Strips:
    """Rows of K pixels across N borders.

    Attributes:
        light: (N, K) brightness; linear where the caller decoded it.
        across_px: (N, K) distance of each pixel from the expected border, positive towards black.
        pace_px: (N,) from one pixel to the next, across the border.
    """

    light: NDArray[np.float32]
    across_px: NDArray[np.float32]
    pace_px: NDArray[np.float64]


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


def gather(
    picture: NDArray[np.uint8],
    decode: NDArray[np.float32],
    pixels: NDArray[np.float64],
    normals: NDArray[np.float64],
    *,
    half: int,
) -> Strips:
    """Take strips of 2 half + 1 pixels across borders.

    Args:
        picture: (H, W) grey or (H, W, 3) BGR; whole strips lie inside it.
        decode: (256,) brightness of each byte.
        pixels: (N, 2) where borders are expected.
        normals: (N, 2) unit vectors across them, towards black.
        half: pixels on each side.
    """
    across_x, across_y = normals.T
    # Components beyond the sine of 22.5 degrees count as a step: the nearest of the eight ways.
    way_x, way_y = np.rint(across_x * _TO_WAY), np.rint(across_y * _TO_WAY)
    at_x, at_y = pixels.T
    nearest_x, nearest_y = np.rint(at_x), np.rint(at_y)
    offset = across_x * (nearest_x - at_x) + across_y * (nearest_y - at_y)
    pace = across_x * way_x + across_y * way_y
    steps = np.arange(-half, half + 1)[:, None]
    width = picture.shape[1]
    middle = (nearest_y * width + nearest_x).astype(np.intp)
    index = middle + (way_y * width + way_x).astype(np.intp) * steps
    if picture.ndim == 2:
        light = decode.take(picture.reshape(-1).take(index))
    else:
        # ITU-R BT.601, as OpenCV turns colour into grey.
        colours = picture.reshape(-1, 3)[index]
        light = decode[colours] @ np.array([0.114, 0.587, 0.299], np.float32)
    across = offset.astype(np.float32) + pace.astype(np.float32) * steps.astype(np.float32)
    return Strips(light=light.T, across_px=across.T, pace_px=pace)


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
    # (K, N) in memory: sums over a strip are sums of whole rows.
    t = strips.across_px.T
    reach_px = np.maximum(reach_px, LEAST_PIXELS * strips.pace_px)
    sharp = (1.0 / blur_px).astype(np.float32)
    curves = np.empty((4, *t.shape), np.float32)
    y, f, g, h = curves
    y[:] = strips.light.T
    z = t * sharp
    _table(z, step=f, bell=g)
    np.multiply(z, g, out=h)
    if (np.minimum(black_px, white_px) < reach_px + 3.0 * blur_px).any():
        step, bell = np.empty_like(f), np.empty_like(f)
        for side, distance in ((1.0, black_px), (-1.0, white_px)):
            away = z - (side * distance).astype(np.float32) * sharp
            _table(away, step=step, bell=bell)
            f -= step
            if side < 0.0:
                f += 1.0
            g -= bell
            h -= np.multiply(away, bell, out=away)
    # Derivatives by the shift and by the squared blur, px and px^2.
    g *= sharp
    h *= 0.5 * sharp**2
    inside = (np.abs(t) <= reach_px.astype(np.float32)).astype(np.float32)
    count = inside.sum(axis=0)
    curves *= inside
    curves -= (curves.sum(axis=1) / np.maximum(count, 1.0))[:, None] * inside
    yy, fy, gy, hy, ff, fg, fh, gg, gh, hh = _products(curves)
    determinant = ff * gg - fg * fg
    fair = (determinant > 1e-9) & (count >= 4.0)
    over = 1.0 / np.where(fair, determinant, 1.0)
    slope_f, slope_g = (gg * fy - fg * gy) * over, (ff * gy - fg * fy) * over
    # y = level - contrast f(t - shift), so the factor of f is -contrast and that of df/dt is contrast times shift.
    contrast = -slope_f
    left = np.maximum(yy - slope_f * fy - slope_g * gy, 0.0)
    noise = np.sqrt(left / np.maximum(count - 3.0, 1.0))
    seen = fair & (contrast > 0.0)
    usable = np.where(seen, contrast, 1.0)
    # The derivative by the blur, free of what brightness, contrast and shift explain already.
    hy = hy - slope_f * fh - slope_g * gh
    free = hh - (gg * fh * fh - 2.0 * fg * fh * gh + ff * gh * gh) * over
    known = seen & (free > 1e-6 * hh)
    free = np.where(known, free, 1.0) * usable
    return Shifts(
        shift_px=slope_g / usable,
        sigma_px=np.where(seen, np.sqrt(np.maximum(ff, 0.0) * over) / usable, np.inf),
        contrast=np.where(seen, contrast, 0.0),
        misfit=noise / usable,
        blur_change=np.where(known, hy / free, 0.0),
        blur_weight=np.where(known, free * usable, 0.0),
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


def _table(z: NDArray[np.float32], *, step: NDArray[np.float32], bell: NDArray[np.float32]) -> None:
    """Write the normal distribution and its density at z, to 2e-4 of a step."""
    index = z * np.float32(_TABLE_STEPS)
    index += np.float32(_TABLE_REACH * _TABLE_STEPS + 0.5)
    whole = index.astype(np.intp)
    _STEP.take(whole, mode="clip", out=step)
    _BELL.take(whole, mode="clip", out=bell)


def _products(curves: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    """Return the products of all pairs of curves (C, K, N), each summed over K: with itself and all after it."""
    for number in range(len(curves)):
        yield from np.einsum("kn,ckn->cn", curves[number], curves[number:]).astype(np.float64)
