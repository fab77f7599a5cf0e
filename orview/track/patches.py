"""Whether small patches of a room at rest are still where they were: quick enough to ask in every picture.

Each patch is told as the remembered one, brighter or darker, shifted by a little (Lucas & Kanade 1981, one step). That
says whether something moved, not how: who wants to know that has to look closely.
"""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.track.strips import colours_of

MOST = 24
SIDE = 13
"""Samples along a side of a patch."""

STILL_PX = 0.2
"""In samples, root mean square over the patches that can be told."""

LEAST_LIKENESS = 0.5
"""Share of a patch's contrast that the remembered one explains; with less, something stands before it."""

LEAST_SHARE = 0.6
"""Of the patches that have to be seen."""

_BORDER = 1


class Patches:
    """Patches of one picture, to be found again in others.

    Args:
        picture: (H, W) grey or (H, W, 3) BGR.
        middles_px: (N, 2) where corners of things are, in no order.
        step_px: pixels from sample to sample.
    """

    def __init__(self, picture: NDArray[np.uint8], middles_px: NDArray[np.float64], *, step_px: int) -> None:
        height, width = picture.shape[:2]
        half = (SIDE // 2 + _BORDER + 1) * step_px
        low = np.rint(middles_px).astype(np.intp) - half
        inside = ((low >= 0) & (low + 2 * half + step_px <= (width, height))).all(axis=1)
        chosen = np.flatnonzero(inside)
        # Of many some from all over the picture.
        chosen = chosen[np.linspace(0, len(chosen) - 1, min(MOST, len(chosen))).astype(np.intp)]
        self._low = np.ascontiguousarray(low[chosen] + step_px)
        self._step = step_px
        remembered = np.empty((len(chosen), SIDE + 2 * _BORDER, SIDE + 2 * _BORDER))
        _sample(colours_of(picture), self._low, step_px, remembered)
        inner = remembered[:, 1:-1, 1:-1]
        across = 0.5 * (remembered[:, 1:-1, 2:] - remembered[:, 1:-1, :-2])
        down = 0.5 * (remembered[:, 2:, 1:-1] - remembered[:, :-2, 1:-1])
        shapes = np.stack([inner, across, down], axis=-1).reshape(len(chosen), SIDE * SIDE, 3)
        shapes -= shapes.mean(axis=1, keepdims=True)
        damped = shapes.swapaxes(1, 2) @ shapes + 1e-3 * np.eye(3)
        self._shapes = np.ascontiguousarray(shapes)
        self._inverse = np.asarray(np.linalg.inv(damped), dtype=np.float64)
        self._seen = np.empty_like(remembered)

    def __len__(self) -> int:
        return len(self._low)

    def rest_in(self, picture: NDArray[np.uint8]) -> bool:
        """Return whether most patches can be told in a picture of the same size, and lie where they did."""
        if not len(self):
            return False
        _sample(colours_of(picture), self._low, self._step, self._seen)
        told, squares = _shifts(self._seen, self._shapes, self._inverse)
        return told >= LEAST_SHARE * len(self) and squares <= STILL_PX**2 * told


@compiled
def _sample(picture: NDArray[np.uint8], low: NDArray[np.intp], step: int, samples: NDArray[np.float64]) -> None:
    """Write patches (N, S, S) of a picture (H, W, 1 or 3): each sample a mean of four pixels, green where there is."""
    channel, apart = picture.shape[2] // 2, max(step // 2, 1)
    for n in range(len(low)):
        for i in range(samples.shape[1]):
            y = low[n, 1] + i * step
            for j in range(samples.shape[2]):
                x = low[n, 0] + j * step
                total = int(picture[y, x, channel]) + int(picture[y, x + apart, channel])
                total += int(picture[y + apart, x, channel]) + int(picture[y + apart, x + apart, channel])
                samples[n, i, j] = 0.25 * total


@compiled
def _shifts(
    samples: NDArray[np.float64], shapes: NDArray[np.float64], inverse: NDArray[np.float64]
) -> tuple[int, float]:
    """Return how many patches can be told, and the sum of the squares of how far they lie from where they were."""
    told, squares = 0, 0.0
    pull = np.empty(3)
    for n in range(len(samples)):
        pull[:] = 0.0
        total, power = 0.0, 0.0
        for k in range(SIDE * SIDE):
            value = samples[n, _BORDER + k // SIDE, _BORDER + k % SIDE]
            total += value
            power += value * value
            for i in range(3):
                pull[i] += shapes[n, k, i] * value
        power -= total * total / (SIDE * SIDE)
        explained = 0.0
        for i in range(3):
            for j in range(3):
                explained += pull[i] * inverse[n, i, j] * pull[j]
        gain = inverse[n, 0, 0] * pull[0] + inverse[n, 0, 1] * pull[1] + inverse[n, 0, 2] * pull[2]
        if explained < LEAST_LIKENESS * power or gain <= 0.0:
            continue
        told += 1
        for axis in (1, 2):
            shift = inverse[n, axis, 0] * pull[0] + inverse[n, axis, 1] * pull[1] + inverse[n, axis, 2] * pull[2]
            squares += (shift / gain) ** 2
    return told, squares
