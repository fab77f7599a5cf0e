"""Arabic letters join as they are written, marks between them or not, and lines stand in the order they are read."""

import pytest

from orview.edge.report.script import shaped, visual


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        # Muhammad: meem initial, hah medial, meem medial, dal final.
        ("محمد", "\ufee3\ufea4\ufee4\ufeaa"),
        # Dal joins nothing after it: waw and dal stand alone.
        ("دود", "\ufea9\ufeed\ufea9"),
        # Ali: ain initial, lam medial, yeh final.
        ("علي", "\ufecb\ufee0\ufef2"),
        # Lam with alef is one letter, alone and after another.
        ("لا", "\ufefb"),
        ("بلا", "\ufe91\ufefc"),
        # A vowel mark stands between two letters and parts none.
        ("مَد", "\ufee3\u064e\ufeaa"),
        # Tatweel joins.
        ("بـ", "\ufe91\u0640"),
        # Words do not join over a blank, and nothing happens to other scripts.
        ("من من", "\ufee3\ufee6 \ufee3\ufee6"),
        ("Žofia Иван 王小明 12.5 mm", "Žofia Иван 王小明 12.5 mm"),
        ("", ""),
    ],
)
def test_letters_take_the_form_their_neighbours_ask_for(text: str, drawn: str) -> None:
    assert shaped(text) == drawn


def test_shaping_what_is_shaped_changes_nothing() -> None:
    once = shaped("محمد علي")
    assert shaped(once) == once


def test_a_line_is_drawn_in_the_order_it_is_read() -> None:
    assert visual("Case 12, 1.7 mm") == "Case 12, 1.7 mm"
    assert visual("אבג") == "גבא"
    # Numbers run on from left to right inside, and brackets close the other way round.
    assert visual("אב 12.5 (גד)") == "(דג) 12.5 בא"
    assert visual("Note: אבג end") == "Note: גבא end"
