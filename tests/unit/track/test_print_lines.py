"""Borders and cells in the board frame are those of the ink, on every face."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.markers.board import Board, MarkerGrid
from orview.markers.ink import cut_ink
from orview.track.print_lines import print_cells, print_lines
from tests.unit.track.test_align import BOARD, flat

BOARDS = [
    BOARD,
    flat(MarkerGrid(columns=2, rows=2, marker_mm=20.0, gap_mm=6.0), inverted=True),
    load_board("patient_folded"),
    load_board("patient_raised"),
]


def is_black(board: Board, number: int, at_board_mm: np.ndarray) -> np.ndarray:
    face = board.faces[number]
    ink = cut_ink(face)
    x, y, z = face.board_from_face.inverse().apply(at_board_mm).T
    assert np.abs(z).max() < 1e-9
    return ink.black[np.searchsorted(ink.y_mm, y) - 1, np.searchsorted(ink.x_mm, x) - 1]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_black_lies_where_each_border_says(board: Board) -> None:
    lines = print_lines(board)
    for number in range(len(board.faces)):
        here = lines.face == number
        middles = 0.5 * (lines.starts[here] + lines.ends[here])
        across = 0.05 * lines.towards_black[here]
        assert is_black(board, number, middles + across).all()
        assert not is_black(board, number, middles - across).any()


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_cells_are_black_where_ink_is(board: Board) -> None:
    for cells in print_cells(board):
        centres = cells.centres.reshape(-1, 3)
        assert (is_black(board, cells.face, centres) == cells.black.reshape(-1)).all()
        assert (cells.black[:, cells.rim] != cells.inverted).all()
        assert cells.centres.shape[0] == len(board.faces[cells.face].ids)
