"""How fast a model may go: a little slower than the narrowest link on its way, so that no queue forms there.

A queue on the way delays every pose that passes it: 130 ms where a megabyte waits in an access point of 100 Mbit/s.
TCP fills such queues by design. Sent at three quarters of what the link carries, a model costs the poses nothing
(Cardwell and others 2017, "BBR", have the same aim; this is simpler, since it need not be fast to the last percent).
"""

from orview.edge.network.tcp import Progress

FIRST_BYTES_PER_S = 3e6
"""Less than any Wi-Fi worth the name carries."""
LEAST_BYTES_PER_S = 125e3
GROWTH = 1.25
SHARE = 0.75
"""Of what the link carries."""
CARRIED = 0.9
"""Of the rate: a link that brings less of it to the other end has found its limit."""
QUEUE_S = 0.001
QUEUE_PACKETS = 8
"""Round trips so much longer than the shortest, with so many packets under way, say that a queue stands on the way:
an acknowledgement that is merely late has one or two packets waiting for it."""
WINDOW_S = 0.01
HOLD_S = 5.0
"""After a limit was found, until more is tried."""
HELD_WINDOWS = 10
"""How much longer is looked while the rate is held: jitter bunches acknowledgements, and must not push it down."""


class Pacer:
    """Finds the rate of one transfer from what the kernel tells of it.

    The rate grows while the link carries it. It has found its limit when less arrives than is sent and round trips
    grow; then the rate falls below that limit, and stays for a while.

    Attributes:
        bytes_per_s: the rate now.
    """

    def __init__(self) -> None:
        self.bytes_per_s = FIRST_BYTES_PER_S
        self._since: tuple[float, Progress] | None = None
        self._ask_from_s = 0.0
        self._grow_from_s = 0.0

    def step(self, progress: Progress, *, now_s: float) -> bool:
        """Take the newest progress; returns whether the rate changed. Times (s) are of any monotonic clock."""
        if now_s < self._ask_from_s:
            return False
        if self._since is None:
            self._since = (now_s, progress)
            return False
        since_s, since = self._since
        growing = now_s >= self._grow_from_s
        window_s = max(WINDOW_S, progress.rtt_s) if growing else HELD_WINDOWS * max(WINDOW_S, progress.min_rtt_s)
        if now_s - since_s < window_s:
            return False
        carried = (progress.acked_bytes - since.acked_bytes) / (now_s - since_s)
        self._since = (now_s, progress)
        if progress.receiver_limited_s > since.receiver_limited_s:
            return False  # The other end is slow: that says nothing of the link.
        if carried < CARRIED * self.bytes_per_s:
            if progress.rtt_s - progress.min_rtt_s < QUEUE_S or progress.packets_under_way < QUEUE_PACKETS:
                return False  # Nothing waits on the way: this end was slow.
            self.bytes_per_s = max(SHARE * carried, LEAST_BYTES_PER_S)
            self._grow_from_s = now_s + HOLD_S
        elif growing:
            self.bytes_per_s *= GROWTH
        else:
            return False
        # What is acknowledged within the next round trip was sent at the rate before.
        self._since = None
        self._ask_from_s = now_s + progress.rtt_s
        return True
