"""What a CT did not measure reads as air, and it is said how much that is."""

import numpy as np

from orview.image.air import AIR_HU, air_outside


def test_marks_of_what_was_not_scanned_become_air() -> None:
    array = np.full((2, 10, 10), -1000.0, dtype=np.float32)
    array[:, :5] = -3024.0
    array[0, 6, 6] = -1300.0
    found = air_outside(array, padded=0.1)
    assert (array[:, :5] == AIR_HU).all()
    assert array[0, 6, 6] == -1300.0, "noise is no padding"
    assert [finding.code for finding in found] == ["OUTSIDE_SCAN"]
    assert found[0].message.startswith("60.0 %")


def test_where_all_was_measured_nothing_is_said() -> None:
    array = np.full((2, 3, 4), -1024.0, dtype=np.float32)
    assert air_outside(array) == []
    assert (array == -1024.0).all()
