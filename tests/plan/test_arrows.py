"""The plan of the house, read from its imports: arrows point down, nothing loops, libraries stay in their rooms."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from orview.cli.main import VERBS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "orview"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("edge",),
    ("pipeline",),
    ("sim",),
    ("session", "protocol", "track", "register", "calibrate", "model", "plan"),
    ("mesh", "markers"),
    ("segment",),
    ("image",),
    ("geometry",),
    ("frames", "units", "findings", "compiled"),
    ("errors",),
)
"""Top floor first. A room imports from its own files and from floors below, never from a neighbour."""

FLOOR_OF = {room: depth for depth, rooms in enumerate(FLOORS) for room in rooms}

ROOMS_OF_LIBRARY = {
    "open3d": {"mesh", "plan", "register", "sim"},
    "cv2": {"markers", "calibrate", "track", "sim", "edge", "mesh", "segment"},
    "SimpleITK": {"image", "segment", "edge"},
    "numba": {"compiled"},
    "pygltflib": {"model"},
    "websockets": {"edge"},
    "zeroconf": {"edge"},
    "pydicom": {"edge"},
    "cryptography": {"edge"},
    "sqlite3": {"edge"},
    "mcap": {"edge"},
}

EDGE_ONLY = {"socket", "ssl", "asyncio", "subprocess", "multiprocessing", "mmap", "tempfile", "shutil"}
"""What touches disks, sockets and processes: only in edge and cli."""

CLOCKS = {"time", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time_ns", "now", "utcnow", "today"}


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path
    return found


@cache
def imports_of(name: str) -> frozenset[str]:
    """Every module that a file names in an import, also inside functions and for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            assert node.module is not None
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            known = submodules & modules().keys()
            found.update(known or {node.module})
    return frozenset(found)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_every_room_has_a_floor() -> None:
    assert {room_of(name) for name in modules()} - {""} <= FLOOR_OF.keys()


@pytest.mark.parametrize("name", sorted(modules()))
def test_arrows_point_down(name: str) -> None:
    room = room_of(name)
    for target in imports_of(name):
        if not target.startswith("orview.") or room_of(target) == room or not room:
            continue
        assert FLOOR_OF[room] < FLOOR_OF[room_of(target)], f"{name} imports {target}, which is not on a lower floor"


def test_no_file_imports_a_package_face() -> None:
    faces = {name for name, path in modules().items() if path.name == "__init__.py" and name != "orview"}
    for name in modules():
        assert not imports_of(name) & faces, f"{name} imports a package's face"


def test_nothing_loops() -> None:
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name in done:
            return
        for target in sorted(imports_of(name) & modules().keys()):
            visit(target, (*trail, name))
        done.add(name)

    for name in sorted(modules()):
        visit(name, ())


@pytest.mark.parametrize("name", sorted(modules()))
def test_libraries_stay_in_their_rooms(name: str) -> None:
    for target in imports_of(name):
        top = target.split(".")[0]
        if top in ROOMS_OF_LIBRARY:
            assert room_of(name) in ROOMS_OF_LIBRARY[top], f"{name} imports {top}"
        if top in EDGE_ONLY:
            assert room_of(name) in {"edge", "cli"}, f"{name} imports {top}"


@pytest.mark.parametrize("name", sorted(name for name in modules() if room_of(name) not in {"edge", "cli", ""}))
def test_only_the_edge_reads_a_clock(name: str) -> None:
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            holder = ast.unparse(node.func.value)
            assert holder not in {"time", "datetime", "date", "datetime.datetime"}, f"{name} reads a clock"


def test_the_ground_imports_nothing() -> None:
    assert imports_of("orview.errors") == frozenset()


def test_geometry_knows_numpy_and_nothing_else() -> None:
    allowed = {"numpy", "orview", "dataclasses", "math", "collections", "itertools", "typing", "enum", "functools"}
    for name in modules():
        if room_of(name) == "geometry":
            assert {target.split(".")[0] for target in imports_of(name)} <= allowed, name


@cache
def below(name: str) -> frozenset[str]:
    """Every module that a file imports, directly or not, with the packages they lie in."""
    found = {".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 1)}
    named = imports_of(name) & modules().keys()
    if name == "orview.cli.main":
        # It finds its verbs by their names.
        named |= {f"orview.cli.{verb}" for verb in VERBS}
    for target in named:
        found |= {target} | below(target)
    return frozenset(found)


def test_each_module_imports_alone() -> None:
    """Each with nothing loaded but what it says it imports: one that needs another besides hides a loop.

    As nothing loops, each is run once, after all that is below it.
    """
    script = """
import importlib, json, sys
ran = {}
for name, below in json.load(sys.stdin):
    for loaded in [m for m in sys.modules if m.split('.')[0] == 'orview']:
        del sys.modules[loaded]
    sys.modules.update((one, ran[one]) for one in below)
    ran[name] = importlib.import_module(name)
    more = {m for m in sys.modules if m.split('.')[0] == 'orview'} - {name, *below}
    assert not more, f'{name} loads {more}'
"""
    order = sorted(modules(), key=lambda name: (len(below(name)), name))
    plan = json.dumps([(name, sorted(below(name))) for name in order])
    subprocess.run([sys.executable, "-c", script], input=plan, text=True, check=True, timeout=120)
