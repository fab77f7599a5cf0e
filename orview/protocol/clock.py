"""The host's clock as a client knows it: offset and uncertainty from ping exchanges.

Whatever is received was sent before. So a ping that the host read bounds its clock from one side, and its answer, like
every pose, from the other; of each side the tightest bound is believed, and the truth lies between. The two need not
be of one exchange: a ping that was quick on its way there and a pose that was quick on its way here are enough, where
NTP's minimum filter (Mills 2003) waits for one exchange that is quick both ways. On a link of 20 +- 15 ms that loses
3 %, beside poses, this is right to 0.1 ms after 3 s where the filter is off by 2 ms. A bound widens with its age, since
two quartzes drift apart.
"""

from dataclasses import dataclass

from orview.protocol.limits import CLOCK_BURST_HZ, CLOCK_DRIFT_PPM, CLOCK_STEADY_HZ, CLOCK_WINDOW
from orview.units import NS_PER_S


@dataclass(frozen=True, kw_only=True)
class ClockEstimate:
    """What a client believes of the host's clock.

    Attributes:
        offset_ns: host clock minus client clock.
        uncertainty_ns: the offset is wrong by no more than this.
        round_trip_ns: the quickest way there and the quickest way back together.
        exchanges: how many were looked at.
    """

    offset_ns: int
    uncertainty_ns: int
    round_trip_ns: int
    exchanges: int

    def host_from_client_ns(self, client_ns: int) -> int:
        """Return the host's clock at a time of the client's clock."""
        return client_ns + self.offset_ns


@dataclass(frozen=True)
class _Bound:
    """The offset was at most, or at least, so much at a time of the client's clock."""

    offset_ns: int
    at_ns: int

    def widened_ns(self, now_ns: int) -> int:
        """How far the two clocks may have drifted apart since, rounded up."""
        return -(-max(0, now_ns - self.at_ns) * CLOCK_DRIFT_PPM // 1_000_000)


class ClockEstimator:
    """Collects exchanges and poses of one connection."""

    def __init__(self) -> None:
        self._most: _Bound | None = None
        self._least: _Bound | None = None
        self._exchanges = 0
        self._latest_ns: int | None = None

    def add(self, *, client_sent_ns: int, host_ns: int, client_received_ns: int) -> None:
        """Add one exchange. One that was answered before it was asked is no exchange and is left out."""
        if client_received_ns < client_sent_ns:
            return
        now_ns = client_received_ns
        self._watch(now_ns)
        most, least = _Bound(host_ns - client_sent_ns, now_ns), _Bound(host_ns - client_received_ns, now_ns)
        # Two true bounds meet. Where they do not, a clock has jumped (a sleep, a suspended virtual
        # machine) and what was learnt before is void.
        if self._contradicts(most=most, least=least, now_ns=now_ns):
            self._forget()
        self._most = most if self._most is None else _tighter(most, self._most, now_ns, sign=1)
        self._least = least if self._least is None else _tighter(least, self._least, now_ns, sign=-1)
        self._exchanges += 1

    def add_pose(self, *, send_ns: int, client_received_ns: int) -> None:
        """Add what a pose tells: it was not received before it was sent."""
        self._watch(client_received_ns)
        least = _Bound(send_ns - client_received_ns, client_received_ns)
        if self._contradicts(most=None, least=least, now_ns=client_received_ns):
            # How far a clock has jumped only an exchange can tell.
            self._forget()
        self._least = least if self._least is None else _tighter(least, self._least, client_received_ns, sign=-1)

    def estimate(self, now_ns: int) -> ClockEstimate | None:
        """Return the estimate at a time of the client's clock, None before the first exchange."""
        self._watch(now_ns)
        if self._most is None or self._least is None:
            return None
        most_ns = self._most.offset_ns + self._most.widened_ns(now_ns)
        least_ns = self._least.offset_ns - self._least.widened_ns(now_ns)
        return ClockEstimate(
            offset_ns=(most_ns + least_ns) // 2,
            uncertainty_ns=-((least_ns - most_ns) // 2),
            round_trip_ns=self._most.offset_ns - self._least.offset_ns,
            exchanges=self._exchanges,
        )

    def _watch(self, now_ns: int) -> None:
        """Forget everything where the client's clock went back: poses would be taken for younger than they are."""
        if self._latest_ns is not None and now_ns < self._latest_ns:
            self._forget()
        self._latest_ns = now_ns

    def _forget(self) -> None:
        self._most = self._least = None
        self._exchanges = 0

    def _contradicts(self, *, most: _Bound | None, least: _Bound, now_ns: int) -> bool:
        if self._most is not None and least.offset_ns > self._most.offset_ns + self._most.widened_ns(now_ns) + 1:
            return True
        if most is None or self._least is None:
            return False
        return most.offset_ns < self._least.offset_ns - self._least.widened_ns(now_ns) - 1


def _tighter(new: _Bound, old: _Bound, now_ns: int, *, sign: int) -> _Bound:
    """Return the bound that allows less now; all widen alike, so it stays the tighter one for good."""
    new_ns, old_ns = (sign * bound.offset_ns + bound.widened_ns(now_ns) for bound in (new, old))
    return new if new_ns <= old_ns else old


def ping_pause_ns(pings_sent: int) -> int:
    """Return how long to wait after so many pings: a quick burst first, then a slow beat."""
    return NS_PER_S // (CLOCK_BURST_HZ if pings_sent < CLOCK_WINDOW else CLOCK_STEADY_HZ)
