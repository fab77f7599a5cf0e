"""The crossed cells are those of a plain search, wherever words end."""

import numpy as np
import pytest

from orview.mesh.cells import crossed_cells


@pytest.mark.parametrize("width", [9, 16, 23, 24])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_cells_are_those_of_a_plain_search(width: int, share: float) -> None:
    mask = np.zeros((8, 9, width), dtype=np.uint8)
    mask[1:-1, 1:-1, 1:-1] = np.random.default_rng(width).random((6, 7, width - 2)) < share
    config = np.zeros((7, 8, width - 1), dtype=np.uint8)
    for corner in range(8):
        k, j, i = corner >> 2, corner >> 1 & 1, corner & 1
        config |= mask[k : k + 7, j : j + 8, i : i + width - 1] << corner
    where = np.argwhere((config > 0) & (config < 255))
    cells = crossed_cells(mask)
    assert cells.shape == mask.shape
    assert (cells.corner == where).all()
    assert (cells.config == config[tuple(where.T)]).all()


def test_nothing_is_crossed_in_nothing() -> None:
    assert crossed_cells(np.zeros((4, 5, 6), dtype=np.uint8)).corner.shape == (0, 3)
