"""A report before it is drawn: sections of sentences and tables. Every way to draw one shows all of it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under headings; every row has a cell for each heading."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading, sentences, and a table under them."""

    title: str
    lines: tuple[str, ...] = ()
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
            words += [section.title, *section.lines]
            if section.table is not None:
                words += [*section.table.head, *(cell for row in section.table.rows for cell in row)]
        return "\n".join(words)
