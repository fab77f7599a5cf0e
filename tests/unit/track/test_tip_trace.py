"""A trace is recorded from a rest on bone to a lift, thinned."""

import numpy as np
from numpy.typing import NDArray

from orview.track.tip_sight import TipSight
from orview.track.tip_trace import APART_MM, TipTrace
from orview.units import NS_PER_S

HZ = 30


class Hand:
    """Moves a tip over a plane, z = 0, and hands each sight to a trace."""

    def __init__(self) -> None:
        self.trace = TipTrace()
        self.rng = np.random.default_rng(3)
        self.number = 0
        self.place = np.array([0.0, 0.0, -80.0])

    def show(self, place: NDArray[np.float64] | None) -> None:
        self.number += 1
        self.trace.take(
            None
            if place is None
            else TipSight(
                taken_ns=self.number * NS_PER_S // HZ,
                position_board_mm=place + self.rng.normal(0.0, 0.1, 3),
                noise_mm2=0.01 * np.eye(3),
                shared_mm2=0.1 * np.eye(3),
            )
        )

    def rest(self, seconds: float) -> None:
        for _ in range(round(seconds * HZ)):
            self.show(self.place)

    def go(self, x: float, y: float, z: float, *, mm_s: float) -> None:
        end = np.array([x, y, z])
        count = max(round(float(np.linalg.norm(end - self.place)) / mm_s * HZ), 1)
        start = self.place
        for k in range(1, count + 1):
            self.show(start + (end - start) * k / count)
        self.place = end


def test_what_is_recorded_lies_on_the_bone_and_apart() -> None:
    hand = Hand()
    hand.go(0.0, 0.0, 0.0, mm_s=40.0)
    assert hand.trace.points_board_mm == []
    hand.rest(0.7)
    hand.go(60.0, 0.0, 0.0, mm_s=20.0)
    hand.go(60.0, 0.0, -60.0, mm_s=200.0)
    hand.go(0.0, 30.0, -60.0, mm_s=30.0)
    hand.go(0.0, 30.0, 0.0, mm_s=40.0)
    hand.rest(0.7)
    hand.go(60.0, 30.0, 0.0, mm_s=20.0)
    points = np.array(hand.trace.points_board_mm)
    assert 50 < len(points) <= 82
    assert np.abs(points[:, 2]).max() < 1.0
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + 99.0 * np.eye(len(points))
    assert apart.min() >= APART_MM


def test_a_hand_before_a_board_for_a_moment_does_not_end_a_recording() -> None:
    hand = Hand()
    hand.rest(0.7)
    hand.go(20.0, 0.0, -80.0, mm_s=20.0)
    before = len(hand.trace.points_board_mm)
    for _ in range(3):
        hand.show(None)
    hand.go(40.0, 0.0, -80.0, mm_s=20.0)
    assert len(hand.trace.points_board_mm) > before + 5


def test_a_longer_gap_ends_a_recording() -> None:
    hand = Hand()
    hand.rest(0.7)
    hand.go(20.0, 0.0, -80.0, mm_s=20.0)
    before = len(hand.trace.points_board_mm)
    for _ in range(HZ):
        hand.show(None)
    hand.go(40.0, 0.0, -80.0, mm_s=20.0)
    assert not hand.trace.recording
    assert len(hand.trace.points_board_mm) == before
