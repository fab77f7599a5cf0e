"""Bytes that took long to compute, kept by the content they were computed from.

    cache/<sha256 of the key>    sha256 of the data (32 bytes), then the data

Losing an entry costs time and nothing else, so nothing is flushed to disk, a damaged entry is as good as none, and
a disk that refuses is no error. Keys are digests of shapes and settings: no entry names a patient.
"""

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

MAX_BYTES = 1 << 30
"""What the cache may take of the disk; beyond it the entries unused for longest go."""
_FORGOTTEN_AFTER_S = 3600.0
_DIGEST_BYTES = 32


class ShapeCache:
    """A folder of computed bytes, least recently used out first. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None where there is nothing whole."""
        path = self._folder / entry_name(key)
        try:
            stored = path.read_bytes()
        except OSError:
            return None
        data = stored[_DIGEST_BYTES:]
        if len(stored) < _DIGEST_BYTES or hashlib.sha256(data).digest() != stored[:_DIGEST_BYTES]:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, as far as the disk allows."""
        if len(data) + _DIGEST_BYTES > self._max_bytes:
            return
        path = self._folder / entry_name(key)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                partial.write_bytes(hashlib.sha256(data).digest() + data)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
            self._make_room()

    def forget(self, names: Iterable[str]) -> None:
        """Remove entries by their names (`entry_name`)."""
        for name in names:
            if re.fullmatch(r"[0-9a-f]{64}", name):
                with contextlib.suppress(OSError):
                    (self._folder / name).unlink(missing_ok=True)

    def _make_room(self) -> None:
        """Remove what was unused for longest until the rest fits, and what a killed process left half-written."""
        entries: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            # Another process may be making room too.
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                if not path.name.startswith("."):
                    entries.append((status.st_mtime, status.st_size, path))
                elif time.time() - status.st_mtime > _FORGOTTEN_AFTER_S:
                    path.unlink()
        excess = sum(size for _, size, _ in entries) - self._max_bytes
        for _, size, path in sorted(entries):
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= size


class NotedCache:
    """A cache that notes which entries were used: those of one case, to be forgotten with it."""

    def __init__(self, cache: ShapeCache) -> None:
        self._cache = cache
        self.names: set[str] = set()

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None where there is nothing whole."""
        self.names.add(entry_name(key))
        return self._cache.get(key)

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, as far as the disk allows."""
        self.names.add(entry_name(key))
        self._cache.put(key, data)


def entry_name(key: str) -> str:
    """Return the name of a key's entry: 64 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()
