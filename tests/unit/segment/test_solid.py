"""A shell becomes what it encloses, slice by slice across the body."""

import numpy as np

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.segment.solid import filled, filled_across
from tests.shapes import grid


def test_a_closed_shell_is_filled_and_an_open_one_is_not() -> None:
    shell = np.zeros((9, 9, 9), dtype=bool)
    shell[1:8, 1:8, 1:8] = True
    shell[2:7, 2:7, 2:7] = False
    assert filled(shell).sum() == 7**3
    shell[1, 4, 4] = False
    assert filled(shell).sum() == shell.sum()


def test_a_pipe_open_at_both_ends_is_filled_across_the_body() -> None:
    pipe = np.zeros((12, 20, 20), dtype=bool)
    pipe[:, 4:16, 4:16] = True
    pipe[:, 6:14, 6:14] = False
    assert filled_across(pipe, grid()).sum() == 12 * 12 * 12
    # Stored with the body's length along i instead of k.
    matrix = grid().matrix[:, [2, 1, 0, 3]]
    lying = np.ascontiguousarray(pipe.transpose(2, 1, 0))
    assert filled_across(lying, AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)).sum() == 12 * 12 * 12
