"""Keys of planes from the names that people give: "High cut-3" is a point of the plane `high_cut`."""

import re

from orview.plan.roots import ROOT_OF_KEY, Root

LONGEST_KEY = 40
_NUMBER = re.compile(r"[\s_\-.#:]*\d+\s*$")
_ROOT = re.compile(r"\b([ls][1-5])\b[\s_\-]*(left|right|l|r)?\b", re.IGNORECASE)
_BARE = re.compile(r"[ls][1-5][\s_\-]*(left|right|l|r)?", re.IGNORECASE)
_NERVE = re.compile(r"nerve|root|radix|ganglion", re.IGNORECASE)


def stem_of(label: str) -> str:
    """Return a label without the number at its end: all points of one list have the same."""
    return _NUMBER.sub("", label).strip() or label.strip()


def key_of(name: str) -> str:
    """Return a name as a key: a to z, 0 to 9 and _, beginning with a letter."""
    key = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return (key if key[:1].isalpha() else f"plane_{key}".rstrip("_"))[:LONGEST_KEY].rstrip("_")


def names_a_root(label: str) -> bool:
    """Say whether a label names a nerve root: a level, with or without side, a key, or nerve or root and a level."""
    stem = stem_of(label)
    if _BARE.fullmatch(label.strip()) or _BARE.fullmatch(stem):
        return True
    key = key_of(stem)
    return any(key.startswith(known) or key == _short(root) for known, root in ROOT_OF_KEY.items()) or bool(
        _NERVE.search(label) and _ROOT.search(label.replace("_", " "))
    )


def _short(root: Root) -> str:
    return f"{root.level.lower()}_{root.side.value}"
