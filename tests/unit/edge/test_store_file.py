"""The store's file: older ones are brought up to date without losing a byte, what is no whole store is left alone."""

import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from orview.edge import store_file
from orview.edge.case_store import CaseStore
from orview.edge.store_file import _MIGRATIONS, SCHEMA_VERSION, StoreFile
from orview.errors import StoreError

Rows = dict[str, list[tuple[object, ...]]]

HOST_TABLES_OF_VERSION_5 = _MIGRATIONS[5]
"""They were made beside the fifth version by the host that used them."""


def run_script(connection: sqlite3.Connection, script: str) -> None:
    for statement in filter(str.strip, script.split(";")):
        connection.execute(statement)


def tables_of(connection: sqlite3.Connection) -> list[str]:
    named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    return [str(row[0]) for row in named]


def rows_of(path: Path, tables: list[str]) -> Rows:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid").fetchall() for table in tables
        }


def schema_of(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {" ".join(str(row[0]).split()) for row in made}


def store_of_version(path: Path, version: int) -> Rows:
    """Make a store of an older version with rows in each of its tables, and return them."""
    numbers = count(1)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for script in _MIGRATIONS[:version]:
            run_script(connection, script)
        if version == 5:
            run_script(connection, HOST_TABLES_OF_VERSION_5)
        connection.execute(f"PRAGMA user_version = {version}")
        tables = tables_of(connection)
        for table in tables:
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            for n in range(3):
                values = [value_for(str(name), str(kind), n, next(numbers)) for _, name, kind, *_ in columns]
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
    return rows_of(path, tables)


def value_for(name: str, kind: str, n: int, number: int) -> object:
    if name in ("case_id", "id"):
        return f"case{n}"
    by_kind: dict[str, object] = {
        "INTEGER": number,
        "REAL": number / 7.0,
        "BLOB": bytes(range(256)) * number,
        "TEXT": f"Åsa {number} \u0000 “;”\n",
    }
    return by_kind[kind]


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_store_of_each_older_version_is_brought_up_to_date_with_all_it_held(tmp_path: Path, version: int) -> None:
    path = tmp_path / "orview.sqlite"
    before = store_of_version(path, version)
    assert len(before) >= version
    store = CaseStore.open(tmp_path)
    store.file.require_whole()
    assert rows_of(path, list(before)) == before
    fresh = StoreFile(tmp_path / "fresh" / "orview.sqlite")
    fresh.path.parent.mkdir()
    fresh.migrate()
    assert schema_of(path) == schema_of(fresh.path)
    CaseStore.open(tmp_path)
    assert rows_of(path, list(before)) == before


def test_a_migration_that_fails_half_way_leaves_the_older_version_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "orview.sqlite"
    before = store_of_version(path, 3)
    schema = schema_of(path)
    broken = (*_MIGRATIONS[:5], "CREATE TABLE half (way TEXT); DROP TABLE cases; CREATE NONSENSE;")
    monkeypatch.setattr(store_file, "_MIGRATIONS", broken)
    with pytest.raises(StoreError):
        StoreFile(path).migrate()
    assert (rows_of(path, list(before)), schema_of(path)) == (before, schema)
    monkeypatch.undo()
    StoreFile(path).migrate()
    assert rows_of(path, list(before)) == before


def test_a_newer_store_is_refused_with_words_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "orview.sqlite"
    CaseStore.open(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        # A newer orview may have other reasons than ours for how it keeps its file.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA user_version = 99")
    held = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer orview .*99.*Update orview"):
        CaseStore.open(tmp_path)
    assert path.read_bytes() == held


def garbage(data: bytes) -> bytes:
    return b"this is no database" * (len(data) // 19)


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2 + 100]


def page_overwritten(data: bytes) -> bytes:
    middle = 4096 * (len(data) // 8192)
    return data[:middle] + b"\xff" * 4096 + data[middle + 4096 :]


@pytest.mark.hazard("H23")
@pytest.mark.parametrize("harm", [garbage, cut_short, page_overwritten])
def test_a_damaged_store_is_refused_with_words_and_not_touched(tmp_path: Path, harm) -> None:
    path = tmp_path / "orview.sqlite"
    store_of_version(path, SCHEMA_VERSION)
    harmed = harm(path.read_bytes())
    path.write_bytes(harmed)
    with pytest.raises(StoreError, match=r"damaged; nothing in it was changed.*from a copy"):
        CaseStore.open(tmp_path).file.require_whole()
    assert path.read_bytes() == harmed


@pytest.mark.hazard("H23")
@pytest.mark.parametrize("left", [None, b""])
def test_a_store_whose_file_was_lost_is_not_begun_anew_beside_its_models(tmp_path: Path, left: bytes | None) -> None:
    store = CaseStore.open(tmp_path)
    store.blob_path("a" * 64).write_bytes(b"model")
    for path in tmp_path.glob("orview.sqlite*"):
        path.unlink()
    if left is not None:
        store.file.path.write_bytes(left)
    with pytest.raises(StoreError, match=r"lost its file orview\.sqlite"):
        CaseStore.open(tmp_path)
    assert not store.file.path.exists() or store.file.path.read_bytes() == left


def write_too_much(file: StoreFile) -> None:
    with file.transaction() as connection:
        pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
        connection.execute(f"PRAGMA max_page_count = {pages}")
        connection.execute("INSERT INTO secrets VALUES ('small', x'00')")
        connection.execute("INSERT INTO secrets VALUES ('large', zeroblob(1000000))")


def test_a_full_disk_is_said_in_words_and_leaves_what_was_committed(tmp_path: Path) -> None:
    file = CaseStore.open(tmp_path).file
    with pytest.raises(StoreError, match="disk is full"):
        write_too_much(file)
    with file.connection() as connection:
        assert connection.execute("SELECT * FROM secrets").fetchall() == []


def test_a_store_that_another_program_holds_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = CaseStore.open(tmp_path).file
    monkeypatch.setattr(
        store_file.sqlite3, "connect", lambda *a, connect=sqlite3.connect, **k: connect(*a, **{**k, "timeout": 0.05})
    )
    with file.transaction(), pytest.raises(StoreError, match="Another program holds"), file.transaction():
        pass
