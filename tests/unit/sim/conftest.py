"""A patient and a room for all tests of this folder; a patient without CT is drawn in milliseconds."""

import pytest

from orview.edge.boards import load_board
from orview.markers.board import Board
from orview.sim.patient import LyingPatient, lay_patient
from orview.sim.room import SimulatedRoom


@pytest.fixture(scope="session")
def board() -> Board:
    return load_board("patient_flat")


@pytest.fixture(scope="session")
def patient(board: Board) -> LyingPatient:
    return lay_patient(board, seed=0)


@pytest.fixture(scope="session")
def room(patient: LyingPatient, board: Board) -> SimulatedRoom:
    return SimulatedRoom(patient, board)
