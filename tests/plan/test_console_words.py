"""The words of the console: each is used, and those the first page needs come with it."""

import re
from pathlib import Path

CONSOLE = Path(__file__).resolve().parents[2] / "headset_client" / "src" / "console"
MESSAGES = CONSOLE / "messages"
_IMPORT = re.compile(r'^(?:import|export)\b(?! type\b)[^;]*?from "(\.[^"]+)"', re.M)
_KEY = re.compile(r'^  "([a-z_]+\.[A-Za-z_.]+)":', re.M)


def keys_of(file: str) -> set[str]:
    return set(_KEY.findall((MESSAGES / file).read_text(encoding="utf-8")))


FIRST = keys_of("en_first.ts")
ALL = FIRST | keys_of("en.ts")
SOURCES = {path: path.read_text(encoding="utf-8") for path in CONSOLE.rglob("*.ts") if path.parent != MESSAGES}


def used_in(source: str) -> set[str]:
    """The keys a file may ask for: those it names, and those that begin as it says."""
    named = {key for key in re.findall(r'["`]([a-z_]+\.[A-Za-z_.]+)["`]', source) if key in ALL}
    begun = re.findall(r"`([a-z_]+\.[a-z_.]*)\$\{", source)
    return named | {key for key in ALL if any(key.startswith(prefix) for prefix in begun)}


def first_files() -> set[Path]:
    """What the first page is made of: the entry and all it imports at once."""
    found, waiting = set(), [CONSOLE / "console.ts"]
    while waiting:
        path = waiting.pop()
        if path in found or path not in SOURCES:
            continue
        found.add(path)
        waiting += [(path.parent / name).resolve() for name in _IMPORT.findall(SOURCES[path])]
    return found


def test_there_are_words_and_files():
    assert len(FIRST) > 50
    assert len(ALL) > 150
    assert {path.name for path in first_files()} >= {"console.ts", "shell.ts", "patient.ts", "steps.ts"}
    assert "team.ts" not in {path.name for path in first_files()}


def test_the_first_page_has_its_words():
    missing = {path.name: used_in(SOURCES[path]) - FIRST for path in first_files()}
    assert {name: keys for name, keys in missing.items() if keys} == {}, "put these into en_first.ts"


def test_every_word_is_used():
    used = set().union(*(used_in(source) for source in SOURCES.values()))
    assert sorted(ALL - used) == []
