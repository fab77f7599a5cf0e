"""The store's SQLite file: its tables, how older ones are brought up to date, and how it is opened."""

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
)

SCHEMA_VERSION = len(_MIGRATIONS)


class StoreFile:
    """The file `orview.sqlite`. Safe to use from several threads and processes: every use opens its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def migrate(self) -> None:
        """Make the tables where there are none and bring older ones up to date.

        Raises:
            StoreError: the file is damaged, or was written by a newer orview.
        """
        with self.connection() as connection:
            version = _version_of(connection)
            if version > SCHEMA_VERSION:
                raise StoreError(
                    f"The case store was written by a newer orview (version {version}, not {SCHEMA_VERSION}).",
                    mend="Update orview, or choose another folder with --store DIR.",
                )
            if version < SCHEMA_VERSION:
                # Another process may be migrating too: whoever gets the lock first does it.
                connection.execute("BEGIN IMMEDIATE")
                for step in range(_version_of(connection), SCHEMA_VERSION):
                    for statement in filter(str.strip, _MIGRATIONS[step].split(";")):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {step + 1}")
                connection.execute("COMMIT")

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
            raise StoreError(
                f"The case store cannot be used: {error}.",
                mend="Check the disk, or choose another folder with --store DIR.",
            ) from error

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
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
