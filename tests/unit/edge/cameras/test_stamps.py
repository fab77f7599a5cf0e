"""The driver's stamp is believed where it can be one, and a missing one is no jump in time."""

import math

import numpy as np
import pytest

from orview.edge.cameras.stamps import ARRIVAL_SIGMA_NS, DRIVER_SIGMA_NS, StampClock
from orview.units import NS_PER_MS

FRAME_NS = 33 * NS_PER_MS


def test_a_drivers_stamp_is_taken_and_its_arrival_is_not() -> None:
    clock, rng = StampClock(), np.random.default_rng(0)
    for k in range(1, 50):
        stamped_ns = 10**12 + k * FRAME_NS
        arrived_ns = stamped_ns + int(rng.uniform(5, 25)) * NS_PER_MS
        taken_ns, sigma_ns = clock.taken(stamped_ns / NS_PER_MS, arrived_ns=arrived_ns)
        assert abs(taken_ns - stamped_ns) < 1000
        assert sigma_ns == DRIVER_SIGMA_NS


def test_one_missing_stamp_is_no_jump() -> None:
    clock = StampClock()
    for k in range(1, 20):
        stamped_ns = 10**12 + k * FRAME_NS
        driver_ms = 0.0 if k == 15 else stamped_ns / NS_PER_MS
        taken_ns, sigma_ns = clock.taken(driver_ms, arrived_ns=stamped_ns + 12 * NS_PER_MS)
        assert abs(taken_ns - stamped_ns) < NS_PER_MS
        assert sigma_ns == (ARRIVAL_SIGMA_NS if k == 15 else DRIVER_SIGMA_NS)


@pytest.mark.hazard("H12")
@pytest.mark.parametrize(
    "driver_ms",
    [0.0, -1.0, math.nan, math.inf, 1.78e12, 5.0, 10**6 + 10_000.0],
    ids=["none", "negative", "nan", "inf", "wall clock", "since boot of another", "future"],
)
def test_what_cannot_be_a_stamp_leaves_the_arrival(driver_ms: float) -> None:
    clock = StampClock()
    for k in range(1, 5):
        arrived_ns = 10**12 + k * FRAME_NS
        taken_ns, sigma_ns = clock.taken(driver_ms, arrived_ns=arrived_ns)
        assert (taken_ns, sigma_ns) == (arrived_ns, ARRIVAL_SIGMA_NS)


@pytest.mark.hazard("H12")
def test_time_never_goes_back() -> None:
    clock, rng = StampClock(), np.random.default_rng(4)
    last_ns = 0
    for k in range(1, 300):
        arrived_ns = 10**12 + k * FRAME_NS
        driver_ms = arrived_ns / NS_PER_MS - rng.uniform(-100.0, 700.0)
        taken_ns, _ = clock.taken(driver_ms, arrived_ns=arrived_ns)
        assert last_ns < taken_ns <= arrived_ns
        last_ns = taken_ns
