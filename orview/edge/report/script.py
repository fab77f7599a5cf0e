"""Text as it is drawn from left to right: Arabic letters in the forms their neighbours ask for, lines in visual order.

What a shaping engine does for every script this does for Arabic alone, by the presentation forms that Unicode has for
it (chapter 9.2: joining types; blocks FB50 to FEFF); the order is that of UAX #9, by fpdf2.
"""

import unicodedata
from functools import cache

from fpdf.bidi import BidiParagraph

_FORMS = ("isolated", "final", "initial", "medial")
_JOINER = "\u0640"
"""Tatweel: a stroke that joins on both sides and has no forms of its own."""
_OPENING, _CLOSING = "([{<«‹", ")]}>»›"
_MIRRORED = dict(zip(_OPENING + _CLOSING, _CLOSING + _OPENING, strict=True))
"""Brackets that turn with the way of reading (UAX #9, rule L4)."""
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


@cache
def _presentation_forms() -> dict[str, dict[str, str]]:
    """Return the forms of each letter, and of each pair that is drawn as one, by what they are forms of."""
    found: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFDD0), *range(0xFE70, 0xFEFD)):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) not in (2, 3) or parts[0].strip("<>") not in _FORMS:
            continue
        letters = "".join(chr(int(part, 16)) for part in parts[1:])
        # Of pairs only lam with alef must be one; marks on a space are none.
        if len(letters) == 1 or (letters[0] == "\u0644" and letters[1] in "\u0622\u0623\u0625\u0627"):
            found.setdefault(letters, {}).setdefault(parts[0].strip("<>"), chr(code))
    return found


def shaped(text: str) -> str:
    """Return text with Arabic letters in the forms in which they join."""
    forms = _presentation_forms()
    units: list[str] = []
    for character in text:
        # A pair that is drawn as one letter.
        if units and units[-1] + character in forms:
            units[-1] += character
        else:
            units.append(character)
    letters = [n for n, unit in enumerate(units) if unicodedata.category(unit[0]) != "Mn"]
    for place, n in enumerate(letters):
        known = forms.get(units[n])
        if known is None:
            continue
        before = units[letters[place - 1]] if place else ""
        after = units[letters[place + 1]] if place + 1 < len(letters) else ""
        joined_before = "final" in known and _joins_on(before)
        joined_after = "initial" in known and _is_joined_to(after)
        if joined_before and joined_after:
            units[n] = known.get("medial", units[n])
        elif joined_before or joined_after:
            units[n] = known["final" if joined_before else "initial"]
        else:
            units[n] = known.get("isolated", units[n])
    return "".join(units)


def visual(line: str) -> str:
    """Return a line in the order in which it is drawn from left to right."""
    if not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in line):
        return line
    drawn = BidiParagraph(text=line).reorder_resolved_levels()
    return "".join(
        _MIRRORED.get(one.character, one.character) if one.embedding_level % 2 else one.character for one in drawn
    )


def _joins_on(unit: str) -> bool:
    """Whether a letter, drawn already or not, joins the one after it."""
    return unit == _JOINER or "initial" in _presentation_forms().get(_drawn_from(unit), {})


def _is_joined_to(unit: str) -> bool:
    """Whether a letter joins the one before it."""
    return unit == _JOINER or "final" in _presentation_forms().get(unit, {})


def _drawn_from(unit: str) -> str:
    """Return what a presentation form is a form of."""
    parts = unicodedata.decomposition(unit[0]).split() if unit else []
    return "".join(chr(int(part, 16)) for part in parts[1:]) if parts and parts[0].startswith("<") else unit
