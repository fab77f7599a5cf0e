"""The page says every word of the report in any script, and takes nothing that was typed for its own."""

import re
from base64 import b64decode
from html import unescape

from orview.edge.report.as_html import html_of
from orview.edge.report.document import Document, Picture, Section, Table

NAMES = ("Иван Петров", "王小明", "محمد علي", "<script>alert(1)</script> & \"'")
ROWS = tuple((name, "1.7") for name in NAMES)
DOCUMENT = Document(
    title="Session, 王小明",
    marks=("For research use only.",),
    sections=(
        Section(
            title="What", lines=("A line.",), table=Table(head=("Name", ""), rows=tuple((n, "1.7") for n in NAMES))
        ),
        Section(title="Empty", table=Table(head=("", ""), rows=(("a", "b"),))),
    ),
)


def test_every_word_is_on_the_page_and_nothing_typed_is_taken_for_its_code() -> None:
    page = html_of(DOCUMENT).decode()
    assert "<script" not in page
    said = [unescape(text) for text in re.findall(r">([^<]+)<", page)]
    for word in DOCUMENT.text.splitlines():
        assert not word or word in said
    assert page.startswith('<!doctype html><html lang="en">')
    # Names in any script keep their own way of reading, and nothing is fetched from anywhere.
    assert page.count('<td dir="auto">') == 2 * len(NAMES) + 2
    assert not re.search(r"(src|href)=", page)
    # Headings that say nothing are none.
    assert page.count("<thead>") == 1


def test_pictures_are_in_the_page_itself_with_their_words_for_all() -> None:
    shown = Picture(png=b"\x89PNG some", width=40, height=30, words='From <behind> "now"')
    document = Document(title="A plan", marks=(), sections=(Section(title="Pictures", pictures=(shown,)),))
    page = html_of(document).decode()
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert b64decode(data) == shown.png
    words = "From &lt;behind&gt; &quot;now&quot;"
    assert f'alt="{words}" width="40" height="30"' in page
    assert f'<figcaption dir="auto">{words}</figcaption>' in page
