"""A report on A4 paper, as PDF. A letter that no font of this machine has is spelled by its number, never left out."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import cast

from fpdf import FPDF
from fpdf.enums import MethodReturnValue

from orview.edge.report.document import Document, Picture, Section, Table
from orview.edge.report.fonts import Face, faces_for
from orview.edge.report.script import shaped, visual

SPELLED = "Letters that no font of this machine has are spelled by their numbers here; the page in HTML shows them."
_FAMILY = "face"
_MARGIN_MM = 16.0
_BODY, _HEADING, _TITLE = 8.5, 11.0, 15.0
_LINE_MM = 4.4
_GAP_MM = 3.0


def pdf_of(
    document: Document,
    *,
    made: datetime,
    name: str = "Report of a session",
    folders: Sequence[Path] | None = None,
) -> bytes:
    """Return the paper.

    Args:
        document: the report.
        made: when, for the file's own dates: the same report is the same file.
        name: what the file says it is, to who does not open it.
        folders: where fonts lie; None for where this system keeps them.
    """
    faces = faces_for(shaped(document.text) + SPELLED, folders)
    return _Paper(document, faces, made, name).bytes()


class _Pages(FPDF):
    """Pages that say at their foot of which report and of how many they are, and the first mark: pages get parted."""

    foot = ""
    mark = ""
    family = ""

    def footer(self) -> None:
        """Called by fpdf2 at the end of each page."""
        self.set_y(-_MARGIN_MM / 2.0 - _LINE_MM / 2.0)
        self.set_font(self.family, size=_BODY)
        self.cell(0, _LINE_MM, f"{visual(self.foot)}, page {self.page_no()} of {self.str_alias_nb_pages}", align="C")
        self.set_xy(self.l_margin, self.get_y() + _LINE_MM)
        self.cell(0, _LINE_MM, visual(self.mark), align="C")


class _Paper:
    def __init__(self, document: Document, faces: Sequence[Face], made: datetime, name: str) -> None:
        self._document = document
        self._known = frozenset().union(*(face.characters for face in faces)) if faces else frozenset(range(32, 256))
        self._spelled = False
        pdf = self._pdf = _Pages(format="A4", unit="mm")
        pdf.set_margin(_MARGIN_MM)
        pdf.set_auto_page_break(True, margin=_MARGIN_MM)
        pdf.set_title(name)
        pdf.set_creator("orview")
        pdf.set_creation_date(made)
        for n, face in enumerate(faces):
            pdf.add_font(f"{_FAMILY}{n}", fname=face.path, collection_font_number=face.number)
        # Without any font of the machine's own there are those every reader has, which know Latin letters alone.
        self._family = f"{_FAMILY}0" if faces else "Helvetica"
        pdf.set_font(self._family, size=_BODY)
        pdf.set_fallback_fonts([f"{_FAMILY}{n}" for n in range(1, len(faces))], exact_match=False)
        pdf.foot = self._ready(document.title)
        pdf.mark = self._ready(document.marks[0]) if document.marks else ""
        pdf.family = self._family
        pdf.add_page()

    def bytes(self) -> bytes:
        """Return the file."""
        self._words(self._document.title, size=_TITLE)
        for mark in self._document.marks:
            self._words(mark, size=_HEADING)
        for section in self._document.sections:
            self._section(section)
        if self._spelled:
            self._pdf.ln(_GAP_MM)
            self._words(SPELLED)
        return bytes(self._pdf.output())

    def _section(self, section: Section) -> None:
        self._pdf.ln(_GAP_MM)
        if self._pdf.will_page_break(5 * _LINE_MM):
            self._pdf.add_page()
        self._words(section.title, size=_HEADING)
        self._rule()
        for line in section.lines:
            self._words(line)
        for n in range(0, len(section.pictures), 2):
            self._pictures(section.pictures[n : n + 2])
        if section.table is not None:
            self._table(section.table)

    def _pictures(self, row: Sequence[Picture]) -> None:
        """Put pictures beside each other, the words of each below it."""
        pdf = self._pdf
        width = (pdf.epw - _GAP_MM) / 2.0
        heights = [width * picture.height / picture.width for picture in row]
        words = [self._broken(self._ready(picture.words), width) for picture in row]
        tall = max(heights)
        if pdf.will_page_break(tall + _LINE_MM * max(map(len, words)) + _GAP_MM):
            pdf.add_page()
        top, left = pdf.get_y() + _GAP_MM / 2.0, pdf.l_margin
        for picture, high, lines in zip(row, heights, words, strict=True):
            pdf.image(BytesIO(picture.png), x=left, y=top, w=width, h=high)
            for n, line in enumerate(lines):
                pdf.set_xy(left, top + tall + n * _LINE_MM)
                pdf.cell(width, _LINE_MM, visual(line))
            left += width + _GAP_MM
        pdf.set_xy(pdf.l_margin, top + tall + _LINE_MM * max(map(len, words)))

    def _table(self, table: Table) -> None:
        rows = [table.head, *table.rows] if any(table.head) else list(table.rows)
        ready = [[self._ready(cell) for cell in row] for row in rows]
        widths = self._widths(ready)
        for n, row in enumerate(ready):
            cells = [self._broken(cell, width) for cell, width in zip(row, widths, strict=True)]
            self._row(cells, widths)
            if n == 0 and rows[0] is table.head:
                self._rule()

    def _row(self, cells: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        height = _LINE_MM * max(len(lines) for lines in cells)
        if self._pdf.will_page_break(height):
            self._pdf.add_page()
        top, left = self._pdf.get_y(), self._pdf.l_margin
        for lines, width in zip(cells, widths, strict=True):
            for n, line in enumerate(lines):
                self._pdf.set_xy(left, top + n * _LINE_MM)
                self._pdf.cell(width, _LINE_MM, visual(line))
            left += width
        self._pdf.set_xy(self._pdf.l_margin, top + height)

    def _widths(self, rows: Sequence[Sequence[str]]) -> list[float]:
        """Return how wide each column is: as its longest cell, or less for the widest where the paper ends."""
        natural = [max(self._pdf.get_string_width(row[n]) for row in rows) + _GAP_MM for n in range(len(rows[0]))]
        low, most = 0.0, self._pdf.epw
        high = max(natural)
        if sum(natural) <= most:
            return natural
        for _ in range(30):
            middle = (low + high) / 2.0
            low, high = (middle, high) if sum(min(one, middle) for one in natural) <= most else (low, middle)
        return [min(one, low) for one in natural]

    def _broken(self, text: str, width: float) -> list[str]:
        lines = self._pdf.multi_cell(
            max(width, _GAP_MM), _LINE_MM, text, dry_run=True, output=MethodReturnValue.LINES, align="L"
        )
        return [str(line) for line in cast(list[str], lines)] or [""]

    def _words(self, text: str, *, size: float = _BODY) -> None:
        self._pdf.set_font(self._family, size=size)
        step = _LINE_MM * size / _BODY
        for line in self._broken(self._ready(text), self._pdf.epw):
            self._pdf.cell(0, step, visual(line), new_x="LMARGIN", new_y="NEXT")
        self._pdf.set_font(self._family, size=_BODY)

    def _rule(self) -> None:
        y = self._pdf.get_y()
        self._pdf.set_draw_color(120)
        self._pdf.line(self._pdf.l_margin, y, self._pdf.l_margin + self._pdf.epw, y)

    def _ready(self, text: str) -> str:
        """Return text of which every letter can be drawn."""
        drawn = []
        for character in shaped(text):
            if unicodedata.category(character) in ("Cf", "Cc"):
                continue
            if ord(character) in self._known or character.isspace():
                drawn.append(character)
            else:
                self._spelled = True
                drawn.append(f"[U+{ord(character):04X}]")
        return "".join(drawn)
