"""How every process of a host begins: it leaves Ctrl-C to its parent and does not outlive it."""

import contextlib
import multiprocessing
import os
import signal
import socket
import threading

POSE_ROAD_NICENESS = -10


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

    Most systems allow that to administrators only; elsewhere the process runs as it is.
    """
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, POSE_ROAD_NICENESS)


def wake(waker: socket.socket) -> None:
    """Tell whoever listens that a slot or a job's outcome is new. Never waits: a full pipe wakes too."""
    with contextlib.suppress(BlockingIOError, ConnectionError):
        waker.send(b"\0")


def _exit_after(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(1)
