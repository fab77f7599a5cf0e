"""The audit log on disk: every entry there once it was acknowledged, whoever writes, and every change of it seen."""

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orview.edge.audit_log import KEY_FILE, AuditLog, noted_now
from orview.edge.case_store import CaseStore
from orview.errors import StoreError
from tests.unit.edge.test_store_file import store_of_version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return CaseStore.open(tmp_path / "store").folder


def test_what_was_written_is_there_and_whole(folder: Path) -> None:
    log = AuditLog(folder)
    log.write([noted_now("SESSION_STARTED", by="nurse", facts={"case": "ab12cd34"})])
    head = log.write([noted_now("CHECK_POINT", by="surgeon", facts={"landmark": "Promontory", "misfit_mm": 0.8})])
    assert head is not None
    first, second = AuditLog(folder).entries()
    assert (first.kind, first.by, dict(first.facts)) == ("SESSION_STARTED", "nurse", {"case": "ab12cd34"})
    assert second.head == head
    verdict = AuditLog(folder).verified(heads=[head])
    assert verdict.whole
    assert verdict.entries == 2


def test_many_writers_make_one_chain(folder: Path) -> None:
    logs = [AuditLog(folder) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        notes = [[noted_now("TICK", by="host", facts={"n": n, "m": m}) for m in range(3)] for n in range(40)]
        heads = [head for head in pool.map(lambda n: logs[n % 4].write(notes[n]), range(40)) if head is not None]
    assert sorted(head.sequence for head in heads) == list(range(3, 121, 3))
    assert AuditLog(folder).verified(heads=heads).whole


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET by_whom = 'nurse' WHERE sequence = 2",
        'UPDATE audit SET facts = \'{"case": "other"}\' WHERE sequence = 2',
        "UPDATE audit SET facts = 'no json' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
        "INSERT INTO audit SELECT 99, utc, kind, by_whom, facts, link FROM audit WHERE sequence = 2",
    ],
)
def test_whoever_changes_the_file_is_seen(folder: Path, sql: str) -> None:
    log = AuditLog(folder)
    for _ in range(4):
        log.write([noted_now("STOPPED", by="surgeon", facts={"case": "ab12cd34"})])
    connection = sqlite3.connect(folder / "orview.sqlite")
    with connection:
        connection.execute(sql)
    connection.close()
    assert not AuditLog(folder).verified().whole


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights elsewhere")
def test_the_key_is_its_owners_alone(folder: Path) -> None:
    AuditLog(folder).write([noted_now("STARTED", by="nurse")])
    assert stat.S_IMODE((folder / "keys" / KEY_FILE).stat().st_mode) == 0o600


def test_a_log_whose_key_is_gone_is_neither_continued_nor_called_whole(folder: Path) -> None:
    log = AuditLog(folder)
    log.write([noted_now("STARTED", by="nurse")])
    (folder / "keys" / KEY_FILE).unlink()
    with pytest.raises(StoreError, match="key of the audit log is gone"):
        log.write([noted_now("STOPPED", by="nurse")])
    with pytest.raises(StoreError, match="key of the audit log is gone"):
        log.verified()
    assert len(list(log.entries())) == 1
    assert not (folder / "keys" / KEY_FILE).exists()


def test_a_damaged_key_is_said(folder: Path) -> None:
    log = AuditLog(folder)
    log.write([noted_now("STARTED", by="nurse")])
    (folder / "keys" / KEY_FILE).write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged"):
        log.write([noted_now("STOPPED", by="nurse")])


def test_an_older_store_gets_its_log(tmp_path: Path) -> None:
    store_of_version(tmp_path / "orview.sqlite", 3)
    head = AuditLog(CaseStore.open(tmp_path).folder).write([noted_now("STARTED", by="nurse")])
    assert head is not None
    assert head.sequence == 1


def test_the_newest_entries_come_oldest_first(tmp_path: Path) -> None:
    log = AuditLog(CaseStore.open(tmp_path).folder)
    assert log.newest(3) == []
    for number in range(5):
        log.write([noted_now("STARTED", by="nurse", facts={"number": number})])
    assert log.newest(3) == list(log.entries())[2:]
    assert log.newest(99) == list(log.entries())
