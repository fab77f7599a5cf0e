"""What is read of a session is its own: its case's, and of its time."""

from pathlib import Path

from orview.edge.report.record import record_of, sessions_of
from tests.unit.edge.report.records import NAME, NOTE, held


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
