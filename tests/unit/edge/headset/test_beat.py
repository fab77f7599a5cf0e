"""The beat of frames goes on whatever the clock does."""

import pytest

from orview.edge.headset.beat import Beat

PERIOD_NS = 16_000_000


def test_beats_keep_their_average_where_waiting_takes_a_little_longer():
    beat, now_ns = Beat(PERIOD_NS, now_ns=0), 0
    for _ in range(1000):
        now_ns += 2_000_000
        now_ns += beat.pause_ns(now_ns)
    assert now_ns == 1000 * PERIOD_NS


def test_a_late_beat_comes_at_once_and_is_not_caught_up_with():
    beat = Beat(PERIOD_NS, now_ns=0)
    assert beat.pause_ns(10 * PERIOD_NS) == 0
    assert beat.pause_ns(10 * PERIOD_NS) == PERIOD_NS


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("jump_s", [-3600.0, -3.0, -0.3, 0.3, 3.0, 3600.0])
def test_a_clock_that_jumps_never_stops_it(jump_s: float):
    start_ns = 10**13
    beat = Beat(PERIOD_NS, now_ns=start_ns)
    beat.pause_ns(start_ns)
    now_ns = start_ns + round(jump_s * 1e9)
    for _ in range(5):
        pause_ns = beat.pause_ns(now_ns)
        assert 0 <= pause_ns <= PERIOD_NS
        now_ns += pause_ns
