"""Sheets: everything a person needs is on the paper, nothing leaves it, and large boards take several pages."""

from itertools import combinations

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.errors import InputError
from orview.markers.board import Board, Charuco, Print
from orview.markers.page import Page, Paper
from orview.markers.sheet import lay_out
from tests.unit.markers.boards import chess, placed
from tests.unit.markers.prints import FITTING, flat, pages_of, points_of

SQUARE = np.array([(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (30.0, 30.0, 0.0), (0.0, 30.0, 0.0)])


def words_on(pages: tuple[Page, ...]) -> str:
    return " ".join(label.text for page in pages for label in page.labels)


def test_everything_a_person_needs_is_on_the_sheet() -> None:
    board = load_board("patient_flat")
    for page in lay_out(board):
        for needed in (board.name, board.digest, "100 mm", "Print at 100 %", "Research use only"):
            assert needed in words_on((page,))
    for needed in ("-25.0", "DICT_5X5_100", "page 1 of 2", "1: 25.0 before", "5: 8.0 behind"):
        assert needed in words_on(lay_out(board))


def test_raised_pieces_are_cut_out_one_by_one_with_their_height_beside() -> None:
    pages = pages_of("patient_raised", Paper.A4)
    assert words_on(pages).count("Stands 5.0 mm before 'plate'") == 4
    assert "64.0 mm right" in words_on(pages)
    assert sum(len(page.faces) for page in pages) == 5


@pytest.mark.parametrize(("name", "folds"), [("patient_folded", 1), ("headset", 2), ("patient_raised", 0)])
def test_folds_are_drawn_dashed_over_the_whole_edge(name: str, folds: int) -> None:
    dashed = [line for page in pages_of(name, Paper.A4) for line in page.lines if line.dashed]
    assert len(dashed) == folds
    for line in dashed:
        length = np.linalg.norm(np.subtract(line.end_mm, line.start_mm))
        assert length == pytest.approx(load_board(name).faces[0].outline_mm[1])


@pytest.mark.parametrize(("name", "paper"), FITTING)
def test_nothing_leaves_the_printable_part_of_the_paper(name: str, paper: Paper) -> None:
    for page in pages_of(name, paper):
        points = points_of(page)
        assert (points >= 10.0 - 1e-9).all()
        assert (points <= np.array(paper.size_mm) - (6.0, 10.0) + 1e-9).all()
        for label in page.labels:
            # Half an em a letter, roughly, in millimetres.
            right_mm = label.at_mm[0] + 0.18 * label.points * len(label.text)
            assert 9.9 <= label.at_mm[0] < right_mm < paper.size_mm[0] - 6.0, label.text


@pytest.mark.parametrize(("name", "paper"), FITTING)
def test_plates_lie_apart_on_whole_tenths(name: str, paper: Paper) -> None:
    for page in pages_of(name, paper):
        boxes = [np.array(face.outline_box_mm) + at for face, at in page.faces]
        for one, other in combinations(boxes, 2):
            assert (np.minimum(one[1], other[1]) - np.maximum(one[0], other[0])).min() <= 1e-6
        for _, at in page.faces:
            np.testing.assert_allclose(np.array(at) * 10.0, np.round(np.array(at) * 10.0), atol=2e-3)


def test_many_faces_take_several_pages() -> None:
    faces = tuple(
        chess(f"face {k}", 10 * k, at=placed((0.0, 0.0, -40.0 * k)), dictionary="DICT_5X5_1000") for k in range(20)
    )
    pages = lay_out(Board(name="tower", faces=faces))
    assert len(pages) >= 2
    assert [face.name for page in pages for face, _ in page.faces] == [face.name for face in faces]
    assert f"page {len(pages)} of {len(pages)}" in words_on(pages)


def test_faces_too_wide_for_one_strip_are_printed_apart() -> None:
    faces = tuple(chess(f"face {k}", 10 * k, at=placed((44.0 * k, 0.0, 0.0))) for k in range(5))
    (page,) = lay_out(Board(name="strip", faces=faces))
    assert len([line for line in page.lines if line.dashed]) == 3
    assert len(page.faces) == 5


def test_a_measured_copy_prints_its_definition() -> None:
    board = load_board("patient_flat")
    copy = Board.from_toml(board.to_toml() + "\n[print]\nscale = 0.98\n")
    assert copy.printed == Print(scale=0.98)
    assert copy.digest != board.digest
    assert lay_out(copy)[0].faces[0].face.size_mm == pytest.approx((140.0, 100.0))
    assert board.digest in words_on(lay_out(copy))


def test_a_board_larger_than_the_paper_is_refused() -> None:
    charuco = Charuco(squares_x=5, squares_y=7, square_mm=40.0, marker_mm=20.0)
    board = Board(name="big", dictionary="DICT_6X6_250", charuco=charuco, outline_mm=(200.0, 280.0))
    for paper in Paper:
        with pytest.raises(InputError, match=f"does not fit on {paper.words} paper"):
            lay_out(board, paper=paper)


def test_turned_markers_are_cut_out_with_the_place_they_go_to() -> None:
    corners = np.array([(70.0, 0.0, 0.0), (85.0, 15.0, 0.0), (70.0, 30.0, 0.0), (55.0, 15.0, 0.0)])
    (page,) = lay_out(flat("turned", markers={2: SQUARE, 3: corners}, outline_mm=(90.0, 50.0)))
    assert len(page.faces) == 2
    assert "Mount it in the board frame at" in words_on((page,))
