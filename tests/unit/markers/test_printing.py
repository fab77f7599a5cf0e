"""PDFs are true: read back, every corner lies where the definition says, to a twentieth of a millimetre."""

import re

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.markers.page import Paper
from orview.markers.printing import pdf_of
from orview.markers.sheet import BAR_MM, lay_out
from tests.unit.markers.prints import (
    FITTING,
    POINT_MM,
    boxes_of_pdf,
    contents_of_pdf,
    corner_errors_mm,
    draw_pdf_ink,
    flat,
    pages_of,
)


@pytest.mark.parametrize(("name", "paper"), FITTING)
def test_the_board_in_the_pdf_has_its_true_size(name: str, paper: Paper) -> None:
    pages = pages_of(name, paper)
    pdf = pdf_of(pages, title=name)
    assert boxes_of_pdf(pdf) == {tuple(round(side, 2) for side in paper.size_mm)}
    contents = contents_of_pdf(pdf)
    assert len(contents) == len(pages)
    errors = []
    for page, content in zip(pages, contents, strict=True):
        if page.faces:
            picture = draw_pdf_ink(content, paper.size_mm, px_per_mm=10)
            errors += corner_errors_mm(page, picture, 10)
    assert max(errors) < 0.05


def test_both_bars_measure_100_mm() -> None:
    for content in contents_of_pdf(pdf_of(pages_of("patient_folded", Paper.A4), title="x")):
        sizes = np.array(re.findall(r"[\d.]+ [\d.]+ ([\d.]+) (-?[\d.]+) re f", content), dtype=float) * POINT_MM
        assert np.abs(sizes[:, 0]).max() == pytest.approx(BAR_MM, abs=0.01)
        assert np.abs(sizes[:, 1]).max() == pytest.approx(BAR_MM, abs=0.01)


def test_the_same_board_is_the_same_file() -> None:
    pages = pages_of("patient_flat", Paper.A4)
    assert pdf_of(pages, title="x") == pdf_of(pages, title="x")


def test_a_pdf_asks_not_to_be_scaled() -> None:
    assert b"/PrintScaling /None" in pdf_of(pages_of("patient_flat", Paper.A4), title="x")


def test_a_name_in_any_script_can_be_printed() -> None:
    board = load_board("patient_flat")
    named = flat("Tafel \u0416\u4e16", charuco=board.charuco, outline_mm=board.outline_mm, dictionary=board.dictionary)
    assert pdf_of(lay_out(named), title=named.name).startswith(b"%PDF")
