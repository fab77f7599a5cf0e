"""Fonts of this machine that together hold the letters of a text. Nothing is downloaded and none is brought along."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

LIKED = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf")
"""Plain faces with many letters, tried first."""
ALSO = (
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "ArialUnicode.ttf",
    "Arial Unicode.ttf",
    "wqy-microhei.ttc",
)
"""Faces with the letters of East Asia, tried before all others."""
MOST_FILES = 2000


@dataclass(frozen=True, kw_only=True)
class Face:
    """A face: its file, its place in a collection, and the characters it can draw."""

    path: Path
    number: int
    characters: frozenset[int]


def font_folders() -> tuple[Path, ...]:
    """Return where this system keeps fonts."""
    home = Path.home()
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts")


def faces_for(text: str, folders: Sequence[Path] | None = None) -> tuple[Face, ...]:
    """Return faces that together draw as many of a text's characters as this machine can, a plain one first."""
    wanted = {ord(character) for character in text if not character.isspace()}
    chosen: list[Face] = []
    for path in _ordered(font_folders() if folders is None else folders):
        if not wanted:
            break
        face = _face(path)
        if face is not None and wanted & face.characters:
            chosen.append(face)
            wanted -= face.characters
    return tuple(chosen)


def _ordered(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the font files of some folders, those that are liked first."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in (".ttf", ".ttc") and len(found) < MOST_FILES:
                found.setdefault(path.name, path)
    first = [found[name] for name in (*LIKED, *ALSO) if name in found]
    yield from first
    # Regular faces before bold and slanted ones of the same family.
    rest = [path for path in found.values() if path not in first]
    yield from sorted(rest, key=lambda path: ("bold" in path.stem.lower() or "ital" in path.stem.lower(), str(path)))


def _face(path: Path) -> Face | None:
    """Return the first face of a file; None where it cannot be read or has no outlines a PDF can hold."""
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            if "glyf" not in font:
                return None
            return Face(path=path, number=0, characters=frozenset(font.getBestCmap() or {}))
    except (OSError, TTLibError, ValueError, AssertionError, KeyError):
        return None
