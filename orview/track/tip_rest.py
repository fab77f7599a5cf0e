"""When the tip of a pointer rests, and where: nobody presses a button with a pointer in the hand.

A rest is a stretch of pictures in which the tip stays within noise and the tremor of a hand, after it had been moved.
A picture without the tip ends it. Its place is the mean of the pictures that agree; of its error only the noise gets
smaller by averaging, and that less than by the count, as neighbouring pictures err alike.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from orview.track.pair_watch import mean_variance
from orview.track.tip_sight import Rest, TipSight
from orview.units import NS_PER_S

REST_NS = 7 * NS_PER_S // 10
LONGEST_GAP_NS = NS_PER_S // 5
"""Between two pictures of a rest: in a longer gap the tip may have been elsewhere."""

FEWEST_PICTURES = 5
AGREEING = 0.9
"""Of a rest's pictures, so many tell one place; the rest of them are left out."""

MOVED_MM = 10.0
"""The tip was lifted once it was so far away from where it rested last."""

MOVED_PICTURES = 3
"""In a row: one picture alone may be wrong."""

TREMOR_MM = 0.3
"""By so much along each axis a hand lets a resting tip slip and tilt, one sigma."""

DRIFT_MM = 0.15
"""The same of the means of the two halves of a rest; a tip that slides slowly goes farther."""

_GATE = 16.27
"""Squared distance that 99.9 % of three normal variables keep within."""

_DRIFT_GATE = 7.81
"""95 %: a rest that is taken for a slide is taken a picture later."""


class TipRest:
    """Watches for the tip to rest.

    Args:
        rest_ns: how long it must.
        moved_mm: how far it must have been lifted before, from where it rested last or was seen first.
    """

    def __init__(self, *, rest_ns: int = REST_NS, moved_mm: float = MOVED_MM) -> None:
        self._rest_ns, self._moved_mm = rest_ns, moved_mm
        self._sights: deque[TipSight] = deque()
        self._left: NDArray[np.float64] | None = None
        self._away = 0

    @property
    def lifted(self) -> bool:
        """Whether the tip was lifted since it rested last or was seen first, so that it may rest now."""
        return self._away >= MOVED_PICTURES

    def take(self, sight: TipSight | None) -> Rest | None:
        """Take what the next picture shows, None where it does not show the tip; returns a rest once it is one."""
        sights = self._sights
        if sight is None:
            sights.clear()
            return None
        if sights and not 0 < sight.taken_ns - sights[-1].taken_ns <= LONGEST_GAP_NS:
            sights.clear()
        sights.append(sight)
        while len(sights) > 1 and sight.taken_ns - sights[1].taken_ns >= self._rest_ns:
            sights.popleft()
        if not self._was_lifted(sight.position_board_mm):
            return None
        if len(sights) < FEWEST_PICTURES or sight.taken_ns - sights[0].taken_ns < self._rest_ns:
            return None
        rest = _rest_of(list(sights))
        if rest is not None:
            self._left, self._away = rest.position_board_mm, 0
            sights.clear()
        return rest

    def _was_lifted(self, position: NDArray[np.float64]) -> bool:
        if self._left is None:
            self._left = position
        if self._away < MOVED_PICTURES:
            away = float(np.linalg.norm(position - self._left)) >= self._moved_mm
            self._away = self._away + 1 if away else 0
        return self.lifted


def _rest_of(sights: list[TipSight]) -> Rest | None:
    """Return the place of a rest, None where the tip did not rest."""
    places = np.array([sight.position_board_mm for sight in sights])
    noise = np.array([sight.noise_mm2 for sight in sights])
    off = places - np.median(places, axis=0)
    kept = _squares(off, noise + TREMOR_MM**2 * np.eye(3)) <= _GATE
    count = int(kept.sum())
    if count < max(FEWEST_PICTURES, AGREEING * len(sights)):
        return None
    places, noise = places[kept], noise[kept]
    mean_noise, half = noise.mean(axis=0), count // 2
    mean = places.mean(axis=0)
    square_mm2 = float(np.square(places - mean).sum()) / (count - 1)
    wider = max(square_mm2 / float(np.trace(mean_noise)), 1.0)
    drift = places[half:].mean(axis=0) - places[:half].mean(axis=0)
    by_noise = 2.0 * mean_variance(half) * mean_noise
    if _squares(drift[None], (by_noise + DRIFT_MM**2 * np.eye(3))[None])[0] > _DRIFT_GATE:
        return None
    shared = np.array([sight.shared_mm2 for sight, used in zip(sights, kept, strict=True) if used]).mean(axis=0)
    return Rest(
        taken_ns=sights[-1].taken_ns,
        position_board_mm=mean,
        covariance_mm2=wider * mean_variance(count) * mean_noise + shared,
        shared_mm2=shared,
        pictures=count,
        scatter_mm=float(np.sqrt(square_mm2)),
    )


def _squares(arms: NDArray[np.float64], covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Mahalanobis' squared lengths (N,) of arms (N, 3)."""
    return np.asarray(np.einsum("ni,ni->n", arms, np.linalg.solve(covariances, arms[:, :, None])[:, :, 0]))
