"""A report as one page of HTML that needs nothing else: any browser shows and prints it, in any script."""

from base64 import b64encode
from collections.abc import Iterator
from html import escape

from orview.edge.report.document import Document, Picture, Section

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; border-bottom: 1px solid; }
.mark { font-weight: 700; margin: 0.2rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: start; vertical-align: top; }
th, td { padding: 0.2rem 0.6rem 0.2rem 0; overflow-wrap: anywhere; } tr { border-bottom: 1px solid #8884; }
.pictures { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; } figure { margin: 0; break-inside: avoid; }
img { width: 100%; height: auto; border: 1px solid #8884; } figcaption { font-size: 0.85rem; }
@media print { body { margin: 0; max-width: none; } tr, h2 { break-inside: avoid; break-after: avoid-page; } }
"""


def html_of(document: Document) -> bytes:
    """Return the page."""
    return "\n".join(_lines(document)).encode()


def _lines(document: Document) -> Iterator[str]:
    title = escape(document.title)
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
    yield f'<h1 dir="auto">{title}</h1>'
    yield from (f'<p class="mark">{escape(mark)}</p>' for mark in document.marks)
    for section in document.sections:
        yield from _section(section)
    yield "</main></body></html>"


def _section(section: Section) -> Iterator[str]:
    yield f"<section><h2>{escape(section.title)}</h2>"
    yield from (f'<p dir="auto">{escape(line)}</p>' for line in section.lines)
    if section.pictures:
        yield '<div class="pictures">'
        yield from (_picture(picture) for picture in section.pictures)
        yield "</div>"
    if section.table is not None:
        head = "".join(f'<th scope="col">{escape(one)}</th>' for one in section.table.head)
        yield f"<table><thead><tr>{head}</tr></thead><tbody>" if any(section.table.head) else "<table><tbody>"
        for row in section.table.rows:
            cells = "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in row)
            yield f"<tr>{cells}</tr>"
        yield "</tbody></table>"
    yield "</section>"


def _picture(picture: Picture) -> str:
    data, words = b64encode(picture.png).decode(), escape(picture.words)
    return (
        f'<figure><img alt="{words}" width="{picture.width}" height="{picture.height}" '
        f'src="data:image/png;base64,{data}"><figcaption dir="auto">{words}</figcaption></figure>'
    )
