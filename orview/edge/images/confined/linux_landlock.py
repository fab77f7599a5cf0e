"""Landlock: which files this process may touch (Linux 5.13 and later; kernel's userspace-api/landlock).

Beside files, where the kernel is newer: no TCP (6.7), no signals to processes outside (6.12).
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import orview
from orview.edge.images.confined.linux_kernel import libc

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE = (1 << 4) | (1 << 5)
_MAKE_DIR, _MAKE_FILE = 1 << 7, 1 << 8
_RENAME, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE | 1
_FILE_RIGHTS_BY_VERSION = (13, 14, 15, 15, 16)
"""How many rights on files each version of the interface knows."""

_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
)
"""Libraries, their settings and what they ask the system about the machine."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict_files(*, readable: Sequence[Path], writable: Path) -> bool:
    """Allow reading Python, the system's libraries and `readable`, writing `writable`; False where there is no way."""
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    if version < 1:
        return False
    known = (1 << _FILE_RIGHTS_BY_VERSION[min(version, len(_FILE_RIGHTS_BY_VERSION)) - 1]) - 1
    wanted = _Ruleset(known, _TCP if version >= 4 else 0, _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(wanted), size, 0)
    if ruleset < 0:
        return False
    try:
        python = {sys.prefix, sys.base_prefix, str(Path(orview.__file__).parents[1]), *filter(None, sys.path)}
        for place in (*_SYSTEM, *python, *map(str, readable)):
            _allow(ruleset, place, (_READ_FILE | _READ_DIR) & known)
        read_and_write = _READ_FILE | _READ_DIR | _WRITE_FILE | _REMOVE | _MAKE_DIR | _MAKE_FILE | _RENAME | _TRUNCATE
        _allow(ruleset, str(writable), read_and_write & known)
        return int(libc.syscall(_RESTRICT_SELF, ruleset, 0)) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, place: str, rights: int) -> None:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there, so nothing to allow
    try:
        rule = _PathRule(rights if Path(place).is_dir() else rights & _OF_FILES, handle)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(handle)
