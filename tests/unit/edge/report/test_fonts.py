"""Fonts are found by the letters they have: a plain one first, others where they are needed, none that is broken."""

from pathlib import Path

from orview.edge.report.fonts import faces_for, font_folders
from tests.unit.edge.report.made_font import write_font


def test_as_many_fonts_as_the_letters_need_and_no_more(tmp_path: Path) -> None:
    latin = write_font(tmp_path / "truetype" / "DejaVuSans.ttf", "abcé")
    east = write_font(tmp_path / "east" / "Han.ttf", "王小明")
    write_font(tmp_path / "Other-Bold.ttf", "abc王")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "readme.txt").write_text("abc")
    nowhere = tmp_path / "nowhere"

    def chosen(text: str) -> list[Path]:
        return [face.path for face in faces_for(text, (nowhere, tmp_path))]

    assert chosen("cab é") == [latin]
    assert chosen("cab 王小") == [latin, east]
    assert chosen("王") == [east]
    assert chosen("ж") == []
    assert chosen(" \n") == []


def test_a_face_says_which_letters_it_has(tmp_path: Path) -> None:
    write_font(tmp_path / "Made.ttf", "ab")
    (face,) = faces_for("abc", (tmp_path,))
    assert (face.number, face.characters) == (0, frozenset(map(ord, "ab")))


def test_a_system_has_folders_for_fonts() -> None:
    assert font_folders()
