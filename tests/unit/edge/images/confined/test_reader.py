"""Whatever becomes of the reading child, its parent has one sentence and a clean disk (hazard H28)."""

import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview import errors
from orview.edge.images.confined import reader
from orview.edge.images.confined.reader import ask_child
from orview.edge.images.files import read_volume, write_volume
from orview.errors import InputError, OrviewError, RefusedError
from tests.unit.edge.images.test_files import a_volume

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are POSIX's")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the reader's temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def image(tmp_path: Path) -> Path:
    write_volume(tmp_path / "ct.nii", a_volume())
    return tmp_path / "ct.nii"


def behave(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a Python script in the child's place; FOLDER is its result folder."""
    real = reader.subprocess.Popen

    def stand_in(command: list[str], **options: Any) -> Any:
        head = f"import json, os, subprocess, sys, time; FOLDER = {command[-1]!r}\n"
        return real([sys.executable, "-c", head + script], **options)

    monkeypatch.setattr(reader.subprocess, "Popen", stand_in)


def test_the_image_comes_back_and_nothing_else_stays(image: Path, scratch: Path) -> None:
    heard: list[tuple[str, float]] = []
    found = read_volume(image, progress=lambda words, fraction: heard.append((words, fraction)))
    assert np.array_equal(found.volume.array, a_volume().array)
    assert heard[-1] == ("Reading the image", 1.0)
    assert list(scratch.iterdir()) == []


@posix
@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"os.kill(os.getpid(), {int(signal.SIGSEGV)})", "crashed"),
        ("os.close(0); sys.exit(3)", "crashed"),
        ("time.sleep(60)", "too long"),
        ("os.close(1); time.sleep(60)", "too long"),
        ("while True: print('0 0.5')", "too long"),
        ("print('9 0.5', '0 7', '0 nan', 'x' * 10_000, sep='\\n')", "crashed"),
        ("open(FOLDER + '/result.json', 'w').write('{')", "crashed"),
        ("open(FOLDER + '/result.json', 'w').write('[' * 100_000)", "crashed"),
        ("open(FOLDER + '/result.json', 'w').write('[]')", "crashed"),
        ("open(FOLDER + '/result.json', 'w').truncate(2**25)", "too large"),
    ],
)
def test_a_child_that_misbehaves_is_one_sentence(
    image: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    behave(monkeypatch, script)
    with pytest.raises(RefusedError, match=words):
        ask_child("volume", {"source": image}, timeout_s=1.0 if words == "too long" else 30.0)
    assert list(scratch.iterdir()) == []


ANSWER = "json.dump({'answer': {}, 'arrays': ARRAYS, 'confined': []}, open(FOLDER + '/result.json', 'w'))"


@posix
@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    ("array", "stated"),
    [
        ("np.zeros(5)", {"shape": [6], "dtype": "<f8"}),
        ("np.zeros(5)", {"shape": [5], "dtype": "<f4"}),
        ("np.array([{}])", {"shape": [1], "dtype": "|O"}),
        ("np.array(['a'])", {"shape": [1], "dtype": "<U1"}),
        ("None", {"shape": [1], "dtype": "<f8"}),
    ],
)
def test_an_array_that_is_not_as_stated_is_not_taken(
    image: Path, monkeypatch: pytest.MonkeyPatch, array: str, stated: dict[str, Any]
) -> None:
    save = f"import numpy as np\nif {array} is not None: np.save(FOLDER + '/a.npy', {array})\n"
    behave(monkeypatch, save + ANSWER.replace("ARRAYS", repr({"a": stated})))
    with pytest.raises(RefusedError, match="crashed"):
        ask_child("volume", {"source": image})


@posix
@pytest.mark.parametrize("kind", ["InputError", "RefusedError", "OSError", "annotations", "__name__"])
def test_an_error_is_rebuilt_and_may_be_nothing_else(image: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    answer = {"error": kind, "message": "Bad\x1b[31m\nfile." + "x" * 5000, "mend": "Mend it."}
    behave(monkeypatch, f"open(FOLDER + '/result.json', 'w').write({json.dumps(answer)!r})")
    with pytest.raises(OrviewError) as caught:
        ask_child("volume", {"source": image})
    assert type(caught.value) is (getattr(errors, kind) if kind.endswith("tError") else RefusedError)
    assert caught.value.message.startswith("Bad [31m file.")
    assert len(caught.value.message) <= reader.LONGEST_SENTENCE
    assert caught.value.mend == "Mend it."


@posix
def test_cancelling_ends_it_and_all_it_started(image: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = scratch.parent / "grandchild"
    behave(
        monkeypatch,
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(told)!r} + '.part', 'w').write(str(other.pid)); os.rename({str(told)!r} + '.part', {str(told)!r})\n"
        "time.sleep(60)",
    )
    with pytest.raises(RefusedError, match="cancelled"):
        ask_child("volume", {"source": image}, cancelled=told.exists)
    grandchild = int(told.read_text())
    for _ in range(100):
        status = Path(f"/proc/{grandchild}/status")
        if not status.exists() or "zombie" in status.read_text():
            break
        time.sleep(0.05)
    else:
        os.kill(grandchild, signal.SIGKILL)
        pytest.fail("a process of the child's outlived it")
    assert list(scratch.iterdir()) == []


def test_a_path_that_is_not_there_is_told_without_naming_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder") as caught:
        ask_child("volume", {"source": [tmp_path / "Doe, Jane"]})
    assert "Doe" not in str(caught.value)


@pytest.mark.hazard("H28")
def test_a_module_lying_in_the_working_folder_is_not_run(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody types `orview prepare .` inside a stranger's disc."""
    for name in ("json", "numpy", "SimpleITK", "struct"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit")
    monkeypatch.chdir(tmp_path)
    assert read_volume(image).volume.array.shape == a_volume().array.shape
    assert not (tmp_path / "ran").exists()
