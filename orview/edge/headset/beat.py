"""A regular beat by a clock that may jump."""


class Beat:
    """Says how long to wait for the next beat: never longer than a period, whatever the clock does.

    A late beat is not caught up with, so a machine that was held up does not draw frames in a row. A clock that jumped
    back would otherwise stop the beat until it is where it was (hazard H12).
    """

    def __init__(self, period_ns: int, *, now_ns: int) -> None:
        """Begin a beat.

        Args:
            period_ns: from beat to beat, ns.
            now_ns: the time of the first beat.
        """
        self._period_ns = period_ns
        self._next_ns = now_ns

    def pause_ns(self, now_ns: int) -> int:
        """Return how long to wait from now, ns, 0 to a period."""
        self._next_ns = min(max(self._next_ns + self._period_ns, now_ns), now_ns + self._period_ns)
        return self._next_ns - now_ns
