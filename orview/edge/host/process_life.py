"""How every process of a host begins: it leaves Ctrl-C to its parent and does not outlive it."""

import contextlib
import multiprocessing
import os
import signal
import socket
import threading
from types import ModuleType

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows, where no such limit is.
    resource = None


def begin_child_process() -> None:
    """Make this process one of a host's children.

    Ctrl-C reaches every process of the terminal, but only the parent knows in which order to end. A
    child whose parent died, however it died, ends at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def come_first() -> None:
    """Ask the system to run this process before ordinary ones: it is on the road of the poses.

    Round-robin real time of the lowest priority, because a browser that takes all cores would else hold up
    the tracker for longer than a pose may live, and niceness does not reach across the groups Linux makes of
    sessions. Most systems allow it to administrators, or by a limit (`rtprio`); elsewhere the process runs as it is.
    """
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR)))


def allow_many_files() -> None:
    """Raise what this process may have open to what the system allows: every client is one, and 1024 is the custom."""
    if resource is not None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def wake(waker: socket.socket) -> None:
    """Tell whoever listens that a slot or a job's outcome is new. Never waits: a full pipe wakes too."""
    with contextlib.suppress(BlockingIOError, ConnectionError):
        waker.send(b"\0")


def _exit_after(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(1)
