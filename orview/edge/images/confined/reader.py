"""Asks the reading child and waits for it: what it hands back is checked, however it ends.

The child is somebody else's code as soon as a hostile file has run away with a library. So it gets only the paths
in the request, its answer is size-limited JSON, its arrays are plain numbers of the size it states, and whatever
is left of it is killed and deleted.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

import orview
from orview import errors
from orview.edge.images.confined.progress import LONGEST_LINE_BYTES, parse_report
from orview.edge.images.confined.scratch import scratch_folder
from orview.errors import InputError, OrviewError, RefusedError

READ_TIMEOUT_S = 300.0

MAX_ANSWER_BYTES = 16 * 1024**2
LONGEST_SENTENCE = 600
_POLL_S = 0.1
_MOST_UNHEARD = 100
_RESULT = "result.json"
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG")

ReportProgress = Callable[[str, float], None]
"""Called with the words of a stage and how much of it is done, 0 to 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What the child found.

    Attributes:
        json: as its source module returned it.
        arrays: by the name they were saved under; read-only.
        confined: names of the `sandbox.Bound`s that held while it read.
    """

    json: dict[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    confined: frozenset[str]


def ask_child(
    mode: str,
    request: Mapping[str, Any],
    *,
    timeout_s: float = READ_TIMEOUT_S,
    progress: ReportProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Answer:
    """Run the child on one request.

    Args:
        mode: one of `child.MODES`.
        request: plain JSON, and `Path`s: these and what lies below them are all the child may read. It gets them as
            absolute strings.
        timeout_s: the child is killed after this long.
        progress: told how far the child is, on this thread.
        cancelled: asked ten times a second; True kills the child.

    Raises:
        InputError: a path of the request is not there, or what the child found.
        RefusedError: what the child found, or it crashed, took too long, was cancelled or answered nonsense.
    """
    question = question_of(mode, request)
    with scratch_folder() as folder:
        process = _started(folder)
        try:
            _say(process, question)
            _follow(process, time.monotonic() + timeout_s, progress, cancelled)
        finally:
            _kill(process)
        return answer_in(folder)


def question_of(mode: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the child is sent: the request with its paths as strings, and these once more as all it may read.

    Raises:
        InputError: a path of the request is not there.
    """
    readable: list[str] = []
    return {"mode": mode, "request": _plain(request, readable), "readable": readable}


def _plain(value: Any, readable: list[str]) -> Any:
    """Return `value` with its paths as absolute strings, which are also added to `readable`."""
    if isinstance(value, Path):
        if not value.exists():
            raise InputError("There is no file or folder at the path given.", mend="Check the path.")
        readable.append(str(value.resolve()))
        return readable[-1]
    if isinstance(value, Mapping):
        return {key: _plain(inner, readable) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, readable) for inner in value]
    return value


def _started(folder: Path) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    environment |= {
        # With -P a file named like a module in the working folder is not imported: that folder may be a stranger's.
        "PYTHONPATH": str(Path(orview.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "orview.edge.images.confined.child", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )


def _say(process: subprocess.Popen[bytes], question: dict[str, Any]) -> None:
    assert process.stdin is not None
    # Where it is gone already, the missing answer says so.
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps(question).encode())


def _follow(
    process: subprocess.Popen[bytes],
    deadline: float,
    progress: ReportProgress | None,
    cancelled: Callable[[], bool] | None,
) -> None:
    """Hear the child's reports until it ends.

    Raises:
        RefusedError: time is up, or it was cancelled.
    """
    assert process.stdout is not None
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(process.stdout, lines), daemon=True).start()
    while True:
        if time.monotonic() > deadline:
            raise _stopped("it took too long")
        if cancelled is not None and cancelled():
            raise RefusedError("Reading was cancelled.")
        try:
            line = lines.get(timeout=_POLL_S)
        except queue.Empty:
            continue
        if line is None:
            break
        report = parse_report(line)
        if report is not None and progress is not None:
            progress(report[0].value, report[1])
    try:
        process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _stopped("it took too long") from None


def _hear(pipe: IO[bytes], lines: "queue.SimpleQueue[bytes | None]") -> None:
    """Hand over every line of a pipe, then None. On a thread of its own: Windows cannot wait for a pipe."""
    with pipe:
        while line := pipe.readline(LONGEST_LINE_BYTES):
            # A flood is no report: what nobody had time to hear is dropped.
            if lines.qsize() < _MOST_UNHEARD:
                lines.put(line)
    lines.put(None)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and every process it started, and wait for its end."""
    if sys.platform == "win32":
        process.kill()
    else:
        # macOS says "not permitted" of a group whose members are all ending.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def answer_in(folder: Path) -> Answer:
    """Read what a child left in its result folder; it must have ended.

    Raises:
        OrviewError: it left an error, or nothing that can be used.
    """
    path = folder / _RESULT
    try:
        if path.stat().st_size > MAX_ANSWER_BYTES:
            raise _stopped("its answer is too large")
        result = json.loads(path.read_text(encoding="utf-8"))
        if "error" in result:
            raise _rebuilt(result)
        arrays = {name: _array(folder / f"{name}.npy", stated) for name, stated in result["arrays"].items()}
        return Answer(json=dict(result["answer"]), arrays=arrays, confined=frozenset(result["confined"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _stopped("its reader crashed or ran out of memory or time") from None


def _array(path: Path, stated: dict[str, Any]) -> NDArray[Any]:
    """Return an array of plain numbers whose shape and type are as stated.

    Mapped, not copied, where an open file may be deleted: nobody can change it, its writer is dead.
    """
    array = np.load(path, mmap_mode=None if sys.platform == "win32" else "r", allow_pickle=False)
    if array.shape != tuple(stated["shape"]) or array.dtype.str != stated["dtype"] or array.dtype.kind not in "biuf":
        raise ValueError
    array = np.asarray(array)
    array.setflags(write=False)
    return array


def _rebuilt(result: dict[str, Any]) -> OrviewError:
    kind = getattr(errors, str(result["error"]), RefusedError)
    if not (isinstance(kind, type) and issubclass(kind, OrviewError)):
        kind = RefusedError
    error = kind(_sentence(result["message"]), mend=_sentence(result["mend"]))
    if "place" in result:
        error.add_note(_sentence(result["place"]))
    return error


def _sentence(text: object) -> str:
    """Return a text of one printable line: it may reach a terminal, which obeys control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text)[:LONGEST_SENTENCE])


def _stopped(why: str) -> RefusedError:
    return RefusedError(
        f"The image could not be read safely: {why}.", mend="The files may be damaged; export them again."
    )
