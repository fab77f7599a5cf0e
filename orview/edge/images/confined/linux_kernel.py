"""The few calls to the Linux kernel that Python has no names for."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """End this process when the thread that started it ends."""
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def refuse_new_privileges() -> bool:
    """No program started from here gains rights by set-user-id bits or file capabilities."""
    return int(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) == 0


def leave_network() -> bool:
    """Move into a network namespace of one's own, which is empty; False where the system does not permit it."""
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    return int(libc.unshare(flags)) == 0
