"""Boards that could be mistaken for something else, not read or not built are refused with words (hazard H07)."""

import dataclasses

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import InputError
from orview.markers.board import DICTIONARY_SIZES, Board, Charuco, Face, MarkerGrid
from orview.markers.board_checks import LOOK_INVERTED, LOOKS_TURNED, check_faces, check_told_apart
from orview.markers.patterns import bits_of
from tests.unit.markers.boards import chess, placed, tile


def test_folded_and_raised_boards_are_accepted() -> None:
    check_faces((chess("left", 0), chess("right", 10, at=placed((44.0, 0.0, 0.0), 40.0))))
    check_faces((chess("plate", 0), *(tile(f"t{k}", 20 + k, at=placed((20.0 * k, 0.0, -5.0))) for k in range(3))))


def test_faces_that_only_touch_are_accepted() -> None:
    check_faces((chess("left", 0), chess("right", 10, at=placed((44.0, 0.0, 0.0)))))


REFUSED = {
    "both have marker 12": (chess("left", 5), chess("right", 12, at=placed((44.0, 0.0, 0.0), 40.0))),
    "both have marker 20": (
        tile("one", 20, at=placed((0.0, 0.0, 0.0))),
        tile("two", 20, at=placed((40.0, 0.0, 0.0)), dictionary="DICT_6X6_50"),
    ),
    "4 x 4 cells both": (
        tile("one", 20, at=placed((0.0, 0.0, 0.0))),
        tile("two", 70, at=placed((40.0, 0.0, 0.0)), dictionary="DICT_4X4_100"),
    ),
    "5 x 5 cells both": (
        tile("one", 20, at=placed((0.0, 0.0, 0.0)), dictionary="DICT_APRILTAG_25H9"),
        tile("two", 70, at=placed((40.0, 0.0, 0.0)), dictionary="DICT_ARUCO_ORIGINAL"),
    ),
    "are called 'one'": (tile("one", 2, at=placed((0.0, 0.0, 0.0))), tile("one", 3, at=placed((40.0, 0.0, 0.0)))),
    "plate and tile run through one another": (
        chess("plate", 0),
        tile("tile", 20, at=placed((20.0, 20.0, -5.0), 60.0)),
    ),
    "plate and tile lie on one another": (chess("plate", 0), tile("tile", 20, at=placed((10.0, 10.0, 0.0)))),
    "upside down": (tile("one", 1023, at=placed((0.0, 0.0, 0.0)), dictionary="DICT_ARUCO_ORIGINAL"),),
}


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("words", list(REFUSED))
def test_a_board_that_could_be_mistaken_is_refused(words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_faces(REFUSED[words])


def test_markers_too_small_to_read_are_refused_with_the_size_they_need() -> None:
    small = Face(
        name="one",
        dictionary="DICT_6X6_50",
        pattern=MarkerGrid(columns=2, rows=2, marker_mm=3.9, gap_mm=2.0),
        outline_mm=(20.0, 20.0),
    )
    with pytest.raises(InputError, match="too small") as refused:
        check_faces((small,))
    assert "4.0 mm" in refused.value.mend


@pytest.mark.parametrize("name", sorted(LOOK_INVERTED))
def test_an_inverted_board_of_a_dictionary_that_holds_its_own_negatives_is_refused(name: str) -> None:
    face = tile("one", 3, at=placed((0.0, 0.0, 0.0)))
    check_faces((dataclasses.replace(face, inverted=True),))
    with pytest.raises(InputError, match="inverted markers are others"):
        check_faces((dataclasses.replace(face, inverted=True, dictionary=name),))


def codes(name: str) -> NDArray[np.uint8]:
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
    return np.array(
        [
            cv2.aruco.Dictionary.getBitsFromByteList(dictionary.bytesList[k : k + 1], dictionary.markerSize)
            for k in range(len(dictionary.bytesList))
        ]
    )


@pytest.mark.parametrize("name", list(DICTIONARY_SIZES))
def test_the_markers_that_look_like_others_are_all_known(name: str) -> None:
    """Compared with OpenCV's own tables: every marker against every other in all four turns, plain and inverted."""
    plain = codes(name)
    assert plain.shape[1] == bits_of(name)
    words = [[code.tobytes() for code in np.rot90(plain, turns, axes=(1, 2)).copy()] for turns in range(4)]
    of = {word: k for k, word in enumerate(words[0])}
    assert len(of) == len(plain)
    turned = {(k, of[word]) for turns in (1, 2, 3) for k, word in enumerate(words[turns]) if word in of}
    assert turned == ({(LOOKS_TURNED[1], LOOKS_TURNED[1])} if name == LOOKS_TURNED[0] else set())
    negatives = [code.tobytes() for turns in range(4) for code in np.rot90(1 - plain, turns, axes=(1, 2)).copy()]
    assert any(word in of for word in negatives) == (name in LOOK_INVERTED)


def test_a_board_is_checked_when_it_is_made() -> None:
    with pytest.raises(InputError, match="both have marker"):
        Board(name="twice", faces=(chess("a", 0), chess("b", 5, at=placed((60.0, 0.0, 0.0)))))
    charuco = Charuco(squares_x=5, squares_y=5, square_mm=3.0, marker_mm=2.0)
    with pytest.raises(InputError, match="too small"):
        Board(name="tiny", dictionary="DICT_5X5_50", charuco=charuco, outline_mm=(20.0, 20.0))


def test_two_boards_in_one_picture_need_ids_of_their_own() -> None:
    patient, pointer = (chess("front", 0),), (chess("front", 20),)
    check_told_apart("patient", patient, "pointer", pointer)
    check_told_apart(
        "patient", patient, "pointer", (tile("one", 3, at=placed((0.0, 0.0, 0.0)), dictionary="DICT_6X6_50"),)
    )
    with pytest.raises(InputError, match="'patient' and 'pointer' both have marker 2"):
        check_told_apart("patient", patient, "pointer", (chess("left", 30), chess("right", 2)))
