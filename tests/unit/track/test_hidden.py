"""A face before another one hides what lies behind it, and nothing else."""

import numpy as np

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board, Face, MarkerGrid
from orview.track.hidden import AROUND_MM, Hiding
from tests.unit.track.test_align import BOARD


def plate(name: str, first_id: int, at_mm: tuple[float, float, float], side_mm: float) -> Face:
    return Face(
        name=name,
        dictionary="DICT_4X4_50",
        pattern=MarkerGrid(columns=1, rows=1, marker_mm=side_mm, gap_mm=0.0, first_id=first_id),
        board_from_face=RigidTransform(Frame.BOARD, Frame.FACE, np.eye(3), np.array(at_mm)),
        outline_mm=(side_mm, side_mm),
    )


RAISED = Board(
    name="raised", faces=(plate("base", 0, (0.0, 0.0, 0.0), 60.0), plate("step", 1, (20.0, 20.0, -5.0), 10.0))
)
EYE = np.array([25.0, 25.0, -500.0])


def test_a_raised_plate_hides_what_is_behind_it() -> None:
    points = np.array([[25.0, 25.0, 0.0], [10.0, 10.0, 0.0], [25.0, 40.0, 0.0], [25.0, 25.0, -5.0]])
    hidden = Hiding(RAISED).hidden(points, np.array([0, 0, 0, 1]), EYE)
    assert hidden.tolist() == [True, False, False, False]


def test_what_is_hidden_moves_with_the_eye() -> None:
    point = np.array([[32.0 + AROUND_MM, 25.0, 0.0]])
    hiding = Hiding(RAISED)
    assert not hiding.hidden(point, np.array([0]), EYE)[0]
    assert hiding.hidden(point, np.array([0]), np.array([-300.0, 25.0, -300.0]))[0]


def test_a_flat_board_hides_nothing() -> None:
    assert not Hiding(BOARD).hidden(BOARD.chessboard_corners_mm, np.zeros(16, np.intp), EYE).any()


def test_a_folded_board_seen_from_the_front_hides_nothing_of_itself() -> None:
    board = load_board("patient_folded")
    points = np.vstack([face.outline_corners_mm.mean(axis=0) for face in board.faces])
    normal = np.mean([face.normal_board for face in board.faces], axis=0)
    eye = points.mean(axis=0) + 500.0 * normal / np.linalg.norm(normal)
    assert not Hiding(board).hidden(points, np.arange(len(points)), eye).any()
