"""Links of the pages lead somewhere: to a file that is there, and to a heading it has."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "calibration" / "README.md"]
_LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    """What a page's headings are called in links: lower case, words joined, no punctuation."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lost(page: Path, text: str) -> list[str]:
    """Links of a page's text that lead nowhere."""
    found = []
    for path, anchor in _LINK.findall(text):
        target = page.parent / path if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(f"{path}#{anchor}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path):
    assert lost(page, page.read_text(encoding="utf-8")) == []


def test_a_lost_link_is_noticed():
    page = ROOT / "docs" / "operating.md"
    assert lost(page, "[a](nowhere.md) [b](#no-heading) [c](#the-log) [d](../README.md) [e](https://a.b)") == [
        "nowhere.md#",
        "#no-heading",
    ]
