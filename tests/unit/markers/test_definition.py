"""Definitions of every kind are read and written; every mistake ends in a sentence that names the field."""

import copy
import random
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from orview.edge.boards import delivered_boards
from orview.errors import InputError
from orview.markers.board import Board, Charuco, MarkerGrid

README = Path(__file__).parents[3] / "calibration" / "README.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
DELIVERED = {name: entry.read_text(encoding="utf-8") for name, entry in delivered_boards().items()}

TWO_FACES = """
name = "two"
dictionary = "DICT_4X4_50"
[[face]]
name = "left"
outline_mm = [48.0, 80.0]
charuco = { squares = [4, 7], square_mm = 11.0, marker_mm = 8.5 }
[[face]]
name = "right"
dictionary = "DICT_6X6_50"
inverted = true
outline_mm = [60.0, 60.0]
outline_at_mm = [-5.0, -6.0]
origin_mm = [50.0, 0.0, 10.0]
x_axis = [1.0, 0.0, 1.0]
y_axis = [0.0, 2.0, 0.0]
grid = { markers = [2, 2], marker_mm = 20.0, gap_mm = 5.0, first_id = 20 }
[[marker]]
id = 40
dictionary = "DICT_7X7_50"
corners_mm = [[0.0, 90.0, 3.0], [20.0, 90.0, 3.1], [20.0, 110.0, 3.0], [0.1, 110.0, 3.0]]
[print]
scale = 0.995
scale_sigma = 0.0007
flatness_mm = 0.3
"""


def test_a_board_of_every_kind_is_read() -> None:
    board = Board.from_toml(TWO_FACES)
    left, right, loose = board.faces
    assert isinstance(left.pattern, Charuco)
    assert isinstance(right.pattern, MarkerGrid)
    assert (left.dictionary, right.dictionary, loose.dictionary) == ("DICT_4X4_50", "DICT_6X6_50", "DICT_7X7_50")
    assert (left.inverted, right.inverted, loose.inverted) == (False, True, False)
    assert list(board.marker_corners_mm) == [*range(14), *range(20, 24), 40]
    np.testing.assert_allclose(right.normal_board, np.array([1.0, 0.0, -1.0]) / np.sqrt(2.0), atol=1e-9)
    # All lengths are those of the print: the definition's times its scale.
    assert left.pattern.square_mm == pytest.approx(0.995 * 11.0)
    np.testing.assert_allclose(board.markers[40][1], 0.995 * np.array([20.0, 90.0, 3.1]))
    np.testing.assert_allclose(right.marker_corners_mm[20][0], 0.995 * np.array([50.0, 0.0, 10.0]))
    low, high = right.outline_box_mm
    np.testing.assert_allclose((*low, *high), 0.995 * np.array([-5.0, -6.0, 55.0, 54.0]))


def test_reading_and_writing_come_to_rest_at_once() -> None:
    board = Board.from_toml(TWO_FACES)
    again = Board.from_toml(board.to_toml())
    assert again.to_toml() == board.to_toml()
    assert again.digest == board.digest
    for one, other in zip(board.faces, again.faces, strict=True):
        np.testing.assert_allclose(one.outline_corners_mm, other.outline_corners_mm, atol=1e-7)


def test_the_scale_is_applied_once_however_a_board_is_copied() -> None:
    board = Board.from_toml(TWO_FACES)
    assert board.nominal.faces[0].pattern.marker_mm == pytest.approx(8.5, abs=1e-12)
    nominal = board.nominal
    assert nominal.nominal is nominal
    assert replace(board, name="other").digest == board.digest
    assert replace(nominal, printed=board.printed).digest == board.digest
    assert "scale = 0.995" in board.to_toml()
    assert "square_mm = 11.0\n" in board.to_toml()


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_documented_examples_are_boards(number: int) -> None:
    board = Board.from_toml(EXAMPLES[number])
    assert Board.from_toml(board.to_toml()).digest == board.digest


def changed(path: tuple[str | int, ...], value: object) -> str:
    tables = tomllib.loads(TWO_FACES)
    place: Any = tables
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return tomli_w.dumps(tables)


