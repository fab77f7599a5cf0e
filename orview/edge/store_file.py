"""The store's SQLite file: its tables, how older ones are brought up to date, and how it is opened."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from orview.errors import StoreError

_MIGRATIONS = (
    """
    CREATE TABLE cases (id TEXT PRIMARY KEY, created_utc TEXT NOT NULL, document TEXT NOT NULL);
    CREATE TABLE case_blobs (
        case_id TEXT NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (case_id, sha256)
    );
    CREATE TABLE registrations (
        case_id TEXT NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
        board_digest TEXT NOT NULL,
        verdict TEXT NOT NULL,
        created_utc TEXT NOT NULL,
        PRIMARY KEY (case_id, board_digest)
    );
    CREATE TABLE identifiers (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        document TEXT NOT NULL
    );
    CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
    """,
    """
    CREATE TABLE case_sources (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        source_key TEXT NOT NULL
    );
    CREATE INDEX case_of_source ON case_sources (source_key);
    CREATE TABLE thumbnails (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        sha256 TEXT NOT NULL
    );
    CREATE TABLE case_shapes (
        case_id TEXT NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
        shape TEXT NOT NULL,
        PRIMARY KEY (case_id, shape)
    );
    """,
    """
    CREATE TABLE case_checks (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        document TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY,
        utc TEXT NOT NULL,
        kind TEXT NOT NULL,
        by_whom TEXT NOT NULL,
        facts TEXT NOT NULL,
        link TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE case_landmarks (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        document TEXT NOT NULL
    );
    """,
    # These three stood in files of the fifth version already, made by the host that used them.
    """
    CREATE TABLE IF NOT EXISTS host (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS devices (
        device_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        room_name TEXT NOT NULL,
        token_digest TEXT NOT NULL UNIQUE,
        revoked INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS checks (
        utc TEXT NOT NULL,
        case_id TEXT NOT NULL,
        landmark TEXT NOT NULL,
        role TEXT NOT NULL,
        misfit_mm REAL NOT NULL,
        expected_mm REAL NOT NULL,
        word TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE case_slices (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        sha256 TEXT NOT NULL
    );
    CREATE TABLE notes (
        utc TEXT NOT NULL,
        case_id TEXT NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
        words TEXT NOT NULL
    );
    CREATE TABLE moments (
        utc TEXT NOT NULL,
        case_id TEXT NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
        document TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE case_proofs (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        document TEXT NOT NULL
    );
    CREATE TABLE case_procedures (
        case_id TEXT PRIMARY KEY REFERENCES cases(id) ON DELETE CASCADE,
        document TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE case_plans (
        case_id TEXT NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
        version INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (case_id, version)
    );
    """,
    """
    CREATE TABLE plan_models (
        case_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        digest TEXT NOT NULL,
        told TEXT NOT NULL,
        model TEXT NOT NULL,
        PRIMARY KEY (case_id, version),
        FOREIGN KEY (case_id, version) REFERENCES case_plans(case_id, version) ON DELETE CASCADE
    );
    """,
)

SCHEMA_VERSION = len(_MIGRATIONS)


_NO_ROOM_BYTES = 1024 * 1024
_OTHER_FOLDER = "begin with another folder: --store DIR"


class StoreFile:
    """The file `orview.sqlite`. Safe to use from several threads and processes: every use opens its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def migrate(self) -> None:
        """Make the tables where there are none and bring older ones up to date, each version whole or not at all.

        Raises:
            StoreError: the file is gone, damaged, or was written by a newer orview; nothing was changed then.
        """
        self._refuse_a_file_that_was_lost()
        version = self._version_looked_up()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"The case store was written by a newer orview (version {version}, not {SCHEMA_VERSION}).",
                mend="Update orview, or choose another folder with --store DIR.",
            )
        if version == SCHEMA_VERSION:
            return
        with self.transaction() as connection:
            # Another process may have been migrating too: whoever got the lock first did it.
            for step in range(_version_of(connection), SCHEMA_VERSION):
                for statement in filter(str.strip, _MIGRATIONS[step].split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step + 1}")

    def require_whole(self) -> None:
        """Look through every page of the file.

        Raises:
            StoreError: it is damaged somewhere.
        """
        with self.connection() as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise _damaged()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file for reading; what is written through it is committed statement by statement.

        Raises:
            StoreError: SQLite refuses.
        """
        try:
            with closing(sqlite3.connect(self.path, timeout=10.0, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                yield connection
        except sqlite3.Error as error:
            raise _in_words(error, self.path) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open the file for writing: all of the block or nothing of it, one writer at a time.

        Raises:
            StoreError: SQLite refuses.
        """
        with self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A disk that is full may have ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _version_looked_up(self) -> int:
        """Return the version of the file, which is not touched by that: a newer one may be kept in another way."""
        if not self.path.exists():
            return 0
        read_only = f"{self.path.resolve().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(read_only, uri=True, timeout=10.0, isolation_level=None)) as connection:
                return _version_of(connection)
        except sqlite3.Error as error:
            raise _in_words(error, self.path) from error

    def _refuse_a_file_that_was_lost(self) -> None:
        """Refuse to begin anew beside models and keys that can only have come from a store that was there.

        Raises:
            StoreError: the file is gone or empty, but not what belongs to it.
        """
        folder = self.path.parent
        if self.path.exists() and self.path.stat().st_size > 0:
            return
        belongings = (folder / "keys" / "audit.key", *(folder / "blobs").glob("*"))
        if any(path.exists() for path in belongings):
            raise StoreError(
                f"The case store has lost its file {self.path.name}; models or keys of its cases are still there.",
                mend=f"Put the file back from a copy, or {_OTHER_FOLDER}.",
            )


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _damaged() -> StoreError:
    return StoreError(
        "The case store is damaged; nothing in it was changed now.",
        mend=f"Put the folder back from a copy, or {_OTHER_FOLDER}.",
    )


def _in_words(error: sqlite3.Error, path: Path) -> StoreError:
    """Return what SQLite refuses as a sentence with a mend."""
    kind = getattr(error, "sqlite_errorname", "").split("_")[1:2]
    # A disk without any room is an I/O error to SQLite where it only wanted to read.
    if kind == ["IOERR"] and shutil.disk_usage(path.parent).free < _NO_ROOM_BYTES:
        kind = ["FULL"]
    match kind:
        case ["CORRUPT" | "NOTADB"]:
            return _damaged()
        case ["FULL"]:
            return StoreError("The case store cannot be used: the disk is full.", mend="Free some space.")
        case ["READONLY"]:
            return StoreError(
                "The case store may not be written.", mend=f"Mend the permissions of its folder, or {_OTHER_FOLDER}."
            )
        case ["BUSY" | "LOCKED"]:
            return StoreError(
                "Another program holds the case store.", mend="Wait until it is done, or end it, and try again."
            )
        case _:
            return StoreError(f"The case store cannot be used: {error}.", mend=f"Check the disk, or {_OTHER_FOLDER}.")
