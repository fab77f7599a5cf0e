"""Keeps the processes of a host alive: spawns them, and starts again whichever ends.

Each may be killed at any time without harm to the others: they share nothing but slots, files and
sockets that this process keeps open for them. All end with this process.

Loading libraries takes longer than a room may go without poses. So for a process on their road others wait beside it
that have loaded everything already: when the first ends, one takes its place at once.
"""

import atexit
import importlib
import multiprocessing
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from orview.edge.host.process_life import begin_child_process

FIRST_DELAY_S = 0.05
MAX_DELAY_S = 5.0
STEADY_AFTER_S = 2.0
"""A process that lived so long is healthy: when it ends, its place is taken without delay."""
SPARE_AFTER_S = 1.0
"""A process that lived so long has begun: the one that waits beside it may load its libraries now."""
NEXT_SPARE_AFTER_S = 0.3
"""The same for one that had waited itself: it begins sooner."""
SPARES_APART_S = 3.0
"""One that waits has loaded its libraries by then, on a machine that is not busy; the next may begin to."""
STOP_TIMEOUT_S = 3.0

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A process of a host.

    Attributes:
        function: what it does ("package.module:function"). Its module is loaded in that process alone, so that the
            supervisor's own needs no camera and no mesh library.
        arguments: of the function; they must survive pickling.
        spares: so many others wait beside it, at first one. Whoever was needed once may be needed again while the next
            one still loads: from then on there are all.
        warm: a function without arguments that one which waits calls, so that nothing has to be done later.
    """

    function: str
    arguments: tuple[Any, ...]
    spares: int = 0
    warm: str = ""


@dataclass
class _Waiting:
    """A process that has been started and waits for its word to begin."""

    process: SpawnProcess
    word: Connection


@dataclass
class _Child:
    """One process, those that wait beside it, longest first, and the next one in its place."""

    name: str
    part: Part
    process: SpawnProcess | None = None
    started_s: float = 0.0
    delay_s: float = 0.0
    restarts: int = -1
    waited: bool = False
    spares: list[_Waiting] = field(default_factory=list)
    spare_from_s: float = 0.0


class Supervisor:
    """Runs named processes until `stop`.

    Args:
        parts: by name.
        restarted: told how often each process was started again, whenever one was.
    """

    def __init__(
        self, parts: Mapping[str, Part], *, restarted: Callable[[dict[str, int]], object] = lambda restarts: None
    ) -> None:
        self._restarted = restarted
        self._children = {name: _Child(name, part) for name, part in parts.items()}
        self._stopping = False
        self._lock = threading.Lock()
        self._nudged, self._nudge = socket.socketpair()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start every process, and go on doing so."""
        for child in self._children.values():
            _begin(child)
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
        spares = [spare for child in self._children.values() for spare in child.spares]
        for process in (*processes, *(spare.process for spare in spares)):
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in (*processes, *(spare.process for spare in spares)):
            process.join(max(deadline - time.monotonic(), 0.0))
            if process.is_alive():
                process.kill()
                process.join()
        for spare in spares:
            spare.word.close()
        self._nudge.close()
        self._nudged.close()

    def pid(self, name: str) -> int | None:
        """Return the id of a process, None while it is not running."""
        process = self._children[name].process
        return process.pid if process is not None and process.is_alive() else None

    def spare_pids(self, name: str) -> list[int]:
        """Return the ids of the processes that wait beside another, longest first."""
        return [spare.process.pid for spare in self._children[name].spares if spare.process.pid is not None]

    def restarts(self) -> dict[str, int]:
        """Return how often each process was started again."""
        return {name: max(child.restarts, 0) for name, child in self._children.items()}

    def _watch(self) -> None:
        while True:
            children = self._children.values()
            waiting = [at for child in children for at in (_due_s(child), _spare_due_s(child)) if at is not None]
            processes = [child.process for child in children if child.process is not None]
            processes += [spare.process for child in children for spare in child.spares]
            timeout_s = max(min(waiting) - time.monotonic(), 0.0) if waiting else None
            wait([*(process.sentinel for process in processes), self._nudged], timeout_s)
            with self._lock:
                if self._stopping:
                    return
                before = self.restarts()
                for child in children:
                    _tend(child)
                if (restarts := self.restarts()) != before:
                    self._restarted(restarts)


def _tend(child: _Child) -> None:
    """See to it that a process and those beside it are there, as far as they are due."""
    process = child.process
    if process is not None and not process.is_alive():
        child.process = None
        process.join()
        if time.monotonic() - child.started_s >= STEADY_AFTER_S:
            child.delay_s = 0.0
        else:
            child.delay_s = min(max(child.delay_s * 2.0, FIRST_DELAY_S), MAX_DELAY_S)
        child.started_s = time.monotonic()
    for spare in [spare for spare in child.spares if not spare.process.is_alive()]:
        _forget(spare, child)
    due_s = _due_s(child)
    if due_s is not None and time.monotonic() >= due_s:
        _begin(child)
    spare_due_s = _spare_due_s(child)
    if spare_due_s is not None and time.monotonic() >= spare_due_s:
        child.spares.append(_waiting(child))
        child.spare_from_s = time.monotonic() + SPARES_APART_S


def _due_s(child: _Child) -> float | None:
    """Return when a process that ended is to be started again, None while it runs."""
    return None if child.process is not None else child.started_s + child.delay_s


def _spare_due_s(child: _Child) -> float | None:
    """Return when one more is to be put beside a process, None while there are enough or nothing to put it beside."""
    enough = child.part.spares if child.restarts > 0 else min(child.part.spares, 1)
    if len(child.spares) >= enough or child.process is None:
        return None
    return max(child.started_s + (NEXT_SPARE_AFTER_S if child.waited else SPARE_AFTER_S), child.spare_from_s)


def _begin(child: _Child) -> None:
    """Start a process: the one that waited, if there is one, else a new one."""
    child.waited = bool(child.spares)
    begun = child.spares.pop(0) if child.spares else _waiting(child)
    child.process, child.started_s = begun.process, time.monotonic()
    child.restarts += 1
    try:
        begun.word.send_bytes(b"begin")
    except OSError:
        # It died while it waited; its end is seen like any other.
        pass
    finally:
        begun.word.close()


def _waiting(child: _Child) -> _Waiting:
    part = child.part
    heard, word = _SPAWN.Pipe(duplex=False)
    # No daemons: those may not have children, and images are read in one.
    process = _SPAWN.Process(
        target=run_when_told, args=(heard, part.warm, part.function, *part.arguments), name=f"orview-{child.name}"
    )
    process.start()
    heard.close()
    return _Waiting(process=process, word=word)


def _forget(spare: _Waiting, child: _Child) -> None:
    """Let go of one that died while it waited; the next is not put there at once."""
    spare.process.join()
    spare.word.close()
    child.spares.remove(spare)
    child.spare_from_s = time.monotonic() + MAX_DELAY_S


def run_when_told(heard: Connection, warm: str, function: str, *arguments: object) -> None:
    """Load a function by its full name, wait for the word to begin, and call it: what each process does first."""
    begin_child_process()
    call = _named(function)
    if warm and not heard.poll():
        _named(warm)()
    try:
        heard.recv_bytes()
    except EOFError:
        sys.exit(0)
    heard.close()
    call(*arguments)


def _named(function: str) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)
