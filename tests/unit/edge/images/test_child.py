"""The reading process is limited, and its crash costs nobody else anything (hazard H28)."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.edge.images import files
from orview.edge.images.files import read_volume, write_volume
from orview.errors import RefusedError
from tests.unit.edge.images.test_files import a_volume

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the limits are the operating system's")


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)


@pytest.mark.hazard("H28")
def test_memory_is_limited() -> None:
    script = (
        "from orview.edge.images import child; child.MEMORY_LIMIT_BYTES = 2**30\n"
        "child.limit_this_process()\n"
        "try:\n    data = bytearray(2**31)\n    print('had it')\n"
        "except MemoryError:\n    print('refused')"
    )
    assert run(script).stdout.strip() == "refused"


@pytest.mark.hazard("H28")
def test_processor_time_is_limited_and_no_crash_dump_is_left() -> None:
    script = (
        "import resource; from orview.edge.images import child; child.CPU_LIMIT_S = 1\n"
        "child.limit_this_process(); assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0\n"
        "while True: pass"
    )
    assert run(script).returncode == -signal.SIGXCPU


@pytest.mark.hazard("H28")
def test_a_crash_in_the_reader_is_one_sentence_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    real_run = subprocess.run

    def crashing(command: list[str], **options: Any) -> Any:
        suicide = f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})"
        return real_run([sys.executable, "-c", suicide], **options)

    monkeypatch.setattr(files.subprocess, "run", crashing)
    with pytest.raises(RefusedError, match="crashed"):
        read_volume(tmp_path / "ct.nii")


def test_nothing_of_it_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(files.tempfile, "tempdir", str(scratch))
    write_volume(tmp_path / "ct.nii", a_volume())
    assert np.array_equal(read_volume(tmp_path / "ct.nii").volume.array, a_volume().array)
    assert os.listdir(scratch) == []  # noqa: PTH208 (the point is that it is empty)
