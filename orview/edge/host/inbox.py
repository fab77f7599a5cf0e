"""The folder into which people put what cases are to be made of, told without a name from it.

People name folders and files after patients. So an entry is known by a digest of its name, keyed with a secret of
the store: the same in every process of a host, and meaning nothing to anybody else.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.protocol.inbox import EntryKind

MAX_ENTRIES = 50
MAX_FILES = 20_000
"""A folder of more files is no series of images, and is not looked at further."""
_UNFINISHED = (".part", ".partial", ".crdownload", ".tmp", ".download")
_SHORTEST_NAME = 3


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something in the inbox.

    Attributes:
        id: 16 hex digits.
        path: where it lies; never told.
        kind: what it is.
        files: how many.
        bytes: of all together.
        newest_ns: when the last of its files came here.
    """

    id: str
    path: Path
    kind: EntryKind
    files: int
    bytes: int
    newest_ns: int

    @property
    def arrived_utc(self) -> str:
        """When the last of its files came here, ISO 8601."""
        return datetime.fromtimestamp(self.newest_ns / 1e9, tz=UTC).isoformat(timespec="seconds")


class InboxFolder:
    """The inbox of a store."""

    def __init__(self, store: CaseStore) -> None:
        self.path = store.folder / "inbox"
        self._secret = store.secret("inbox")

    def make(self) -> None:
        """Make the folder where there is none."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def entries(self) -> list[Entry]:
        """Return what lies there, newest first; nothing hidden, no links, nothing that is still being downloaded."""
        try:
            paths = sorted(self.path.iterdir())
        except OSError:
            return []
        entries = (self._entry(path) for path in paths if _is_finished(path))
        return sorted((entry for entry in entries if entry.files), key=lambda entry: -entry.newest_ns)[:MAX_ENTRIES]

    def entry(self, entry_id: str) -> Entry | None:
        """Return the entry of an id, None where it is no longer there."""
        return next((entry for entry in self.entries() if entry.id == entry_id), None)

    def _entry(self, path: Path) -> Entry:
        files = size = newest_ns = 0
        for file in files_in(path):
            try:
                status = file.stat(follow_symlinks=False)
            except OSError:
                continue
            files, size, newest_ns = files + 1, size + status.st_size, max(newest_ns, status.st_ctime_ns)
        kind = EntryKind.FILE
        if path.is_dir():
            kind = EntryKind.FOLDER
        elif path.suffix.lower() == ".zip":
            kind = EntryKind.ARCHIVE
        digest = hmac.new(self._secret, path.name.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
        return Entry(id=digest[:16], path=path, kind=kind, files=files, bytes=size, newest_ns=newest_ns)


def _is_finished(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in _UNFINISHED and not path.is_symlink()


def files_in(path: Path) -> Iterator[Path]:
    """Yield the files of an entry, `MAX_FILES` at most."""
    if not path.is_dir():
        yield path
        return
    left = MAX_FILES
    for folder, _, names in os.walk(path):
        for name in names[:left]:
            yield Path(folder, name)
        left -= min(len(names), left)
        if left == 0:
            return


def without_names(words: str, path: Path) -> str:
    """Return a sentence for the wire without the names of an entry and of what lies in it."""
    names = {part for file in files_in(path) for part in file.relative_to(path.parent).parts}
    for told in sorted({str(path), path.name, path.name.partition(".")[0], *names}, key=len, reverse=True):
        if len(told) >= _SHORTEST_NAME:
            words = words.replace(told, "a file")
    return words
