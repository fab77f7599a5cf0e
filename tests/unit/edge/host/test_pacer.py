"""The pacer on a simulated link whose rate, delay and queue are known."""

import random

import pytest

from orview.edge.host.pacer import FIRST_BYTES_PER_S, HOLD_S, SHARE, Pacer
from orview.edge.network.tcp import Progress

PACKET = 1448
STEP_S = 0.001


class Link:
    """A bottleneck: what comes faster than it carries waits in it; acknowledgements come a round trip later."""

    def __init__(self, bytes_per_s: float, *, rtt_s: float, jitter_s: float = 0.0) -> None:
        self.bytes_per_s, self.rtt_s, self.jitter_s = bytes_per_s, rtt_s, jitter_s
        self.queued = self.worst_queue_s = self.sent = 0.0
        self._carried: list[float] = [0.0]
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
        return Progress(
            acked_bytes=round(acked),
            packets_under_way=round((self.sent - acked) / PACKET),
            rtt_s=late_s + self.queued / self.bytes_per_s,
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
    assert 0.95 * SHARE * link.bytes_per_s < pacer.bytes_per_s <= SHARE * link.bytes_per_s * 1.001
    # A quarter too fast for a window of a round trip and what it takes to see it, at most.
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
    run(link, seconds=1.0, pacer=pacer, begin_s=2.0)
    queued = link.queued
    run(link, seconds=1.0, pacer=pacer, begin_s=3.0)
    assert pacer.bytes_per_s == pytest.approx(SHARE * 5e6, rel=0.01)
    assert link.queued < queued - 1e6


def test_jitter_alone_does_not_push_the_rate_to_the_ground():
    link = Link(12.5e6, rtt_s=0.008, jitter_s=0.004)
    assert run(link, seconds=8.0).bytes_per_s > 0.4 * link.bytes_per_s


@pytest.mark.parametrize("change", [{"receiver_limited_s": 1.0}, {"rtt_s": 0.0052}, {"packets_under_way": 2}])
def test_slow_end_is_no_slow_link(change):
    pacer = Pacer()
    told = {"acked_bytes": 0, "packets_under_way": 50, "rtt_s": 0.02, "min_rtt_s": 0.005}
    pacer.step(Progress(**told, receiver_limited_s=0.0), now_s=0.0)
    assert not pacer.step(Progress(**({**told, "receiver_limited_s": 0.0} | change)), now_s=1.0)
    assert pacer.bytes_per_s == FIRST_BYTES_PER_S
    stuck = Progress(**told, receiver_limited_s=1.0)
    assert any(pacer.step(stuck, now_s=now_s) for now_s in (2.0, 3.0))
    assert pacer.bytes_per_s < FIRST_BYTES_PER_S
