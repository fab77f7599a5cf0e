"""Stands in for `reader.ask_child`: the same questions and answers, through a warm process instead of a new one."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orview.edge.images.confined.reader import Answer, answer_in, question_of

ROOT = Path(__file__).resolve().parents[3]


class WarmChild:
    """A zygote and the folder it works in.

    Attributes:
        ends: how many children ended in which way.
        last_end: how the latest one ended.
    """

    def __init__(self, scratch: Path, *, timeout_s: float = 20.0) -> None:
        self.ends: Counter[str] = Counter()
        self.last_end = ""
        self._scratch = scratch
        self._timeout_s = timeout_s
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hostile.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def ask_child(
        self,
        mode: str,
        request: Mapping[str, Any],
        *,
        timeout_s: float = 0.0,
        progress: object = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Answer:
        """Do as `reader.ask_child` does, with a time limit of our own."""
        folder = Path(tempfile.mkdtemp(prefix="orview-", dir=self._scratch)).resolve()
        try:
            task = {"question": question_of(mode, request), "folder": str(folder), "timeout_s": self._timeout_s}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
            self.last_end = json.loads(self._process.stdout.readline())
            self.ends[self.last_end] += 1
            return answer_in(folder)
        finally:
            shutil.rmtree(folder)

    def close(self) -> None:
        """End the zygote."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
