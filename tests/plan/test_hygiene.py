"""What must never land: registry hosts in lock files, paths of a machine, binaries, unclaimed hazards."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_FILE_BYTES = 1 << 20


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_the_python_lock_names_no_host_and_has_a_hash_for_every_package() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    packages = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
    assert len(packages) > 50
    assert all("==" in package and "--hash=sha256:" in package for package in packages)


def test_the_python_lock_holds_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = re.split(r"[<>=;\[ ]", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}==", text, re.MULTILINE), f"{name} is not locked: run make lock"


def test_the_client_lock_names_no_host() -> None:
    lock = json.loads((ROOT / "headset_client/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for package in packages.values())


def test_tracked_files_are_small_and_name_no_machine() -> None:
    home = re.compile(rb"(?<![\w.])/(home|work|farm|root|Users)/\w")
    for path in tracked_files():
        data = path.read_bytes()
        assert len(data) <= LARGEST_FILE_BYTES, f"{path.name} is larger than 1 MiB"
        if b"\0" not in data[:1024] and path != Path(__file__).resolve():
            assert not home.search(data), f"{path.relative_to(ROOT)} names a path of a machine"


def test_nothing_built_or_vendored_is_tracked() -> None:
    for path in tracked_files():
        parts = set(path.relative_to(ROOT).parts[:-1])
        assert not parts & {"node_modules", "dist", "vendor", "third_party", "__pycache__"}