MISTAKES: list[tuple[tuple[str | int, ...], object, str]] = [
    (("name",), None, "does not say name"),
    (("name",), "a\nb", "field name of the board"),
    (("name",), 7, "field name of the board"),
    (("dictionary",), "DICT_9X9_9", "dictionary"),
    (("dictionary",), None, "does not say dictionary"),
    (("outline_mm",), [3.0, 4.0], "outline_mm"),
    (("colour",), "red", "unknown fields: colour"),
    (("inverted",), "yes", "inverted"),
    (("face",), {"name": "x"}, r"\[\[face\]\]"),
    (("face", 0, "outline_mm"), None, r"\[\[face\]\] number 1 does not say outline_mm"),
    (("face", 0, "outline_mm"), [1.0, 2.0], "outline_mm"),
    (("face", 0, "outline_mm"), [1.0], "outline_mm"),
    (("face", 0, "charuco"), None, "charuco"),
    (("face", 0, "charuco"), 3, "charuco"),
    (("face", 0, "grid"), {"markers": [1, 1], "marker_mm": 3.0}, "charuco and grid"),
    (("face", 0, "charuco", "squares"), [4.5, 3], "squares"),
    (("face", 0, "charuco", "squares"), [2, 3], "squares"),
    (("face", 0, "charuco", "squares"), [10**8, 3], "squares"),
    (("face", 0, "charuco", "square_mm"), None, "square_mm"),
    (("face", 0, "charuco", "square_mm"), float("nan"), "square_mm"),
    (("face", 0, "charuco", "square_mm"), True, "square_mm"),
    (("face", 0, "charuco", "marker_mm"), 12.0, "marker_mm"),
    (("face", 0, "charuco", "marker_mm"), -1.0, "marker_mm"),
    (("face", 0, "charuco", "first_id"), -1, "first_id"),
    (("face", 0, "charuco", "first_id"), 45, "first_id"),
    (("face", 0, "charuco", "legacy"), 1, "legacy"),
    (("face", 0, "charuco", "color"), 1, "unknown fields: color"),
    (("face", 0, "name"), "right", "name"),
    (("face", 1, "grid", "markers"), [0, 2], "markers"),
    (("face", 1, "grid", "gap_mm"), 0.0, "gap_mm"),
    (("face", 1, "grid", "marker_mm"), 2.0, "marker_mm"),
    (("face", 1, "grid", "first_id"), 5, "first_id"),
    (("face", 1, "x_axis"), [0.0, 0.0, 0.0], "x_axis"),
    (("face", 1, "y_axis"), [1.0, 0.0, 0.2], "right angle"),
    (("face", 1, "origin_mm"), [0.0, 0.0], "origin_mm"),
    (("face", 1, "origin_mm"), [float("inf"), 0.0, 0.0], "origin_mm"),
    (("face", 1, "origin_mm"), [10.0, 10.0, 0.0], "run through one another"),
    (("face", 1, "outline_at_mm"), [1.0, 1.0], "outline_mm"),
    (("marker", 0, "id"), None, "does not say id"),
    (("marker", 0, "id"), 3, "both have marker 3"),
    (("marker", 0, "id"), 99, "first_id|ids 0 to 49"),
    (("marker", 0, "corners_mm"), [[0.0, 0.0, 0.0]] * 4, "corners_mm"),
    (("marker", 0, "corners_mm"), [[0.0, 0.0]] * 4, "corners_mm"),
    (("marker", 0, "corners_mm"), "four", "corners_mm"),
    (("print", "scale"), 2.0, "scale"),
    (("print", "scale_sigma"), -0.1, "scale_sigma"),
    (("print", "flatness_mm"), "flat", "flatness_mm"),
    (("print",), [1], "print"),
    (("beads",), {"diameter_mm": 4.0, "positions_mm": [[0.0, 0.0, 0.0]] * 3}, "beads"),
    (("beads",), {"diameter_mm": 4.0, "positions_mm": [[0.0, 0.0, 0.0]] * 5}, "positions_mm"),
    (("beads",), {"positions_mm": []}, "diameter_mm"),
    (("beads",), {"diameter_mm": 4.0}, "positions_mm"),
]


@pytest.mark.parametrize(("path", "value", "words"), MISTAKES)
def test_every_mistake_names_its_field(path: tuple[str | int, ...], value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Board.from_toml(changed(path, value))


ODD: list[Any] = [
    *(0, -1, 1, 3, 50, 10**6, 10**30, 0.0, -0.0, 1e-300, 1e300, float("nan"), float("inf"), 1.5, True, False),
    *("", "DICT_4X4_1000", "DICT_ARUCO_ORIGINAL", "x" * 200, "\u2028", [], [[]], {}, [1, 2], [1.0, 0.0, 0.0]),
    *([[0.0, 0.0, 0.0]] * 2, [[1.0, 2.0, 3.0]] * 13, {"markers": [1, 1], "marker_mm": 30.0}, [{}], {"scale": 1}),
]


def mutated(tables: dict[str, Any], rng: random.Random) -> None:
    """Change, remove or add one field anywhere."""
    place: Any = tables
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = rng.choice(keys)
        below = place[key]
        if isinstance(below, dict | list) and rng.random() < 0.75:
            place = below
            continue
        action = rng.random()
        if action < 0.6:
            place[key] = copy.deepcopy(rng.choice(ODD))
        elif action < 0.75:
            del place[key]
        elif isinstance(below, int | float) and not isinstance(below, bool):
            place[key] = below * rng.choice([-1, 0, 2, 0.5, 1.001, 1e3])
        elif isinstance(place, list):
            place.append(copy.deepcopy(below))
        else:
            place[rng.choice(["inverted", "dictionary", "grid", "face", "marker", "print", "beads", "legacy"])] = (
                copy.deepcopy(rng.choice(ODD))
            )
        return


@pytest.mark.slow
def test_random_changes_end_in_words_or_in_a_board() -> None:
    rng = random.Random(4)
    sources = [*DELIVERED.values(), *EXAMPLES, TWO_FACES]
    accepted, sentences = 0, []
    for _ in range(2000):
        tables = tomllib.loads(rng.choice(sources))
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            mutated(tables, rng)
        try:
            board = Board.from_toml(tomli_w.dumps(tables))
        except InputError as error:
            sentences.append(error.message)
            continue
        accepted += 1
        assert Board.from_toml(board.to_toml()).digest == board.digest
    assert accepted > 60
    assert len(sentences) > 1000
    assert all(sentence.endswith(".") and len(sentence) < 400 for sentence in sentences)


def test_random_text_ends_in_words() -> None:
    rng = random.Random(5)
    text = DELIVERED["patient_folded"]
    for _ in range(500):
        at, past = sorted(rng.sample(range(len(text)), 2))
        cut = text[:at] + rng.choice(["", "[", "=", '"', "1e999", "\x00", "}"]) + text[rng.choice([at, past]) :]
        try:
            Board.from_toml(cut)
        except InputError:
            continue


@pytest.mark.parametrize("text", ["a = " + "[" * 20000, "a = " + "9" * 6000, "name = 1979-05-27", "\ud800"])
def test_hostile_text_ends_in_words(text: str) -> None:
    with pytest.raises(InputError):
        Board.from_toml(text)
