"""What a tip does is told from picture to picture, and what lay still before somebody asked is no touch."""

import numpy as np

from orview.track.tip_sight import TipSight, TipState
from orview.track.tip_watch import STILL_NS, TipNews, TipWatch
from orview.units import NS_PER_S

HZ = 30
NOISE = 0.05**2 * np.eye(3)
START, SPOT = np.zeros(3), np.array([40.0, -20.0, 15.0])


class Hand:
    """Moves a tip and hands each sight to a watch."""

    def __init__(self) -> None:
        self.watch = TipWatch()
        self.rng = np.random.default_rng(3)
        self.number = 0

    def show(self, place: np.ndarray | None) -> TipNews:
        self.number += 1
        if place is None:
            return self.watch.take(None)
        return self.watch.take(
            TipSight(
                taken_ns=self.number * NS_PER_S // HZ,
                position_board_mm=place + self.rng.multivariate_normal(np.zeros(3), NOISE),
                noise_mm2=NOISE,
                shared_mm2=0.1 * np.eye(3),
            )
        )

    def rest(self, place: np.ndarray, seconds: float) -> list[TipState]:
        return [self.show(place).state for _ in range(round(seconds * HZ))]

    def go(self, start: np.ndarray, end: np.ndarray) -> list[TipState]:
        return [self.show(start + (end - start) * k / 14).state for k in range(15)]


def test_a_touch_is_told_step_by_step() -> None:
    hand = Hand()
    assert hand.show(None).state is TipState.UNSEEN
    assert set(hand.rest(START, 2.0)) == {TipState.LIFT}
    states = hand.go(START, SPOT)
    assert states[-1] is TipState.MOVING
    states = hand.rest(SPOT, 1.5)
    first = states.index(TipState.STILL)
    assert abs(first - STILL_NS * HZ / NS_PER_S) <= 2
    taken = states.index(TipState.TAKEN)
    assert set(states[first:taken]) == {TipState.STILL}
    assert set(states[taken:]) == {TipState.TAKEN}
    rest = hand.show(SPOT).rest
    assert rest is not None
    assert np.linalg.norm(rest.position_board_mm - SPOT) < 0.1


def test_the_newest_rest_is_told_until_there_is_another() -> None:
    hand = Hand()
    hand.show(START)
    hand.go(START, SPOT)
    hand.rest(SPOT, 1.0)
    first = hand.show(SPOT).rest
    assert hand.show(None).rest is first
    hand.go(SPOT, START)
    assert hand.show(START).rest is first
    hand.rest(START, 1.0)
    second = hand.show(START).rest
    assert first is not None
    assert second is not None
    assert second.taken_ns > first.taken_ns


def test_a_hand_that_trembles_more_than_noise_is_not_told_to_hold_still() -> None:
    hand = Hand()
    hand.show(START)
    hand.go(START, SPOT)
    states = [hand.show(SPOT + 4.0 * np.array([np.sin(0.9 * k), np.cos(1.1 * k), 0.0])).state for k in range(60)]
    assert TipState.STILL not in states
    assert TipState.TAKEN not in states
