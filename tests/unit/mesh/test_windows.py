"""Windows hold all of a mask and what lies beside it, and little else."""

import numpy as np
import pytest

from orview.mesh.windows import windows


@pytest.mark.parametrize("depth", [1, 4, 100])
def test_windows_hold_everything_within_the_margin(depth: int) -> None:
    margin = 2
    mask = np.zeros((23, 30, 40), dtype=np.uint8)
    mask[3:5, 10:12, 5:9] = mask[14, 27, 38] = mask[20, 0, 0] = 1
    held = np.zeros(mask.shape, dtype=bool)
    for window in windows(mask, depth=depth, margin=margin):
        assert not held[window].any()
        assert window[0].stop - window[0].start <= depth
        held[window] = True
    for k, j, i in np.argwhere(mask):
        near = [slice(max(0, n - margin), n + margin + 1) for n in (k, j, i)]
        assert held[tuple(near)].all()
    if depth == 1:
        assert held[3].sum() == 6 * 8
        assert not held[8:12].any()


def test_nothing_has_no_windows() -> None:
    assert list(windows(np.zeros((5, 6, 7), dtype=np.uint8), depth=2, margin=1)) == []
