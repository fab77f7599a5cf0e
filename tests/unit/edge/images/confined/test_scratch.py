"""Nothing of a patient stays in the temporary folder, even where the reader's parent was killed (hazard H21)."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from orview.edge.images.confined.reader import ask_child
from orview.edge.images.confined.scratch import PREFIX, remove_orphans, scratch_folder
from orview.edge.images.files import write_volume
from tests.unit.edge.images.test_files import a_volume

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process numbers are POSIX's")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_it_is_private_and_goes_with_all_in_it(temporary: Path) -> None:
    def work() -> None:
        with scratch_folder() as folder:
            assert folder.stat().st_mode & 0o077 == 0
            (folder / "a" / "b").mkdir(parents=True)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert list(temporary.iterdir()) == []


@pytest.mark.hazard("H21")
def test_what_the_dead_left_is_deleted_and_nothing_else(temporary: Path) -> None:
    orphan = temporary / f"{PREFIX}{ended_process()}-abc"
    others = [temporary / name for name in (f"{PREFIX}{os.getpid()}-abc", f"{PREFIX}x-abc", "other", f"{PREFIX}1-x")]
    for folder in (orphan, *others):
        folder.mkdir()
        (folder / "image.nii").write_bytes(b"a patient")
    link = temporary / f"{PREFIX}{ended_process()}-link"
    link.symlink_to(temporary / "other")
    remove_orphans()
    assert not orphan.exists()
    assert all((folder / "image.nii").exists() for folder in (*others, link))


@pytest.mark.hazard("H21")
@pytest.mark.hazard("H28")
def test_a_parent_that_is_killed_leaves_nothing_beyond_the_next_reading(tmp_path: Path, temporary: Path) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    # The parent stops its child as soon as it runs, so that both are there to be killed.
    script = (
        "import os, pathlib, signal, sys, tempfile\n"
        "from orview.edge.images.confined import reader\n"
        f"tempfile.tempdir = {str(temporary)!r}\n"
        "real = reader.subprocess.Popen\n"
        "def started(*arguments, **options):\n"
        "    child = real(*arguments, **options)\n"
        "    os.kill(child.pid, signal.SIGSTOP)\n"
        "    print(child.pid, flush=True)\n"
        "    return child\n"
        "reader.subprocess.Popen = started\n"
        f"reader.ask_child('volume', {{'source': pathlib.Path({str(tmp_path / 'ct.nii')!r})}})\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    assert len(list(temporary.iterdir())) == 1
    os.kill(child, signal.SIGCONT)
    assert ask_child("volume", {"source": tmp_path / "ct.nii"}).arrays
    assert list(temporary.iterdir()) == []
    for _ in range(100):
        status = Path(f"/proc/{child}/status")
        if not status.exists() or "zombie" in status.read_text():
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("the child outlived its parent")
