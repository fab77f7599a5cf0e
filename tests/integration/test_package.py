"""What a user installs: one pure wheel, small, with the pages and the boards inside."""

import gzip
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_WHEEL_BYTES = 2_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / "headset_client/dist/sources.sha256").exists():
        pytest.skip("the client is not built: make install")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True, timeout=120)
    return next(folder.glob("orview-*.whl"))


def test_the_wheel_is_pure_and_small(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size < LARGEST_WHEEL_BYTES


def test_the_wheel_carries_pages_boards_and_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        page = archive.read("orview/client/headset.html").decode()
    assert {"orview/client/console.html", "orview/py.typed", "orview/boards/patient_flat.toml"} <= names
    # Every script and style the page asks for is in the wheel too, compressed as it is sent.
    wanted = set(re.findall(r'(?:src|href)="/(assets/[^"]+)"', page))
    assert wanted
    assert {f"orview/client/{name}.gz" for name in wanted} <= names


def test_the_wheel_brings_no_emulator_tests_or_sources_of_the_client(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        scripts = b"".join(gzip.decompress(archive.read(name)) for name in names if name.endswith(".js.gz"))
    assert not [name for name in names if "node_modules" in name or name.startswith("tests") or name.endswith(".ts")]
    assert b"WebSocket" in scripts
    assert b"IWER" not in scripts


def test_the_version_is_told_once(wheel: Path) -> None:
    from orview import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dynamic"] == ["version"]
    assert wheel.name.startswith(f"orview-{__version__}-")
