"""How fast a model may go: a little slower than the narrowest link on its way, so that no queue forms there.

A queue on the way delays every pose that passes it: 130 ms where a megabyte waits in an access point of 100 Mbit/s.
TCP fills such queues by design. Sent at three quarters of what the link carries, a model costs the poses nothing
(Cardwell and others 2017, "BBR", have the same aim; this is simpler, since it need not be fast to the last percent).
"""

from orview.edge.network.tcp import Progress

FIRST_BYTES_PER_S = 3e6
"""Less than any Wi-Fi worth the name carries."""
LEAST_BYTES_PER_S = 125e3
GROWTH = 1.15
SHARE = 0.75
"""Of what the link carries."""
CARRIED = 0.9
"""Of the rate: a link that brings less of it to the other end has found its limit."""
QUEUE_S = 0.002
QUEUE_PACKETS = 8
"""Round trips so much longer than the calmest, with so many packets under way, say that a queue stands on the way:
an acknowledgement that is merely late has one or two packets waiting for it."""
WINDOW_S = 0.01
JITTERS, MOST_JITTER_S = 6.0, 0.05
"""Length of a window in variations of the round trip, and at most: jitter bunches what is acknowledged."""
RETRY_S, HOLD_S = 0.1, 5.0
"""After a limit was met once, or found again where it was met: until more is tried."""
HELD_WINDOWS = 10
"""How much longer is looked while the rate is held: there is no hurry, and jitter must not push it down."""
FULL_WINDOWS = 2
"""In which less arrives than is sent while a queue stands, one after another, say that the link became slower."""


class Pacer:
    """Finds the rate of one transfer from what the kernel tells of it.

    The rate grows while the link carries it. It has met its limit when round trips grow: a queue stands on the way.
    Then the rate falls below that limit, and soon grows again, since a machine that hiccuped looks the same; where the
    limit is met again it stays for a while.

    Attributes:
        bytes_per_s: the rate now.
    """

    def __init__(self) -> None:
        self.bytes_per_s = FIRST_BYTES_PER_S
        self._since: tuple[float, Progress] | None = None
        self._calmest_rtt_s = float("inf")
        self._ask_from_s = self._grow_from_s = 0.0
        self._limit = 0.0
        self._carried = FIRST_BYTES_PER_S
        self._full_windows = 0

    def step(self, progress: Progress, *, now_s: float) -> bool:
        """Take the newest progress; returns whether the rate changed. Times (s) are of any monotonic clock."""
        if now_s < self._ask_from_s:
            return False
        if self._since is None:
            self._since = (now_s, progress)
            return False
        since_s, since = self._since
        growing, passed_s = now_s >= self._grow_from_s, now_s - since_s
        if growing and self._queues(progress):
            # A queue is not let grow until the window ends.
            self._meet_limit(self._carried, progress, now_s=now_s)
            return True
        if passed_s < self._window_s(progress, growing=growing):
            return False
        self._since = (now_s, progress)
        if progress.receiver_limited_s > since.receiver_limited_s:
            return False  # The other end is slow: that says nothing of the link.
        self._calmest_rtt_s = min(self._calmest_rtt_s, progress.rtt_s)
        carried = (progress.acked_bytes - since.acked_bytes) / passed_s
        full = carried < CARRIED * self.bytes_per_s and self._queues(progress)
        self._full_windows = self._full_windows + 1 if full else 0
        if self._full_windows == FULL_WINDOWS:
            self._meet_limit(carried, progress, now_s=now_s)
        elif growing and carried >= CARRIED * self.bytes_per_s:
            self._carried = carried
            self._set(GROWTH * self.bytes_per_s, progress, now_s=now_s)
        else:
            return False
        return True

    def _meet_limit(self, limit: float, progress: Progress, *, now_s: float) -> None:
        again = limit < self._limit / SHARE
        self._limit = limit
        self._full_windows = 0
        self._grow_from_s = now_s + (HOLD_S if again else RETRY_S)
        self._set(max(SHARE * limit, LEAST_BYTES_PER_S), progress, now_s=now_s)

    def _set(self, bytes_per_s: float, progress: Progress, *, now_s: float) -> None:
        self.bytes_per_s = bytes_per_s
        # What is acknowledged within the next round trip was sent at the rate before.
        self._since = None
        self._ask_from_s = now_s + progress.rtt_s

    def _window_s(self, progress: Progress, *, growing: bool) -> float:
        shortest_s = max(WINDOW_S, min(JITTERS * progress.rtt_variation_s, MOST_JITTER_S))
        if growing:
            return max(shortest_s, progress.rtt_s)
        return HELD_WINDOWS * max(shortest_s, progress.min_rtt_s)

    def _queues(self, progress: Progress) -> bool:
        calm_s = max(self._calmest_rtt_s, progress.min_rtt_s)
        longer_s = progress.rtt_s - calm_s
        return longer_s > QUEUE_S + progress.rtt_variation_s and progress.packets_under_way >= QUEUE_PACKETS
