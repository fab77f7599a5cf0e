"""The rooms of the pages, like those of the host: an import points down a floor, and nothing loops."""

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "headset_client" / "src"
FLOORS = [
    {"frames", "protocol.gen"},
    {"net"},
    {"overlay"},
    {"scene", "swatch"},
    {"xr"},
    {"observing"},
    {"headset", "console"},
    {"headset.ts"},
]
"""From the ground up; neighbours on a floor know nothing of each other. The entry of the console is in its room."""
_IMPORT = re.compile(r'^(?:import|export)\b[^;]*?from "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)|new URL\("(\.[^"]+)"', re.M)


def room_of(path: Path) -> str:
    """The room a file is in, or the file itself where it lies at the top."""
    parts = path.relative_to(SOURCES).parts
    if len(parts) > 1:
        return parts[0]
    return parts[0] if parts[0] == "headset.ts" else parts[0].removesuffix(".ts")


def imports_of(path: Path) -> list[Path]:
    """The files of the pages that a file imports."""
    found = _IMPORT.findall(path.read_text(encoding="utf-8"))
    named = [next(name for name in names if name) for names in found]
    return [(path.parent / name).resolve() for name in named if name.endswith(".ts")]


FILES = sorted(SOURCES.rglob("*.ts"))
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def test_every_file_is_in_a_room_and_there_are_some():
    assert len(FILES) > 50
    assert {room_of(path) for path in FILES} == set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_imports_point_down(path: Path):
    here = room_of(path)
    for imported in imports_of(path):
        there = room_of(imported)
        assert there == here or FLOOR[there] < FLOOR[here], f"{path.name} imports {there}/{imported.name}"


def test_nothing_loops():
    waiting = {path: {other for other in imports_of(path) if other != path} for path in FILES}
    while free := [path for path, needs in waiting.items() if not needs & waiting.keys()]:
        for path in free:
            del waiting[path]
    assert sorted(path.name for path in waiting) == []
