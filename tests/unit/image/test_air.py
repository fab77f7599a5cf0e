"""What a CT did not measure reads as air, and it is said how much that is."""

import numpy as np
import pytest

from orview.image.air import AIR_HU, clear_outside, outside_words


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_marks_of_what_was_not_scanned_become_air(dtype: type) -> None:
    grey = np.full((10, 10), -1000, dtype=dtype)
    grey[:5] = -3024
    grey[6, 6] = -1300
    assert clear_outside(grey) == 50
    assert (grey[:5] == AIR_HU).all()
    assert grey[6, 6] == -1300, "noise is no padding"
    assert clear_outside(grey) == 0


def test_how_much_it_is_is_said() -> None:
    assert outside_words(0.0) == []
    assert [finding.code for finding in outside_words(0.6)] == ["OUTSIDE_SCAN"]
    assert outside_words(0.6)[0].message.startswith("60.0 %")
