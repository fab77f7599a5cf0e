"""Every kind of thing that is logged is told in a sentence, with what came of it."""

import re
from pathlib import Path
from typing import get_args

import pytest

from orview.edge.host.minutes import _kind_of
from orview.session.happenings import words_of
from orview.session.state import Event

SOURCES = Path(__file__).parents[3] / "orview"


def kinds_written() -> set[str]:
    """The kinds of the session's events, and those that the host notes besides."""
    events = {_kind_of(object.__new__(event)) for event in get_args(Event)} - {"TICK", "TIME_OUT_TOLD"}
    noted = set()
    for path in SOURCES.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        noted |= set(re.findall(r'(?:minutes\.note\(\s*|self\.note\(|self\._note\(|kind, facts = )"([A-Z_]+)"', source))
    return (events | noted) - {"LIVE", "HOLD", "END"}


@pytest.mark.parametrize("kind", sorted(kinds_written()))
def test_every_kind_has_a_sentence_of_its_own(kind: str) -> None:
    facts = {"landmark": "Crest", "agrees": True, "kinds": "name and date of birth", "item": "images"}
    said = words_of(kind, facts)
    assert re.fullmatch(r"[A-Z][^.]*\.", said), said
    assert said.lower().rstrip(".") != kind.replace("_", " ").lower()


def test_what_came_of_it_is_said_once() -> None:
    sight = {"from": "LIVE", "to": "LOST", "why": "The camera does not see the board."}
    assert words_of("TRACK_LOST", sight) == "The board is out of sight. LOST: The camera does not see the board."
    bumped = {"from": "LIVE", "to": "HOLD", "why": "One of the boards was bumped."}
    assert words_of("BOARDS_MOVED", bumped) == "One of the boards was bumped. HOLD."
    refused = {"refused": "The board was not seen yet."}
    assert words_of("CONFIRMED", refused) == "START was pressed. Refused: The board was not seen yet."
    touched = {"landmark": "Sacral tip", "agrees": False}
    assert words_of("CHECK_POINT_TOUCHED", touched) == "Check point Sacral tip: does not agree."
    assert words_of("RESTARTED", {"part": "camera tracking"}) == "The camera tracking was restarted."
    assert words_of("DEVICE_JOINED", {"device": "a1"}, device="Quest 3 headset") == "Quest 3 headset came in."
    assert words_of("DEVICE_PUT_OUT", {"device": "a1"}) == "A device was put out."
    assert words_of("SOMETHING_NEW", {}) == "Something new."
