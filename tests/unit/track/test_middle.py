"""The quick median is the median."""

import numpy as np
import pytest

from orview.track.middle import middle_of


@pytest.mark.parametrize("count", [1, 3, 101])
def test_of_an_odd_number_it_is_the_median(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    assert middle_of(values) == np.median(values)


def test_of_an_even_number_it_is_the_upper_one() -> None:
    assert middle_of(np.array([4.0, 1.0, 3.0, 2.0])) == 3.0
