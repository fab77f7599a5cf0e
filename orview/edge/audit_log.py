"""The audit log on disk: a table of the store's file and the key of its chain, in a folder of its own.

An entry that was acknowledged survives a power cut. Safe to use from several threads and processes: whoever writes
holds the file's lock from reading the newest entry to committing the next.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orview.edge.private_file import write_private
from orview.edge.store_file import StoreFile
from orview.errors import StoreError
from orview.session.audit import KEY_BYTES, AuditEntry, AuditFact, AuditHead, AuditVerdict, look_through, next_entry

KEY_FILE = "audit.key"
_COLUMNS = "sequence, utc, kind, by_whom, facts, link"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is to be written: when (ISO 8601, UTC), what, by whom, and facts as `AuditEntry` has them."""

    utc: str
    kind: str
    by: str
    facts: Mapping[str, AuditFact]


def noted_now(kind: str, *, by: str, facts: Mapping[str, AuditFact] | None = None) -> Note:
    """Return a note of what is done just now."""
    return Note(utc=datetime.now(UTC).isoformat(timespec="milliseconds"), kind=kind, by=by, facts=facts or {})


class AuditLog:
    """The log of one store.

    Args:
        folder: of a `CaseStore` that was opened, so that its tables are there.
    """

    def __init__(self, folder: Path) -> None:
        self._file = StoreFile(folder / "orview.sqlite")
        self._key_file = folder / "keys" / KEY_FILE

    def write(self, notes: Sequence[Note]) -> AuditHead | None:
        """Write what was done, all of it or nothing; returns the log's head once it is safely on disk.

        Raises:
            StoreError: the disk refuses, or the key of a log that has entries is gone.
        """
        with self._file.transaction() as connection:
            row = connection.execute("SELECT sequence, link FROM audit ORDER BY sequence DESC LIMIT 1").fetchone()
            newest = None if row is None else AuditHead(sequence=int(row[0]), link=str(row[1]))
            key = self._key(make=newest is None)
            for note in notes:
                entry = next_entry(newest, key=key, utc=note.utc, kind=note.kind, by=note.by, facts=note.facts)
                connection.execute(
                    "INSERT INTO audit (sequence, utc, kind, by_whom, facts, link) VALUES (?, ?, ?, ?, ?, ?)",
                    (entry.sequence, entry.utc, entry.kind, entry.by, json.dumps(dict(entry.facts)), entry.link),
                )
                newest = entry.head
        return newest

    def entries(self) -> Iterator[AuditEntry]:
        """Return all entries, oldest first, as they are on disk.

        Raises:
            StoreError: the file cannot be read, or an entry is not even an entry.
        """
        with self._file.connection() as connection:
            for row in connection.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY sequence"):  # noqa: S608
                yield _entry(row)

    def newest(self, most: int) -> list[AuditEntry]:
        """Return the newest entries, oldest first.

        Raises:
            StoreError: the file cannot be read, or an entry is not even an entry.
        """
        with self._file.connection() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM audit ORDER BY sequence DESC LIMIT ?",  # noqa: S608
                (most,),
            ).fetchall()
        return [_entry(row) for row in reversed(rows)]

    def verified(self, *, heads: Sequence[AuditHead] = ()) -> AuditVerdict:
        """Look through the whole log, also against heads that clients remember.

        Raises:
            StoreError: the file cannot be read, or the key of a log that has entries is gone.
        """
        with self._file.connection() as connection:
            empty = connection.execute("SELECT 1 FROM audit LIMIT 1").fetchone() is None
        key = bytes(KEY_BYTES) if empty else self._key(make=False)
        return look_through(self.entries(), key=key, heads=heads)

    def _key(self, *, make: bool) -> bytes:
        """Return the key; `make` it where there is none, which only a log without entries may."""
        try:
            if make and not self._key_file.exists():
                self._key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_private(self._key_file, secrets.token_bytes(KEY_BYTES))
            key = self._key_file.read_bytes()
        except FileNotFoundError:
            raise StoreError(
                "The key of the audit log is gone, so nobody can tell any more whether the log is whole.",
                mend=f"Put {self._key_file} back, or begin with another folder: --store DIR.",
            ) from None
        except OSError as error:
            raise StoreError(
                f"The key of the audit log cannot be read or written ({error.strerror}).",
                mend="Check who owns the store's folder, and its free space.",
            ) from error
        if len(key) != KEY_BYTES:
            raise StoreError(
                "The key of the audit log is damaged.", mend=f"Put {self._key_file} back as it was, from a copy."
            )
        return key


def _entry(row: tuple[object, ...]) -> AuditEntry:
    sequence, utc, kind, by, facts, link = map(str, row)
    return AuditEntry(sequence=int(sequence), utc=utc, kind=kind, by=by, facts=_facts(facts), link=link)


def _facts(text: str) -> Mapping[str, AuditFact]:
    """Return what an entry's facts say; what is no JSON object fits no link either."""
    try:
        facts = json.loads(text)
    except ValueError:
        facts = None
    return facts if isinstance(facts, dict) else {"unreadable": True}
