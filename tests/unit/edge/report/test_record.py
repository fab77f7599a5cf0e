"""What is read of a session is its own: its case's, and of its time."""

from pathlib import Path

from orview.edge.audit_log import AuditLog, Note
from orview.edge.report.record import record_of, sessions_of
from orview.edge.specimen_checks import KIND, keep_check
from tests.unit.edge.report.records import NAME, NOTE, at, held


def test_a_record_holds_what_was_of_the_session_and_nothing_of_another_day(tmp_path: Path) -> None:
    made = held(tmp_path)
    record = record_of(made.store, None)
    assert record.session.name == NAME
    assert [one.name for one in sessions_of(made.store)] == [NAME]
    assert record.case is not None
    assert record.case.digest == made.case.digest
    assert [one.document["kind"] for one in record.moments] == ["LIVE", "HOLD", "LIVE", "END"]
    assert [note.words for note in record.notes] == [NOTE]
    assert [check.landmark for check in record.checks] == ["Sacral tip"]
    assert record.devices == {"a1": "Quest 3 headset"}
    assert record.log.whole


def test_a_session_whose_case_is_gone_is_still_a_session(tmp_path: Path) -> None:
    made = held(tmp_path)
    made.store.remove(made.case.id)
    record = record_of(made.store, NAME)
    assert (record.case, record.notes, record.moments) == (None, (), ())


def test_checks_of_the_specimen_are_of_the_session_before_them(tmp_path: Path) -> None:
    made = held(tmp_path)
    for seconds in (-100.0, 800.0, 5000.0):
        keep_check(made.case.id, {"kind": KIND, "utc": at(seconds)}, store=made.store)
    record = record_of(made.store, None)
    assert [one["utc"] for one in record.specimens] == [at(800.0), at(5000.0)]
    assert [one.document["kind"] for one in record.moments] == ["LIVE", "HOLD", "LIVE", "END"]
    log = AuditLog(tmp_path)
    log.write(
        [
            Note(utc=at(2000), kind="CASE_SELECTED", by="nurse", facts={"case_id": made.case.id}),
            Note(utc=at(3000), kind="STARTED", by="nurse", facts={"from": "OFF", "to": "HOLD", "why": "It is on."}),
        ]
    )
    assert [one["utc"] for one in record_of(made.store, NAME).specimens] == [at(800.0)]
    assert [one["utc"] for one in record_of(made.store, None).specimens] == [at(5000.0)]
