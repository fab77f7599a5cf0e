"""Units by hand and there and back."""

import math

import numpy as np
import pytest

from orview import units


def test_units_by_hand() -> None:
    assert units.m_from_mm(1500.0) == 1.5
    assert units.mm_from_m(0.025) == 25.0
    assert units.MM_PER_INCH == 25.4
    assert units.ms_from_ns(2_500_000) == 2.5
    assert units.s_from_ns(1_500_000_000) == 1.5
    assert units.ns_from_ms(150.0) == 150_000_000
    assert units.ns_from_s(0.25) == 250_000_000
    assert units.rad_from_deg(180.0) == math.pi
    assert units.deg_from_rad(math.pi / 2) == 90.0


def test_arrays_convert_too() -> None:
    np.testing.assert_allclose(units.m_from_mm(np.array([1.0, 2000.0])), [0.001, 2.0])


@pytest.mark.parametrize("ns", [0, 1, 999, 123_456_789, 86_400 * 10**9])
def test_times_survive_there_and_back(ns: int) -> None:
    assert units.ns_from_ms(units.ms_from_ns(ns)) == ns
    assert units.ns_from_s(units.s_from_ns(ns)) == ns
    assert isinstance(units.ns_from_ms(0.5), int)
