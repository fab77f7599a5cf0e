"""A shell becomes what it encloses, slice by slice across the body."""

import numpy as np
import pytest

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.segment.solid import filled, filled_across, filled_sagittally
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


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_marrow_is_filled_though_it_leaks_and_a_canal_through_the_bone_stays_open(order: tuple[int, int, int]) -> None:
    """A block (z, y, x) with a hollow on either side of a canal, and a hole from one hollow into the canal."""
    block = np.zeros((24, 24, 40), dtype=bool)
    block[2:22, 2:22, 2:38] = True
    canal = np.zeros_like(block)
    canal[:, 8:16, 16:24] = True
    marrow = np.zeros_like(block)
    marrow[5:19, 5:19, 5:14] = marrow[5:19, 5:19, 26:35] = True
    leak = np.zeros_like(block)
    leak[10:13, 10:13, 14:16] = True
    # And one to the front, which opens three slices of the other hollow.
    leak[10:13, :5, 29:32] = True
    bone = block & ~canal & ~marrow & ~leak
    assert not (filled(bone) & marrow).any()
    # Stored in any order of axes.
    matrix = grid().matrix[:, [*(2 - np.array(order)[::-1]), 3]]
    stored = np.ascontiguousarray(bone.transpose(order))
    solid = filled_sagittally(stored, AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix))
    solid = solid.transpose(np.argsort(order))
    assert (solid & marrow).sum() == marrow.sum()
    assert not (solid & canal & block).any()
    assert not (solid & ~block).any()
