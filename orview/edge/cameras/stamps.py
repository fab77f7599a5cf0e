"""When a picture of a live camera was taken, from the driver's stamp where it can be believed.

Linux' camera drivers stamp a frame with the monotonic clock when its first data arrive (V4L2's buffer timestamp,
`V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC`; OpenCV hands it on as `CAP_PROP_POS_MSEC`). That is later than the middle of the
exposure by half of it and the sensor's readout, the same for every picture of a mode. Where there is no such stamp, or
it cannot be one, the time a picture arrived stands in, which jitters by up to a frame.
"""

import math
from collections import deque
from statistics import median

from orview.units import NS_PER_MS, ns_from_ms

LONGEST_WAY_NS = 500 * NS_PER_MS
"""A stamp older than this when its picture arrives is of another clock, or of a picture from a queue."""

DRIVER_SIGMA_NS = NS_PER_MS
ARRIVAL_SIGMA_NS = 10 * NS_PER_MS
"""A third of a frame at 30 pictures a second."""

_REMEMBERED = 31


class StampClock:
    """Tells the time of each picture of one camera."""

    def __init__(self) -> None:
        self._last_ns = -1
        self._ways_ns: deque[int] = deque(maxlen=_REMEMBERED)

    def taken(self, driver_ms: float, *, arrived_ns: int) -> tuple[int, int]:
        """Return when a picture was taken and one standard deviation of that, both ns.

        Args:
            driver_ms: the driver's stamp, 0 or negative where there is none.
            arrived_ns: monotonic time the picture arrived.
        """
        driver_ns = ns_from_ms(driver_ms) if math.isfinite(driver_ms) else 0
        way_ns = arrived_ns - driver_ns
        believed = driver_ns > self._last_ns and driver_ns > 0 and 0 <= way_ns <= LONGEST_WAY_NS
        if believed:
            self._ways_ns.append(way_ns)
            taken_ns, sigma_ns = driver_ns, DRIVER_SIGMA_NS
        else:
            # The usual way from stamp to arrival, so that one missing stamp is no jump in time.
            taken_ns = arrived_ns - (round(median(self._ways_ns)) if self._ways_ns else 0)
            sigma_ns = ARRIVAL_SIGMA_NS
        self._last_ns = max(taken_ns, self._last_ns + 1)
        return self._last_ns, sigma_ns
