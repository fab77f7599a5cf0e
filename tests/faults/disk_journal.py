"""Writes down what SQLite and recordings do to their files, and makes of it what a power cut could leave.

SQLite's own file functions are wrapped (its VFS, https://sqlite.org/vfs.html), so that every write, truncation, sync
and removal stands in the journal in its order. After a cut all that was synced is there; of what was written since,
each sector of 512 bytes may be there or not, in any mixture, and so may a file that was made or removed.
"""

import _sqlite3
import ctypes
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECTOR_BYTES = 512
IS_POSSIBLE = sys.platform == "linux"


@dataclass
class Content:
    """One file's life under a name: what is safely on disk, and what was done to it since."""

    synced: bytes
    since: list[tuple[int, bytes] | int] = field(default_factory=list)

    def copy(self) -> "Content":
        return Content(self.synced, list(self.since))

    def sync(self) -> None:
        data = bytearray(self.synced)
        for change in self.since:
            _apply(data, change)
        self.synced, self.since = bytes(data), []

    def after_cut(self, rng: random.Random) -> bytes:
        """Return what a cut leaves of it."""
        data = bytearray(self.synced)
        share = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        changes = self.since[: rng.randint(0, len(self.since))] if rng.random() < 0.5 else self.since
        for change in changes:
            if isinstance(change, int):
                if rng.random() < share:
                    _apply(data, change)
                continue
            offset, written = change
            for start in range(0, len(written), SECTOR_BYTES):
                if rng.random() < share:
                    _apply(data, (offset + start, written[start : start + SECTOR_BYTES]))
        return bytes(data)


def _apply(data: bytearray, change: tuple[int, bytes] | int) -> None:
    if isinstance(change, int):
        del data[change:]
        data.extend(bytes(change - len(data)))
        return
    offset, written = change
    data.extend(bytes(max(offset - len(data), 0)))
    data[offset : offset + len(written)] = written


Step = tuple[str, str, Any]
"""What was done ("write", "truncate", "sync", "remove", or "tell"), the file's name, and with what."""


class Journal:
    """The files of a folder, and everything that is done to them.

    Args:
        folder: as it lies on disk now, all of it safely.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.steps: list[Step] = []

    def tell(self, what: object) -> None:
        """Write down that somebody was told of something: it must outlive every later cut."""
        self.steps.append(("tell", "", what))

    def note(self, kind: str, path: Path, what: Any = None) -> None:
        """Write down what was done to a file."""
        if path.is_relative_to(self._folder):
            self.steps.append((kind, str(path.relative_to(self._folder)), what))

    def cut(self, at: int, to: Path, rng: random.Random) -> list[object]:
        """Write what a cut after so many steps leaves into a folder; returns what had been told until then."""
        named = {name: Content(data) for name, data in self._begun.items()}
        lasting: dict[str, Content | None] = dict(named)
        told: list[object] = []
        for kind, name, what in self.steps[:at]:
            if kind == "tell":
                told.append(what)
            elif kind == "remove":
                named.pop(name, None)
            else:
                content = named.setdefault(name, Content(b""))
                if kind == "sync":
                    content.sync()
                    # SQLite syncs the folder with a new file; so does a file system that keeps its order.
                    lasting[name] = content
                else:
                    content.since.append(what)
        for name in lasting.keys() | named.keys():
            may_be = [lasting.get(name), named.get(name)]
            content = rng.choice(may_be)
            if content is None or name.endswith("-shm"):
                continue
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.after_cut(rng))
        return told


class _Methods(Structure):
    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("others", c_void_p * 13),
    )


class _File(Structure):
    _fields_ = (("methods", POINTER(_Methods)),)


class _Vfs(Structure):
    _fields_ = (
        ("version", c_int),
        ("file_bytes", c_int),
        ("path_bytes", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("remove", c_void_p),
    )


# Names go through as they came: SQLite keeps the address it passed.
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(_File), c_int, POINTER(c_int))
_REMOVE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


@contextmanager
def sqlite_noted(note: Callable[[str, Path, Any], None]) -> Iterator[None]:
    """Have everything SQLite does to its files noted, in this process, while the block runs."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    open_before, remove_before = vfs.open, vfs.remove
    names: dict[int, Path] = {}
    wrapped: dict[int, _Methods] = {}
    kept: list[Any] = []

    def methods_like(original: _Methods) -> _Methods:
        write, truncate, sync = _WRITE(original.write), _TRUNCATE(original.truncate), _SYNC(original.sync)

        def noted_write(file: int, data: int, count: int, offset: int) -> int:
            done = write(file, data, count, offset)
            if done == 0:
                note("write", names[file], (offset, ctypes.string_at(data, count)))
            return int(done)

        def noted_truncate(file: int, size: int) -> int:
            done = truncate(file, size)
            if done == 0:
                note("truncate", names[file], size)
            return int(done)

        def noted_sync(file: int, flags: int) -> int:
            done = sync(file, flags)
            if done == 0:
                note("sync", names[file], None)
            return int(done)

        copy = _Methods.from_buffer_copy(original)
        for name, function in (
            ("write", _WRITE(noted_write)),
            ("truncate", _TRUNCATE(noted_truncate)),
            ("sync", _SYNC(noted_sync)),
        ):
            kept.append(function)
            setattr(copy, name, ctypes.cast(function, c_void_p).value)
        return copy

    opens, removes = _OPEN(open_before), _REMOVE(remove_before)

    def noted_open(vfs_at: int, name: int | None, file: Any, flags: int, told: Any) -> int:
        done = opens(vfs_at, name, file, flags, told)
        if done == 0 and name is not None:
            at = ctypes.addressof(file.contents)
            original = ctypes.addressof(file.contents.methods.contents)
            if original not in wrapped:
                wrapped[original] = methods_like(file.contents.methods.contents)
            names[at] = Path(ctypes.string_at(name).decode())
            file.contents.methods = ctypes.pointer(wrapped[original])
        return int(done)

    def noted_remove(vfs_at: int, name: int, sync_folder: int) -> int:
        done = removes(vfs_at, name, sync_folder)
        if done == 0:
            note("remove", Path(ctypes.string_at(name).decode()), None)
        return int(done)

    kept += [_OPEN(noted_open), _REMOVE(noted_remove)]
    vfs.open, vfs.remove = (ctypes.cast(function, c_void_p).value for function in kept[-2:])
    try:
        yield
    finally:
        vfs.open, vfs.remove = open_before, remove_before
