"""Every number of the report is one of the record's, every part of the record is in it, and no identifier is."""

import re
import sqlite3
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.report.contents import RESEARCH_USE, SIMULATED, contents_of
from orview.edge.report.document import Document, Section
from orview.edge.report.record import SessionRecord, record_of
from tests.unit.edge.report.records import ERRORS_MM, NOTE, held


@pytest.fixture
def record(tmp_path: Path) -> SessionRecord:
    return record_of(held(tmp_path).store, None)


def section(document: Document, title: str) -> Section:
    return next(one for one in document.sections if one.title == title)


def rows(document: Document, title: str) -> tuple[tuple[str, ...], ...]:
    table = section(document, title).table
    assert table is not None
    return table.rows


def mm(text: str) -> float:
    match = re.fullmatch(r"(\d+\.\d)\u00a0mm", text)
    assert match is not None, text
    return float(match.group(1))


def test_the_numbers_of_the_report_are_those_of_the_record(record: SessionRecord) -> None:
    document = contents_of(record)
    for name, first, worst, last in rows(document, "Expected error at each structure"):
        assert (mm(first), mm(worst), mm(last)) == ERRORS_MM[name.lower()]
    ((_, landmark, by, misfit, expected, word),) = rows(document, "Check points")
    (check,) = record.checks
    assert (landmark, by, word) == (check.landmark, check.role, check.word)
    assert (mm(misfit), mm(expected)) == (round(check.misfit_mm, 1), round(check.expected_mm, 1))
    verdict = record.moments[0].document["verdict"]
    registration = dict(rows(document, "Registration"))
    assert mm(registration["Expected error at Tumour, 95\u00a0%"]) == verdict["expected_error_mm"]["tumour"]
    assert mm(registration["Limit there, 95\u00a0%"]) == verdict["limit_mm"]
    assert registration["Points"] == "8 used of 8, 8 offered"
    assert registration["Share of ct fiducials"] == "100\u00a0%"
    assert registration["Board"] == verdict["board_digest"]
    assert record.case is not None
    models = dict(rows(document, "Models (SHA-256)"))
    assert models["Case"] == record.case.digest
    assert [models[f"Model, {level.level}"] for level in record.case.levels] == [
        level.sha256 for level in record.case.levels
    ]


def test_who_what_and_when(record: SessionRecord) -> None:
    document = contents_of(record)
    what = dict(rows(document, "What"))
    assert what["Case"] == "Case 12 (0123456789ab)"
    assert what["Identity"] == "Two identifiers matched: name and date of birth."
    assert (what["Procedure"], what["Side"], what["Room"]) == ("Partial sacrectomy", "left", "Theatre 1")
    assert what["Acquired"] == "2026-01-01, 10 days before the session"
    assert (what["Opened"], what["Ended"]) == ("2026-01-11 09:30:00 UTC", "2026-01-11 09:45:00 UTC")
    assert rows(document, "Who") == (("surgeon", "Quest 3 headset", "a1", "2026-01-11 09:30:10 UTC"),)
    assert [row[0] for row in rows(document, "Time-out")] == ["Right patient", "Board fixed and clean"]
    assert [(row[1], row[2]) for row in rows(document, "States")] == [
        ("OFF → HOLD", "nurse"),
        ("HOLD → LIVE", "nurse"),
        ("LIVE → OFF", "nurse"),
    ]
    assert [row[1] for row in rows(document, "Notes")] == [NOTE]
    assert rows(document, "What happened")[2][2] == "START was pressed. Refused: The board was not seen yet."
    software = section(document, "Software and log").lines
    assert "orview 0.1.0, protocol abc123." in software
    assert "The log has 9 entries and is whole." in software
    assert document.marks == (RESEARCH_USE, SIMULATED)


@pytest.mark.hazard("H21")
def test_no_identifier_of_the_patient_is_in_it(record: SessionRecord) -> None:
    assert "canary" not in contents_of(record).text


def test_a_session_without_its_case_or_without_live_says_so(tmp_path: Path) -> None:
    made = held(tmp_path)
    made.store.remove(made.case.id)
    document = contents_of(record_of(made.store, None))
    assert dict(rows(document, "What"))["Case"] == "0123456789ab, removed since"
    assert section(document, "Expected error at each structure").lines == ("The overlay was never shown.",)
    assert section(document, "Registration").lines == ("None was in use.",)
    assert section(document, "Notes").lines == ("None was written.",)


def test_a_log_that_was_changed_is_said_so(record: SessionRecord, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "orview.sqlite") as connection:
        connection.execute("UPDATE audit SET by_whom = 'surgeon' WHERE sequence = 3")
    software = section(contents_of(record_of(CaseStore.open(tmp_path), None)), "Software and log").lines
    assert "The log is NOT whole." in software
    assert any("Entry 3" in line for line in software)
