"""Unfolding: what meets at an edge stays in one piece, flat, with the fold's angle and side told."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.markers.board import Face
from orview.markers.unfold import pieces_of
from tests.unit.markers.boards import chess, placed, tile


def test_unfolding_keeps_every_length_within_a_piece() -> None:
    """Neighbours share their edge on paper as they do on the board."""
    for name in ("patient_folded", "headset"):
        (piece,) = pieces_of(load_board(name).faces, widest_mm=190.0)
        boxes = {placed.face.name: np.array(placed.face.outline_box_mm) + placed.at_mm for placed in piece.faces}
        for line in piece.folds:
            x = line.start_mm[0]
            touching = [name for name, box in boxes.items() if np.abs(box[:, 0] - x).min() < 1e-3]
            assert len(touching) == 2


@pytest.mark.parametrize(("turn_deg", "words"), [(30.0, "back by 30°"), (-25.0, "forward by 25°")])
def test_the_fold_says_its_angle_and_side(turn_deg: float, words: str) -> None:
    first = chess("a", 0)
    # The second plate hinges on the first one's right rim, 2 mm beyond its pattern.
    hinge = placed((0.0, 0.0, 0.0), turn_deg).rotate((2.0, 0.0, 0.0)) + np.array([42.0, 0.0, 0.0])
    second = chess("b", 10, at=placed((float(hinge[0]), float(hinge[1]), float(hinge[2])), turn_deg))
    (piece,) = pieces_of((first, second), widest_mm=190.0)
    assert words in piece.hints[0]


def test_faces_that_do_not_meet_are_pieces_of_their_own() -> None:
    faces: tuple[Face, ...] = (chess("a", 0), tile("t", 20, at=placed((2.0, 2.0, -5.0))))
    plate, raised = pieces_of(faces, widest_mm=190.0)
    assert plate.hints == ()
    assert raised.hints[0] == "Stands 5.0 mm before 'a',"
    assert "2.0 mm right" in raised.hints[1]


def test_a_ring_of_faces_is_cut_open() -> None:
    """Four walls of a box: the last meets the first again, which paper cannot."""
    walls = []
    corner, width = np.zeros(3), 44.0
    for k in range(4):
        turn = 90.0 * k
        along = placed((0.0, 0.0, 0.0), turn).rotate((1.0, 0.0, 0.0))
        origin = corner + 2.0 * along
        walls.append(chess(f"w{k}", 10 * k, at=placed((float(origin[0]), 0.0, float(origin[2])), turn)))
        corner = corner + width * along
    (piece,) = pieces_of(tuple(walls), widest_mm=190.0)
    assert len(piece.faces) == 4
    assert len(piece.folds) == 3
