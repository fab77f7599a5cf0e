"""Boards: their corners are OpenCV's, their definitions survive the file, and impossible ones are refused."""

import dataclasses
import pickle
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.errors import InputError
from orview.markers.board import DICTIONARY_SIZES, Board, Charuco

SQUARE = np.array([(0.0, 0.0, 0.0), (14.5, 0.0, 0.0), (14.5, 14.5, 0.0), (0.0, 14.5, 0.0)])


def charuco_board(squares_x: int = 7, squares_y: int = 5, *, legacy: bool = False, first_id: int = 0) -> Board:
    charuco = Charuco(
        squares_x=squares_x, squares_y=squares_y, square_mm=20.0, marker_mm=15.0, first_id=first_id, legacy=legacy
    )
    return Board(
        name="test", dictionary="DICT_5X5_100", charuco=charuco, outline_mm=(squares_x * 20.0, squares_y * 20.0)
    )


def loose_board(**changes: object) -> Board:
    fields: dict[str, object] = {
        "name": "loose",
        "dictionary": "DICT_ARUCO_ORIGINAL",
        "charuco": None,
        "markers": {860: SQUARE, 759: SQUARE + np.array([17.5, 0.0, 0.0])},
        "outline_mm": (40.0, 20.0),
    }
    return Board(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("squares", [(7, 5), (5, 7), (5, 8), (6, 8), (3, 4)])
@pytest.mark.parametrize("first_id", [0, 13])
def test_the_board_frame_is_opencvs(squares: tuple[int, int], legacy: bool, first_id: int) -> None:
    board = charuco_board(*squares, legacy=legacy, first_id=first_id)
    ids = np.array(list(board.marker_corners_mm))
    theirs = cv2.aruco.CharucoBoard(squares, 20.0, 15.0, cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_100), ids)
    theirs.setLegacyPattern(legacy)

    np.testing.assert_allclose(board.chessboard_corners_mm, theirs.getChessboardCorners(), atol=1e-5)
    assert np.array_equal(ids, np.ravel(theirs.getIds()))
    for marker_id, corners in zip(np.ravel(theirs.getIds()), theirs.getObjPoints(), strict=True):
        np.testing.assert_allclose(board.marker_corners_mm[int(marker_id)], corners, atol=1e-5)


@pytest.mark.parametrize("name", list(DICTIONARY_SIZES))
def test_the_dictionaries_are_opencvs(name: str) -> None:
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
    assert len(dictionary.bytesList) == DICTIONARY_SIZES[name]


def test_a_board_survives_its_file() -> None:
    board = loose_board(
        beads_board_mm=np.array([(0, 0, 5), (30, 1, 0), (4, 47, 0), (21, 33, -9)]), bead_diameter_mm=4.0
    )
    again = Board.from_toml(board.to_toml())
    assert again.digest == board.digest
    assert again.name == board.name
    np.testing.assert_array_equal(again.beads_board_mm, board.beads_board_mm)
    np.testing.assert_array_equal(again.markers[759], board.markers[759])


def test_the_digest_knows_every_number_but_not_the_name() -> None:
    board = charuco_board()
    assert dataclasses.replace(board, name="other").digest == board.digest
    assert board.charuco is not None
    wider = dataclasses.replace(board.faces[0], pattern=dataclasses.replace(board.charuco, marker_mm=15.01))
    assert Board(name=board.name, faces=(wider,)).digest != board.digest


def test_a_board_cannot_be_changed_in_place() -> None:
    board = loose_board()
    with pytest.raises(ValueError):
        board.markers[860][0, 0] = 1.0


def test_the_plate_is_centred_on_the_pattern() -> None:
    shifted = loose_board(markers={860: SQUARE - (5.0, 3.0, 0.0)})
    assert shifted.pattern_origin_mm == (-5.0, -3.0)
    assert shifted.pattern_mm == (14.5, 14.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dictionary": "DICT_9X9_9"}, "no marker dictionary"),
        ({"dictionary": "DICT_ARUCO_MIP_36H12"}, "marker ids 0 to 249"),
        ({"markers": {}}, "loose markers"),
        ({"markers": {1: SQUARE[:3]}}, "4 of them"),
        ({"markers": {1: SQUARE * (1.0, 2.0, 1.0)}}, "no square"),
        ({"markers": {1: SQUARE * 0.0}}, "no square"),
        ({"markers": {1: SQUARE + np.nan}}, "finite"),
        ({"outline_mm": (10.0, 10.0)}, "smaller than the pattern"),
        ({"beads_board_mm": np.eye(3)}, "4 to 12 beads"),
    ],
)
def test_impossible_boards_are_refused_with_words(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        loose_board(**({"bead_diameter_mm": 4.0} | changes))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "not TOML"),
        ('name = "x"', "chessboard"),
        ('name = "x"\nsize = 3', "chessboard"),
        ('name="x"\ndictionary="DICT_5X5_50"\noutline_mm=[9]\n[grid]\nmarkers=[1,1]\nmarker_mm=9', "outline_mm"),
        (
            'name="x"\ndictionary="DICT_5X5_50"\noutline_mm=[99,99]\n'
            '[charuco]\nsquares=[3,3]\nsquare_mm=9\nmarker_mm=5\nlegacy="no"\n',
            "legacy of \\[charuco\\] is not true or false",
        ),
        (
            'name="x"\ndictionary="DICT_5X5_50"\noutline_mm=[99,99]\n'
            "[charuco]\nsquares=[3,3]\nsquare_mm=5\nmarker_mm=9\n",
            "must be smaller than its square",
        ),
    ],
)
def test_unusable_files_are_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Board.from_toml(text)


def test_the_documented_example_is_a_board() -> None:
    readme = Path(__file__).parents[3] / "calibration" / "README.md"
    example = re.search(r"```toml\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    board = Board.from_toml(example.group(1))
    assert (board.name, len(board.marker_corners_mm), len(board.beads_board_mm)) == ("my_board", 18, 4)


def test_a_board_crosses_process_borders() -> None:
    board = loose_board()
    assert pickle.loads(pickle.dumps(board)).digest == board.digest
