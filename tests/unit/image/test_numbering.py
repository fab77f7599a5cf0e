"""Numbers that contradict places are refused, told, or told to be none (hazard H15)."""

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.image.numbering import check_locations, check_numbering


@pytest.mark.parametrize("numbers", [range(1, 41), range(40, 0, -1)])
def test_either_direction_is_an_order(numbers: range) -> None:
    assert check_numbering(list(numbers)) == []


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("direction", [1, -1])
def test_any_two_exchanged_slices_are_refused(direction: int) -> None:
    for a in range(12):
        for b in range(a):
            numbers = list(range(1, 13))[::direction]
            numbers[a], numbers[b] = numbers[b], numbers[a]
            with pytest.raises(RefusedError, match="numbered the other way round"):
                check_numbering(numbers)


@pytest.mark.hazard("H15")
def test_an_exchanged_block_is_refused() -> None:
    numbers = [*range(1, 11), *range(21, 31), *range(11, 21), *range(31, 41)]
    with pytest.raises(RefusedError, match="Slices 20 and 21"):
        check_numbering(numbers)


def test_numbers_in_no_order_are_told() -> None:
    numbers = (1 + np.random.default_rng(2).permutation(40)).tolist()
    assert [finding.code for finding in check_numbering(numbers)] == ["NUMBERS_UNORDERED"]


@pytest.mark.parametrize("numbers", [[None, 1, 2], [1, 1, 1], [1, 2, 2]])
def test_numbers_that_tell_nothing(numbers: list[int | None]) -> None:
    assert [finding.code for finding in check_numbering(numbers)] == ["SLICES_UNNUMBERED"]


def test_parts_of_a_series() -> None:
    assert [finding.code for finding in check_numbering(list(range(139, 199)))] == ["SERIES_PART"]
    assert [finding.code for finding in check_numbering(list(range(0, 40, 2)))] == ["SLICES_LEFT_OUT"]


@pytest.mark.hazard("H15")
def test_locations_that_run_back_are_refused_and_others_tell_nothing() -> None:
    locations = [2.5 * n for n in range(20)]
    check_locations(locations)
    check_locations(locations[::-1])
    check_locations([0.0] * 20)
    check_locations([None, *locations])
    check_locations(np.random.default_rng(1).permutation(locations).tolist())
    locations[7], locations[8] = locations[8], locations[7]
    with pytest.raises(RefusedError, match=r"Slices 8 and 9 .* stated locations"):
        check_locations(locations)
