"""The host's clock."""

import time


def now_ns() -> int:
    """Return the host's monotonic clock, ns: the clock of every time on the wire."""
    return time.monotonic_ns()
