"""SVGs are true: their user unit is a millimetre, and every corner lies where the definition says."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from orview.markers.page import Paper
from orview.markers.print_svg import svg_of
from orview.markers.sheet import BAR_MM, lay_out
from tests.unit.markers.prints import FITTING, corner_errors_mm, fill_even_odd, flat, pages_of

SVG = "{http://www.w3.org/2000/svg}"
SQUARE = np.array([(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (30.0, 30.0, 0.0), (0.0, 30.0, 0.0)])


@pytest.mark.parametrize(("name", "paper"), FITTING)
def test_the_board_in_the_svg_has_its_true_size(name: str, paper: Paper) -> None:
    for page in pages_of(name, paper):
        root = ElementTree.fromstring(svg_of(page, title=name))
        width, height = paper.size_mm
        assert (root.get("width"), root.get("height")) == (f"{width}mm", f"{height}mm")
        assert root.get("viewBox") == f"0 0 {width} {height}"
        picture = np.full((round(height * 10), round(width * 10)), 255, np.uint8)
        paths = root.findall(f"{SVG}path")
        assert [path.get("data-face") for path in paths] == [face.name for face, _ in page.faces]
        for path in paths:
            loops = [
                np.array(re.findall(r"-?[\d.]+", loop), dtype=float).reshape(-1, 2)
                for loop in (path.get("d") or "").split("Z")[:-1]
            ]
            fill_even_odd(picture, loops, 10)
        if page.faces:
            assert max(corner_errors_mm(page, picture, 10)) < 0.05


def test_both_bars_measure_100_mm_and_the_words_are_there() -> None:
    (page, *_) = pages_of("patient_folded", Paper.LETTER)
    root = ElementTree.fromstring(svg_of(page, title="x"))
    sizes = [(float(r.get("width") or 0), float(r.get("height") or 0)) for r in root.findall(f"{SVG}rect")[1:]]
    assert max(width for width, _ in sizes) == pytest.approx(BAR_MM)
    assert max(height for _, height in sizes) == pytest.approx(BAR_MM)
    words = " ".join(text.text or "" for text in root.findall(f"{SVG}text"))
    assert "Fold 'right' back by 40°" in words
    assert "Research use only" in words


def test_names_cannot_break_the_file() -> None:
    board = flat('<"&>', markers={3: SQUARE})
    root = ElementTree.fromstring(svg_of(lay_out(board)[0], title=board.name))
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}text")) == ('<"&>', '<"&>')
