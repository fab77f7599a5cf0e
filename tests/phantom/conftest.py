"""One phantom for all tests of this folder: building it takes seconds, reading it costs nothing."""

import pytest

from orview.edge.boards import load_board
from orview.markers.board import Board
from orview.sim.phantom import Phantom, build_phantom


@pytest.fixture(scope="session")
def board() -> Board:
    return load_board("patient_flat")


@pytest.fixture(scope="session")
def phantom(board: Board) -> Phantom:
    return build_phantom(board=board, seed=0)
