"""The paper says every word of the report, in every script there is a font for, and spells what it cannot draw."""

import string
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.edge.report.as_pdf import SPELLED, pdf_of
from orview.edge.report.document import Document, Picture, Section, Table
from orview.edge.report.script import shaped, visual
from tests.unit.edge.report.made_font import write_font
from tests.unit.edge.report.pdf_words import pages_of_pdf, words_of_pdf

MADE = datetime(2026, 1, 11, tzinfo=UTC)
PLAIN = string.ascii_letters + string.digits + string.punctuation + " \u00a0–"
CYRILLIC, CHINESE, ARABIC = "Иван Петров", "王小明", "محمد علي"


def report(*words: str) -> Document:
    rows = tuple((word, "1.7\u00a0mm") for word in words)
    return Document(
        title="A session",
        marks=("For research use only.",),
        sections=(Section(title="What", lines=("A line.",), table=Table(head=("Word", "Error"), rows=rows)),),
    )


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    drawn = {letter for letter in PLAIN + CYRILLIC + shaped(ARABIC) if not letter.isspace()} | {" ", "\u00a0"}
    write_font(tmp_path / "DejaVuSans.ttf", "".join(sorted(drawn)))
    write_font(tmp_path / "Han.ttf", CHINESE)
    return tmp_path


@pytest.mark.hazard("H33")
def test_names_in_every_script_are_on_the_paper_as_they_are_read(fonts: Path) -> None:
    lines = pages_of_pdf(pdf_of(report(CYRILLIC, CHINESE, ARABIC), made=MADE, folders=(fonts,)))[0]
    assert {"A session", "For research use only.", "What", "A line.", "Word", "Error"} <= set(lines)
    for name in (CYRILLIC, CHINESE, visual(shaped(ARABIC))):
        assert name in lines
    # Held together on its line, and then drawn as a plain blank.
    assert lines.count("1.7 mm") == 3
    assert SPELLED not in lines


@pytest.mark.hazard("H33")
def test_a_letter_that_no_font_has_is_spelled_and_never_left_out(fonts: Path) -> None:
    (fonts / "Han.ttf").unlink()
    lines = pages_of_pdf(pdf_of(report(CHINESE), made=MADE, folders=(fonts,)))[0]
    assert "[U+738B][U+5C0F][U+660E]" in lines
    assert SPELLED in " ".join(lines)


def test_a_machine_without_fonts_writes_it_with_those_every_reader_has(tmp_path: Path) -> None:
    pdf = pdf_of(report("Case 12", CHINESE), made=MADE, folders=(tmp_path,))
    assert b"/Helvetica" in pdf
    assert pdf.startswith(b"%PDF")


def test_a_long_table_goes_on_over_pages_and_loses_no_row(fonts: Path) -> None:
    words = [f"Row {n} of a session that was long and had much to say about all that went on in it" for n in range(150)]
    pages = pages_of_pdf(pdf_of(report(*words), made=MADE, folders=(fonts,)))
    assert len(pages) > 2
    said = " ".join(line for page in pages for line in page)
    assert all(f"Row {n} of" in said for n in range(150))


def test_the_same_report_is_the_same_file(fonts: Path) -> None:
    assert pdf_of(report("a"), made=MADE, folders=(fonts,)) == pdf_of(report("a"), made=MADE, folders=(fonts,))


def test_every_page_says_which_of_how_many_it_is_and_what_must_not_be_overlooked(fonts: Path) -> None:
    pages = pages_of_pdf(pdf_of(report(*["Row"] * 120), made=MADE, folders=(fonts,)))
    for n, page in enumerate(pages, start=1):
        assert f"A session, page {n} of {len(pages)}" in page
        assert page[-1] == "For research use only."


@pytest.mark.hazard("H33")
def test_every_length_there_may_be_is_drawn_whole(fonts: Path) -> None:
    lengths = [f"{tenths / 10:.1f}\u00a0mm" for tenths in range(10_000)]
    said = words_of_pdf(pdf_of(report(*lengths), made=MADE, folders=(fonts,))).splitlines()
    assert {length.replace("\u00a0", " ") for length in lengths} <= set(said)


def test_pictures_stand_two_in_a_row_each_over_its_words(fonts: Path) -> None:
    _, png = cv2.imencode(".png", np.full((30, 40, 3), 90, dtype=np.uint8))
    shown = tuple(Picture(png=png.tobytes(), width=40, height=30, words=f"Picture {n}") for n in range(3))
    document = Document(title="A plan", marks=(), sections=(Section(title="Pictures", pictures=shown),))
    pdf = pdf_of(document, made=MADE, name="Plan", folders=(fonts,))
    (page,) = pages_of_pdf(pdf)
    assert [line for line in page if line.startswith("Picture ")] == ["Picture 0", "Picture 1", "Picture 2"]
    # The same picture is in the file once and drawn three times.
    assert pdf.count(b"/Subtype /Image") == 1
    assert b"(Plan)" in pdf or "Plan".encode("utf-16-be") in pdf


def test_many_pictures_go_on_over_pages(fonts: Path) -> None:
    _, png = cv2.imencode(".png", np.full((40, 40, 3), 90, dtype=np.uint8))
    shown = tuple(Picture(png=png.tobytes(), width=40, height=40, words=f"Picture {n}") for n in range(8))
    document = Document(title="A plan", marks=(), sections=(Section(title="Pictures", pictures=shown),))
    pages = pages_of_pdf(pdf_of(document, made=MADE, folders=(fonts,)))
    assert [sum(line.startswith("Picture ") for line in page) for page in pages] == [4, 4]
