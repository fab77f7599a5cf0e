"""Fine voxels place a surface better than a label; thick slices hardly do."""

import numpy as np

from orview.segment.grey_doubt import grey_doubt


def test_the_thickest_side_of_a_voxel_decides_and_no_more_than_a_label_is_doubted() -> None:
    doubts = [grey_doubt(np.array([0.7, 0.7, thick])) for thick in (0.7, 1.25, 3.0, 5.0, 10.0)]
    assert np.all(np.diff(doubts[:4]) > 0.0)
    assert 0.4 <= doubts[0] <= 0.5
    assert doubts[3] >= 0.86
    assert doubts[4] == 1.0
    assert grey_doubt(np.array([5.0, 0.7, 0.7])) == doubts[3]
