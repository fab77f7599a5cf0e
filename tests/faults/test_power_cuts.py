"""The power goes at a random moment: all that somebody was told is there afterwards, and recordings are readable."""

import os
import random
import sqlite3
import tempfile
from contextlib import closing
from io import FileIO
from pathlib import Path

import pytest

from orview.edge.audit_log import AuditLog, noted_now
from orview.edge.case_store import CaseStore
from orview.edge.host.store import HostStore
from orview.edge.recording import writer as writer_module
from orview.edge.recording.frames import FrameKind, FrameReader
from orview.edge.recording.shelf import recordings_in
from orview.edge.recording.writer import RecordingWriter
from orview.session.audit import AuditHead
from orview.session.record import encode
from orview.session.state import Session, State
from tests.faults.disk_journal import IS_POSSIBLE, Journal, sqlite_noted
from tests.faults.ledger import Ledger
from tests.integration.small_room import add_case
from tests.unit.edge.recording.test_frames import HEAD

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason="SQLite's library is found on Linux alone")

ROUNDS = 60


def written_session(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Journal, list[str]]:
    """Do what a session does to its store; returns the journal of it and every record of the session, in order."""
    store = CaseStore.open(folder)
    add_case(store)
    host_store, log = HostStore(store), AuditLog(folder)
    head = log.write([noted_now("HOST_STARTED", by="host")])
    host_store.put_session_record(encode(Session()))
    journal = Journal(folder)
    records = [encode(Session())]
    note_recording(journal, monkeypatch)
    with (
        sqlite_noted(journal.note),
        closing(sqlite3.connect(folder / "orview.sqlite")) as reader,
        RecordingWriter(folder / "recordings", HEAD, least_free_bytes=0) as recording,
    ):
        for n in range(ROUNDS):
            if n == ROUNDS // 2:
                # Up to here somebody reads beside, and the write-ahead log grows; then it is put away at every end.
                reader.close()
            elif n < ROUNDS // 2:
                reader.execute("SELECT count(*) FROM audit").fetchone()
            head = log.write([noted_now("CONFIRMED", by="nurse", facts={"n": n, "why": "x" * (n * 37 % 5000)})])
            journal.tell(head)
            records.append(encode(Session(state=(State.HOLD, State.OFF)[n % 2], why=str(n))))
            records[-1] = records[-1].replace('"schema"', f'"n": {n}, "schema"')
            host_store.put_session_record(records[-1])
            journal.tell(records[-1])
            for _ in range(5):
                recording.put(FrameKind.POSE, n, str(n).encode() * 40)
    return journal, records


def note_recording(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the recording's writes and syncs noted too."""
    paths: dict[int, Path] = {}
    write, fsync = RecordingWriter._write, os.fsync

    def noted_write(self: RecordingWriter, file: FileIO, data: bytes) -> None:
        paths[file.fileno()] = Path(str(file.name))
        journal.note("write", paths[file.fileno()], (file.tell(), data))
        write(self, file, data)

    def noted_sync(descriptor: int) -> None:
        fsync(descriptor)
        if descriptor in paths:
            journal.note("sync", paths[descriptor])

    monkeypatch.setattr(RecordingWriter, "_write", noted_write)
    monkeypatch.setattr(writer_module.os, "fsync", noted_sync)
    monkeypatch.setattr(writer_module, "SYNC_EVERY_S", 0.005)


def faults_after(cut: Path, told: list[object], records: list[str]) -> list[str]:
    """Return what is wrong with a store after a cut."""
    wrong = []
    store = CaseStore.open(cut)
    store.file.require_whole()
    heads = [one for one in told if isinstance(one, AuditHead)]
    verdict = AuditLog(cut).verified(heads=heads)
    if not verdict.whole:
        wrong.append(f"audit log: {verdict.problems[0]}")
    known = [one for one in told if isinstance(one, str)]
    record = HostStore(store).session_record()
    # A record that was written and not told yet may be there; an older one may not.
    if record not in records[records.index(known[-1]) if known else 0 :]:
        wrong.append("the session's record is older than the one told")
    if [case.name for case in store.cases()] != ["Phantom 1"]:
        wrong.append("the case is gone")
    return wrong


def recorded_after(cut: Path) -> tuple[int, list[str]]:
    """Return how many frames of the recording a cut left, and what is wrong with them."""
    counts, wrong = [0], []
    for recorded in recordings_in(cut):
        if recorded.trouble:
            continue
        with recorded.path.open("rb") as file:
            frames = list(FrameReader(file).frames())
        counts.append(len(frames))
        if [frame.content for frame in frames] != [str(n // 5).encode() * 40 for n in range(len(frames))]:
            wrong.append("the recording holds what nobody put")
    return max(counts), wrong


@pytest.mark.hazard("H22", "H23", "H25")
@pytest.mark.timeout(600)
def test_nothing_that_was_told_is_lost(
    tmp_path: Path, ledger: Ledger, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ledger.row("power cuts by image")
    rng = random.Random(25)
    journal, records = written_session(tmp_path / "store", monkeypatch)
    monkeypatch.undo()
    kinds = {kind for kind, _, _ in journal.steps}
    assert kinds == {"write", "truncate", "sync", "remove", "tell"}
    syncs = [n for n, (kind, name, _) in enumerate(journal.steps) if kind == "sync" and name.endswith(".orvrec")]
    frames_most = 0
    for _ in range(200 if full else 40):
        at = rng.randint(0, len(journal.steps))
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            told = journal.cut(at, Path(folder), rng)
            row.wrong += [f"after {at} steps: {words}" for words in faults_after(Path(folder), told, records)]
            frames, wrong = recorded_after(Path(folder))
            row.wrong += wrong
            synced = [n for n in syncs if n < at]
            if synced and frames < frames_until(journal, synced[-1]):
                row.wrong.append(f"after {at} steps: the recording lost frames that were on disk")
            frames_most = max(frames_most, frames)
        row.count += 1
    row.words = f"{len(journal.steps)} writes and syncs, {sum(k == 'tell' for k, _, _ in journal.steps)} of them told"
    assert frames_most > 0
    assert row.wrong == []


def frames_until(journal: Journal, step: int) -> int:
    """Return how many whole frames were written to the recording until a step."""
    data = b"".join(
        what[1] for kind, name, what in journal.steps[:step] if kind == "write" and name.endswith(".orvrec")
    )
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return len(list(FrameReader(file).frames()))
