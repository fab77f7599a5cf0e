"""What a pointer does, told from picture to picture to who holds it: not seen, to be lifted, moving, still, taken."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.track.tip_rest import TREMOR_MM, TipRest
from orview.track.tip_sight import Rest, TipSight, TipState
from orview.units import NS_PER_S

STILL_NS = NS_PER_S // 5
"""A tip that is still for so long is told to stay so."""

_GATE = 16.27
"""Squared distance that 99.9 % of three normal variables keep within."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TipNews:
    """What the newest picture says of a tip.

    Attributes:
        state: what it does.
        rest: its newest rest, None before the first.
    """

    state: TipState
    rest: Rest | None


class TipWatch:
    """Follows a tip from when somebody asked for a touch: a rest that began before is none."""

    def __init__(self) -> None:
        self._resting = TipRest()
        self._rest: Rest | None = None
        self._still_at: TipSight | None = None

    def take(self, sight: TipSight | None) -> TipNews:
        """Take what the next picture shows, None where it does not show the tip."""
        rest = self._resting.take(sight)
        if rest is not None:
            self._rest = rest
        return TipNews(state=self._state(sight), rest=self._rest)

    def _state(self, sight: TipSight | None) -> TipState:
        if sight is None:
            self._still_at = None
            return TipState.UNSEEN
        still_ns = self._still_ns(sight)
        if not self._resting.lifted:
            return TipState.LIFT if self._rest is None else TipState.TAKEN
        return TipState.STILL if still_ns >= STILL_NS else TipState.MOVING

    def _still_ns(self, sight: TipSight) -> int:
        """Return for how long the tip has been within noise and tremor of one place."""
        began = self._still_at
        if began is None or not _together(began, sight):
            self._still_at = began = sight
        return sight.taken_ns - began.taken_ns


def _together(one: TipSight, other: TipSight) -> bool:
    off: NDArray[np.float64] = other.position_board_mm - one.position_board_mm
    spread = one.noise_mm2 + other.noise_mm2 + 2.0 * TREMOR_MM**2 * np.eye(3)
    return bool(off @ np.linalg.solve(spread, off) <= _GATE)
