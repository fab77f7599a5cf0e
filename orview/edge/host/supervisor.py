"""Keeps the processes of a host alive: spawns them, and starts again whichever ends.

Each may be killed at any time without harm to the others: they share nothing but slots, files and
sockets that this process keeps open for them. All end with this process.
"""

import atexit
import importlib
import multiprocessing
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

FIRST_DELAY_S = 0.05
MAX_DELAY_S = 5.0
STEADY_AFTER_S = 10.0
"""A process that lived so long is healthy: when it ends, it is started again without delay."""
STOP_TIMEOUT_S = 3.0

_SPAWN = multiprocessing.get_context("spawn")


@dataclass
class _Child:
    """One process and the next one in its place."""

    function: str
    arguments: tuple[Any, ...]
    process: SpawnProcess | None = None
    started_s: float = 0.0
    delay_s: float = 0.0
    restarts: int = -1


class Supervisor:
    """Runs named processes until `stop`.

    Args:
        children: name to the function of each process ("package.module:function") and its arguments, which
            must survive pickling. The function's module is loaded in its own process alone, so that this one
            needs no camera and no mesh library.
    """

    def __init__(self, children: Mapping[str, tuple[str, tuple[Any, ...]]]) -> None:
        self._children = {name: _Child(function, arguments) for name, (function, arguments) in children.items()}
        self._stopping = False
        self._lock = threading.Lock()
        self._nudged, self._nudge = socket.socketpair()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start every process, and go on doing so."""
        for name in self._children:
            self._spawn(name)
        self._thread.start()
        # Else an exit that forgot to stop would wait for the processes for ever.
        atexit.register(self.stop)

    def stop(self) -> None:
        """End every process, politely at first; a second time there is nothing to do."""
        atexit.unregister(self.stop)
        with self._lock:
            if self._stopping:
                return
            self._stopping = True
        self._nudge.send(b"\0")
        if self._thread.is_alive():
            self._thread.join()
        processes = [child.process for child in self._children.values() if child.process is not None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in processes:
            process.join(max(deadline - time.monotonic(), 0.0))
            if process.is_alive():
                process.kill()
                process.join()
        self._nudge.close()
        self._nudged.close()

    def pid(self, name: str) -> int | None:
        """Return the id of a process, None while it is not running."""
        process = self._children[name].process
        return process.pid if process is not None and process.is_alive() else None

    def restarts(self) -> dict[str, int]:
        """Return how often each process was started again."""
        return {name: max(child.restarts, 0) for name, child in self._children.items()}

    def _spawn(self, name: str) -> None:
        child = self._children[name]
        # No daemons: those may not have children, and images are read in one.
        process = _SPAWN.Process(target=run_function, args=(child.function, *child.arguments), name=f"orview-{name}")
        process.start()
        child.process, child.started_s = process, time.monotonic()
        child.restarts += 1

    def _watch(self) -> None:
        while True:
            due = {name: self._due_s(child) for name, child in self._children.items()}
            waiting = [at for at in due.values() if at is not None]
            sentinels = [child.process.sentinel for child in self._children.values() if child.process is not None]
            timeout_s = max(min(waiting) - time.monotonic(), 0.0) if waiting else None
            wait([*sentinels, self._nudged], timeout_s)
            with self._lock:
                if self._stopping:
                    return
                for name, child in self._children.items():
                    self._tend(name, child)

    def _tend(self, name: str, child: _Child) -> None:
        process = child.process
        if process is not None and not process.is_alive():
            child.process = None
            process.join()
            lived_s = time.monotonic() - child.started_s
            child.delay_s = (
                FIRST_DELAY_S
                if lived_s >= STEADY_AFTER_S
                else min(max(child.delay_s * 2.0, FIRST_DELAY_S), MAX_DELAY_S)
            )
            child.started_s = time.monotonic()
        due_s = self._due_s(child)
        if due_s is not None and time.monotonic() >= due_s:
            self._spawn(name)

    def _due_s(self, child: _Child) -> float | None:
        """Return when a process that ended is to be started again, None while it runs."""
        return None if child.process is not None else child.started_s + child.delay_s


def run_function(function: str, *arguments: object) -> None:
    """Load a function by its full name and call it: what each process does first."""
    module, _, name = function.partition(":")
    getattr(importlib.import_module(module), name)(*arguments)
