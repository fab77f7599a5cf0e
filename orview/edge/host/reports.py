"""What one device reported of late: the newest, and the median and the 95 % of a minute of ages and latencies."""

from collections import deque

from orview.protocol.messages import Report
from orview.units import NS_PER_S

KEPT_NS = 60 * NS_PER_S
MOST_KEPT = 120
"""Reports come once a second; who sends more often is judged by the newest of them."""


class Spread:
    """Median and 95 % of one number over the last minute."""

    def __init__(self) -> None:
        self._values: deque[tuple[int, float]] = deque(maxlen=MOST_KEPT)

    def take(self, value: float | None, *, now_ns: int) -> None:
        """Take the newest value; None only lets older ones go."""
        while self._values and now_ns - self._values[0][0] > KEPT_NS:
            self._values.popleft()
        if value is not None:
            self._values.append((now_ns, value))

    def percentiles(self) -> tuple[float | None, float | None]:
        """Return median and 95 %, both values that were taken (nearest rank); None without any."""
        ordered = sorted(value for _, value in self._values)
        if not ordered:
            return None, None
        return ordered[(len(ordered) - 1) // 2], ordered[-(-95 * len(ordered) // 100) - 1]


class Reports:
    """The reports of one device."""

    def __init__(self) -> None:
        self.newest: Report | None = None
        self._pose_age, self._latency = Spread(), Spread()
        self.pose_age_ms: tuple[float | None, float | None] = (None, None)
        self.latency_ms: tuple[float | None, float | None] = (None, None)

    def take(self, report: Report, *, now_ns: int) -> None:
        """Take a report. The percentiles are worked out here, so that a list of many devices costs nothing at once."""
        self.newest = report
        self._pose_age.take(report.pose_age_ms, now_ns=now_ns)
        self._latency.take(report.latency_ms, now_ns=now_ns)
        self.pose_age_ms, self.latency_ms = self._pose_age.percentiles(), self._latency.percentiles()
