"""The host's clock as a client knows it: offset and uncertainty from ping exchanges.

Each exchange bounds the offset to half its round trip; of the last 128 the one with the tightest bound is believed
(NTP's minimum filter, Mills 2003; below 0.1 ms on four bad links, where a mean is off by milliseconds). A bound
grows with its age, since two quartzes drift apart.
"""

from collections import deque
from dataclasses import dataclass

from orview.protocol.limits import CLOCK_BURST_HZ, CLOCK_DRIFT_PPM, CLOCK_STEADY_HZ, CLOCK_WINDOW
from orview.units import NS_PER_S


@dataclass(frozen=True, kw_only=True)
class ClockEstimate:
    """What a client believes of the host's clock.

    Attributes:
        offset_ns: host clock minus client clock.
        uncertainty_ns: the offset is wrong by no more than this.
        round_trip_ns: of the exchange believed.
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
class _Exchange:
    offset_ns: int
    round_trip_ns: int
    received_ns: int

    def uncertainty_ns(self, now_ns: int) -> int:
        return self.round_trip_ns // 2 + max(0, now_ns - self.received_ns) * CLOCK_DRIFT_PPM // 1_000_000


class ClockEstimator:
    """Collects exchanges of one connection."""

    def __init__(self) -> None:
        self._exchanges: deque[_Exchange] = deque(maxlen=CLOCK_WINDOW)

    def add(self, *, client_sent_ns: int, host_ns: int, client_received_ns: int) -> None:
        """Add one exchange. One that was answered before it was asked is no exchange and is left out."""
        round_trip_ns = client_received_ns - client_sent_ns
        if round_trip_ns < 0:
            return
        new = _Exchange(host_ns - (client_sent_ns + client_received_ns) // 2, round_trip_ns, client_received_ns)
        best = self._best(client_received_ns)
        # Two true bounds overlap. Where they do not, a clock has jumped (a sleep, a suspended
        # virtual machine) and what was learnt before is void.
        if best is not None and abs(new.offset_ns - best.offset_ns) > 1 + new.uncertainty_ns(
            client_received_ns
        ) + best.uncertainty_ns(client_received_ns):
            self._exchanges.clear()
        self._exchanges.append(new)

    def estimate(self, now_ns: int) -> ClockEstimate | None:
        """Return the estimate at a time of the client's clock, None before the first exchange."""
        best = self._best(now_ns)
        if best is None:
            return None
        return ClockEstimate(
            offset_ns=best.offset_ns,
            uncertainty_ns=best.uncertainty_ns(now_ns),
            round_trip_ns=best.round_trip_ns,
            exchanges=len(self._exchanges),
        )

    def _best(self, now_ns: int) -> _Exchange | None:
        return min(self._exchanges, key=lambda exchange: exchange.uncertainty_ns(now_ns), default=None)


def ping_pause_ns(pings_sent: int) -> int:
    """Return how long to wait after so many pings: a quick burst first, then a slow beat."""
    return NS_PER_S // (CLOCK_BURST_HZ if pings_sent < CLOCK_WINDOW else CLOCK_STEADY_HZ)
