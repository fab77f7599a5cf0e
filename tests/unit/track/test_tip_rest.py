"""A tip that rests is told once, after it was lifted, and with an error that does not average away."""

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.track.tip_rest import TipRest
from orview.track.tip_sight import Rest, TipSight
from orview.units import NS_PER_S

HZ = 30
NOISE = np.diag([0.02, 0.03, 0.1])
SHARED = np.diag([0.2, 0.1, 0.3])
START, SPOT = np.array([0.0, 0.0, 0.0]), np.array([40.0, -20.0, 15.0])


class Hand:
    """Moves a tip and hands each sight to a watch."""

    def __init__(self, *, seed: int = 0) -> None:
        self.watch = TipRest()
        self.rng = np.random.default_rng(seed)
        self.number = 0

    def show(self, places: Iterable[NDArray[np.float64] | None]) -> list[Rest]:
        found = []
        for place in places:
            self.number += 1
            sight = None
            if place is not None:
                sight = TipSight(
                    taken_ns=self.number * NS_PER_S // HZ,
                    position_board_mm=place + self.rng.multivariate_normal(np.zeros(3), NOISE),
                    noise_mm2=NOISE,
                    shared_mm2=SHARED,
                )
            rest = self.watch.take(sight)
            found += [] if rest is None else [rest]
        return found

    def rest(self, place: NDArray[np.float64], seconds: float) -> list[Rest]:
        return self.show([place] * round(seconds * HZ))

    def go(self, start: NDArray[np.float64], end: NDArray[np.float64], *, mm_s: float = 100.0) -> list[Rest]:
        count = max(round(float(np.linalg.norm(end - start)) / mm_s * HZ), 2)
        return self.show(start + (end - start) * k / count for k in range(count))


def test_a_rest_is_taken_once_and_lies_where_the_tip_was() -> None:
    squares = []
    for seed in range(40):
        hand = Hand(seed=seed)
        assert hand.rest(START, 2.0) == []
        assert hand.go(START, SPOT) == []
        (rest,) = hand.rest(SPOT, 3.0)
        error = rest.position_board_mm - SPOT
        by_noise = rest.covariance_mm2 - SHARED
        squares.append(float(error @ np.linalg.solve(by_noise, error)))
        assert rest.pictures >= 20
    # Noise here is new in every picture, and the watch counts neighbours as alike: less than the 3 of three directions.
    assert 0.2 < np.mean(squares) < 3.0


def test_only_the_noise_gets_smaller_by_averaging() -> None:
    hand = Hand()
    hand.rest(START, 0.2)
    hand.go(START, SPOT)
    (rest,) = hand.rest(SPOT, 1.0)
    np.testing.assert_allclose(rest.shared_mm2, SHARED)
    by_noise = rest.covariance_mm2 - SHARED
    assert np.linalg.eigvalsh(by_noise)[0] > 0.0
    assert np.trace(NOISE) / 21 < np.trace(by_noise) < np.trace(NOISE) / 2


def test_the_same_place_counts_again_once_the_tip_was_lifted() -> None:
    hand = Hand()
    hand.rest(START, 0.2)
    hand.go(START, SPOT)
    assert len(hand.rest(SPOT, 1.0)) == 1
    assert hand.rest(SPOT + np.array([2.0, 0.0, 0.0]), 2.0) == []
    assert hand.go(SPOT, SPOT + np.array([0.0, -20.0, 0.0])) == []
    hand.go(SPOT + np.array([0.0, -20.0, 0.0]), SPOT)
    assert len(hand.rest(SPOT, 1.0)) == 1


def test_one_wrong_picture_is_no_lift_and_moves_no_rest() -> None:
    hand = Hand()
    hand.rest(START, 0.5)
    assert hand.show([START + np.array([60.0, 0.0, 0.0])]) == []
    assert hand.rest(START, 2.0) == []
    hand.go(START, SPOT)
    found = hand.show([SPOT if k != 12 else SPOT + np.array([25.0, 0.0, 0.0]) for k in range(30)])
    assert len(found) == 1
    assert np.linalg.norm(found[0].position_board_mm - SPOT) < 0.5


@pytest.mark.parametrize("hidden", [1, 10])
def test_a_picture_without_the_tip_breaks_a_rest(hidden: int) -> None:
    hand = Hand()
    hand.rest(START, 0.2)
    hand.go(START, SPOT)
    for _ in range(4):
        assert hand.rest(SPOT, 0.5) == []
        assert hand.show([None] * hidden) == []
    assert len(hand.rest(SPOT, 1.0)) == 1


def test_a_gap_between_pictures_breaks_a_rest() -> None:
    hand = Hand()
    hand.rest(START, 0.2)
    hand.go(START, SPOT)
    hand.rest(SPOT, 0.5)
    hand.number += HZ
    assert hand.rest(SPOT, 0.5) == []


@pytest.mark.parametrize("mm_s", [3.0, 10.0, 60.0])
def test_a_tip_that_slides_does_not_rest(mm_s: float) -> None:
    hand = Hand()
    hand.rest(START, 0.2)
    hand.go(START, SPOT)
    assert hand.go(SPOT, SPOT + np.array([0.0, 3.0 * mm_s, 0.0]), mm_s=mm_s) == []


def test_a_trembling_tip_says_a_larger_error() -> None:
    rng = np.random.default_rng(4)
    errors = []
    for tremor_mm in (0.0, 0.5):
        hand = Hand(seed=1)
        hand.rest(START, 0.2)
        hand.go(START, SPOT)
        (rest, *_) = hand.show(SPOT + rng.normal(0.0, tremor_mm, 3) for _ in range(60))
        errors.append(float(np.trace(rest.covariance_mm2 - SHARED)))
    assert errors[1] > 2.0 * errors[0]
