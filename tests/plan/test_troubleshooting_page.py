"""The page on troubleshooting quotes what is really said: every sentence in italics stands in the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.plan.test_host_words import shape

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
CLIENT = ROOT / "headset_client" / "src"
_QUOTE = re.compile(r"(?<!\*)\*(?!\*)([^*\n]+)\*(?!\*)")
_LITERAL = re.compile(r'"([^"\n]+)"|`([^`\n]+)`')
_MARKUP = re.compile(r">([^<>{}$\n]+)</")
_PLACES = re.compile(r"\{\}(\s*\{\})+")
_BETWEEN = re.compile(r"(?<=[.:?!]) (?=[A-Z{])|(?<=\}\.) ")


def one_place(text: str) -> str:
    """Places beside one another count as one."""
    return _PLACES.sub("{}", text)


def quotes(page: str) -> list[str]:
    """What a page says in italics, with `{}` for what is filled in; its bold text is its own."""
    return [one_place(quote.replace("...", "{}")) for quote in _QUOTE.findall(page.replace("**", ""))]


def texts(source: str) -> Iterator[str]:
    """Every text of a Python file of two words and more, with `{}` for what is put in; no docstring."""
    tree = ast.parse(source)
    aside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            aside.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            aside.update(id(part) for part in node.values)
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = "" if id(node) in aside else node.value
            if " " in text:
                yield text


@cache
def said() -> frozenset[str]:
    """Every text of the host, the console and the headset, and each sentence of those that hold several."""
    told: set[str] = set()
    for path in (ROOT / "orview").rglob("*.py"):
        told.update(one_place(shape(text)).strip() for text in texts(path.read_text(encoding="utf-8")))
    for path in CLIENT.rglob("*.ts"):
        # The German table is keyed by English that the host may not say any more.
        if path.name in ("de.ts", "host_de.ts", "protocol.gen.ts"):
            continue
        source = path.read_text(encoding="utf-8")
        told.update(_MARKUP.findall(source))
        for plain, template in _LITERAL.findall(source):
            told.add(shape(re.sub(r"\$\{[^}]*\}", "{}", plain or template)))
    # Of a sentence in a ternary or a table the text stands alone, of several in one text each.
    return frozenset(told) | {sentence for text in told for sentence in _BETWEEN.split(text)}


@pytest.mark.parametrize("quote", sorted(set(quotes(PAGE))))
def test_what_the_page_quotes_is_said(quote: str):
    assert quote in said() or f"{quote}." in said(), "write it as the code says it, with ... for what is filled in"


def test_what_nobody_says_would_be_noticed():
    assert len(set(quotes(PAGE))) > 100
    assert quotes("| *The ... is lost.* **bold, *HIDE ALL* too** |") == ["The {} is lost.", "HIDE ALL"]
    assert "The {} is lost." not in said()
    assert list(texts('"""Not said."""\nhow = ("one", "One thing.", f"{one} thing")')) == ["One thing.", "{} thing"]
