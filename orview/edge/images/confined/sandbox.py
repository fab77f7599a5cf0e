"""What the reading process takes from itself before it opens anything.

Everywhere on POSIX: memory, processor time, file size, open files, crash dumps, priority. On Linux also, where
the kernel has it: no new privileges, an end with its parent, the first to go when memory runs out, no network
namespace but an empty one, a filter on system calls (`seccomp`) and on files (`landlock`). All of it binds
threads only from here on, so it is done while there is one. On Windows the parent's clock is the only limit.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

MEMORY_LIMIT_BYTES = 8 * 1024**3
CPU_LIMIT_S = 240
FILE_LIMIT_BYTES = 8 * 1024**3
OPEN_FILES_LIMIT = 256
NICENESS = 5


class Bound(StrEnum):
    """A limit that holds on this machine."""

    RESOURCES = "memory, processor time, file size and open files"
    NO_NEW_PRIVILEGES = "no new privileges"
    NO_NETWORK = "no network"
    NO_NETWORK_FROM_PYTHON = "no network and no programs from Python code"
    FILES = "only the files given"
    SYSTEM_CALLS = "no sockets, no programs, no look into other processes"


def confine_this_process(*, readable: Sequence[Path], writable: Path) -> frozenset[Bound]:
    """Give up all that reading does not need, for good, and return what holds.

    Args:
        readable: the files and folders that may be read beside Python's own and the system's libraries.
        writable: the one folder that may be written.
    """
    held = set()
    if limit_resources():
        held.add(Bound.RESOURCES)
    if sys.platform == "linux":
        held |= _confine_on_linux(readable, writable)
    if not held & {Bound.NO_NETWORK, Bound.SYSTEM_CALLS}:
        sys.addaudithook(_refuse_network)
        held.add(Bound.NO_NETWORK_FROM_PYTHON)
    return frozenset(held)


def limit_resources() -> bool:
    """Cap memory, processor time, file size, open files and crash dumps; False where the system cannot."""
    try:
        import resource
    except ImportError:
        return False
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_S),
        (resource.RLIMIT_FSIZE, FILE_LIMIT_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES_LIMIT),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        lowered = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        # macOS refuses a limit on memory below what is mapped already; the others hold there.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (lowered, lowered))
    os.nice(NICENESS)
    return True


def _confine_on_linux(readable: Sequence[Path], writable: Path) -> set[Bound]:
    from orview.edge.images.confined import linux_kernel, linux_landlock, linux_seccomp

    held = set()
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    linux_kernel.die_with_parent()
    if linux_kernel.leave_network():
        held.add(Bound.NO_NETWORK)
    if linux_kernel.refuse_new_privileges():
        held.add(Bound.NO_NEW_PRIVILEGES)
        if linux_landlock.restrict_files(readable=readable, writable=writable):
            held.add(Bound.FILES)
        if linux_seccomp.filter_system_calls():
            held.add(Bound.SYSTEM_CALLS)
    return held


def _refuse_network(event: str, _arguments: tuple[Any, ...]) -> None:
    """Stop Python code that reaches for the network or another program; code in C is not seen by this."""
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork")):
        raise PermissionError(f"{event} is refused in the reader")
