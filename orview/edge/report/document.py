"""A report before it is drawn: sections of sentences, pictures and tables. Every way to draw one shows all of it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under headings; every row has a cell for each heading."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture and what it shows, for under it and for who cannot see it.

    Attributes:
        png: the file.
        width, height: px.
        words: what it shows.
    """

    png: bytes
    width: int
    height: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading, sentences, pictures two in a row, and a table under them."""

    title: str
    lines: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class Document:
    """A report.

    Attributes:
        title: what it is.
        marks: what must not be overlooked, said under the title of every drawing.
        sections: in their order.
    """

    title: str
    marks: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """All of its words."""
        words = [self.title, *self.marks]
        for section in self.sections:
            words += [section.title, *section.lines, *(picture.words for picture in section.pictures)]
            if section.table is not None:
                words += [*section.table.head, *(cell for row in section.table.rows for cell in row)]
        return "\n".join(words)
