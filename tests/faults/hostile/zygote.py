"""A process that has imported all readers and forks once for every request: thousands of reads without start-ups.

Lines of JSON on standard input (`question`, `folder`, `timeout_s`), one line back for each: how the child ended.
The forked child confines itself and answers as the real one does.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from orview.edge.images.confined import child, sandbox

CPU_LIMIT_S = 20
MEMORY_LIMIT_BYTES = 4 * 1024**3


def main() -> None:
    """Serve until standard input ends."""
    sys.modules.setdefault("requests", None)  # type: ignore[arg-type]
    for module in child.MODES.values():
        __import__(module)
    for extra in ("numpy", "SimpleITK", "pydicom", "pydicom.pixels.decoders"):
        __import__(extra)
    answers = os.fdopen(os.dup(1), "w")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    sandbox.CPU_LIMIT_S = CPU_LIMIT_S
    sandbox.MEMORY_LIMIT_BYTES = MEMORY_LIMIT_BYTES
    for line in sys.stdin:
        task = json.loads(line)
        answers.write(json.dumps(_end_of(task)) + "\n")
        answers.flush()


def _end_of(task: dict[str, Any]) -> str:
    pid = os.fork()
    if pid == 0:
        _serve(task)
    deadline = time.monotonic() + task["timeout_s"]
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "timeout"
        time.sleep(0.001)


def _serve(task: dict[str, Any]) -> None:
    """Do what `child.main` does, in the forked child, and never return."""
    try:
        folder, question = Path(task["folder"]), task["question"]
        os.chdir(folder)
        held = sandbox.confine_this_process(readable=[Path(path) for path in question["readable"]], writable=folder)
        child.leave_answer(folder, child.answer_to(question["mode"], question["request"], folder), held)
    except BaseException:
        os._exit(3)
    os._exit(0)


if __name__ == "__main__":
    main()
