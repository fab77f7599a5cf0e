"""The pacer on a simulated link whose rate, delay and queue are known."""

import random

import pytest

from orview.edge.host.pacer import FIRST_BYTES_PER_S, HOLD_S, Pacer
from orview.edge.network.tcp import Progress

PACKET = 1448
STEP_S = 0.001


class Link:
    """A bottleneck: what comes faster than it carries waits in it; acknowledgements come a round trip later."""

    def __init__(self, bytes_per_s: float, *, rtt_s: float, jitter_s: float = 0.0) -> None:
        self.bytes_per_s, self.rtt_s, self.jitter_s = bytes_per_s, rtt_s, jitter_s
        self.queued = self.worst_queue_s = self.sent = 0.0
        self._carried: list[float] = [0.0]
        self._smooth_s, self._variation_s = rtt_s, 0.0
        self._random = random.Random(1)

    def send(self, bytes_per_s: float) -> Progress:
        """Send at this rate for a step."""
        self.sent += bytes_per_s * STEP_S
        self.queued += bytes_per_s * STEP_S
        self.queued -= min(self.queued, self.bytes_per_s * STEP_S)
        self.worst_queue_s = max(self.worst_queue_s, self.queued / self.bytes_per_s)
        self._carried.append(self.sent - self.queued)
        late_s = self.rtt_s + self._random.uniform(0.0, self.jitter_s)
        acked = self._carried[max(0, len(self._carried) - 1 - round(late_s / STEP_S))]
        # As the kernel does (RFC 6298).
        now_s = late_s + self.queued / self.bytes_per_s
        self._variation_s += (abs(now_s - self._smooth_s) - self._variation_s) / 4
        self._smooth_s += (now_s - self._smooth_s) / 8
        return Progress(
            acked_bytes=round(acked),
            packets_under_way=round((self.sent - acked) / PACKET),
            rtt_s=self._smooth_s,
            rtt_variation_s=self._variation_s,
            min_rtt_s=self.rtt_s,
            receiver_limited_s=0.0,
        )


def run(link: Link, *, seconds: float, pacer: Pacer | None = None, begin_s: float = 0.0) -> Pacer:
    pacer = pacer or Pacer()
    for step in range(round(seconds / STEP_S)):
        pacer.step(link.send(pacer.bytes_per_s), now_s=begin_s + step * STEP_S)
    return pacer


@pytest.mark.parametrize("mbit_per_s", [40, 100, 300])
def test_rate_comes_to_rest_below_what_the_link_carries_and_never_fills_its_queue(mbit_per_s):
    link = Link(mbit_per_s * 1e6 / 8, rtt_s=0.008)
    pacer = run(link, seconds=2.0)
    assert 0.6 * link.bytes_per_s < pacer.bytes_per_s < 0.8 * link.bytes_per_s
    assert link.worst_queue_s < 0.008
    assert link.queued == 0


def test_link_that_became_faster_is_used_again():
    link = Link(5e6, rtt_s=0.005)
    pacer = run(link, seconds=1.0)
    assert pacer.bytes_per_s < 5e6
    link.bytes_per_s = 50e6
    run(link, seconds=HOLD_S + 1.0, pacer=pacer, begin_s=1.0)
    assert pacer.bytes_per_s > 20e6


def test_link_that_became_slower_is_followed_down():
    link = Link(50e6, rtt_s=0.005)
    pacer = run(link, seconds=2.0)
    link.bytes_per_s = 5e6
    run(link, seconds=3.0, pacer=pacer, begin_s=2.0)
    queued = link.queued
    run(link, seconds=1.0, pacer=pacer, begin_s=5.0)
    assert 0.6 * 5e6 < pacer.bytes_per_s < 0.8 * 5e6
    assert link.queued < queued - 1e6


def test_jitter_alone_does_not_push_the_rate_to_the_ground():
    link = Link(12.5e6, rtt_s=0.008, jitter_s=0.004)
    assert run(link, seconds=8.0).bytes_per_s > 0.4 * link.bytes_per_s


def told(**changes: float) -> Progress:
    """A queue of 15 ms and 50 packets on the way, nothing arriving, except where said."""
    given = {"acked_bytes": 0, "packets_under_way": 50, "rtt_s": 0.02, "rtt_variation_s": 0.001, "min_rtt_s": 0.005}
    return Progress(**(given | {"receiver_limited_s": 0.0} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"rtt_s": 0.0075}, {"packets_under_way": 2}, {"rtt_variation_s": 0.02}])
def test_slow_end_is_no_slow_link(change):
    pacer = Pacer()
    for now_s in (0.0, 1.0):
        pacer.step(told(rtt_s=0.005, packets_under_way=5), now_s=now_s)
    for now_s in (2.0, 3.0, 4.0):
        assert not pacer.step(told(**change), now_s=now_s)
    assert pacer.bytes_per_s == FIRST_BYTES_PER_S
    assert pacer.step(told(), now_s=5.0)
    assert pacer.bytes_per_s < FIRST_BYTES_PER_S
