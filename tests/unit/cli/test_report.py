"""`orview report` writes the report of a session again, lists sessions, and says what is wrong in one sentence."""

from pathlib import Path

from tests.unit.cli.verbs import run_verb
from tests.unit.edge.report.records import NAME, held


def test_a_report_is_written_again_and_sessions_are_listed(tmp_path: Path) -> None:
    made = held(tmp_path)
    for arguments in ((), (NAME,)):
        done = run_verb("report", *arguments, "--store", tmp_path, "--json")
        assert done.code == 0, done.words
        assert done.document["session"] == NAME
        assert Path(done.document["pdf"]).read_bytes().startswith(b"%PDF")
        assert "2.4" in Path(done.document["html"]).read_text(encoding="utf-8")
    (listed,) = run_verb("report", "--list", "--store", tmp_path, "--json").document
    assert listed == {
        "session": NAME,
        "began_utc": "2026-01-11T09:30:00+00:00",
        "ended_utc": "2026-01-11T09:45:00+00:00",
        "case": made.case.id,
    }


def test_a_session_that_never_was_is_said_so(tmp_path: Path) -> None:
    empty = run_verb("report", "--store", tmp_path)
    assert (empty.code, "No session is on record yet." in empty.words) == (1, True)
    held(tmp_path / "held")
    other = run_verb("report", "20200101T000000Z_1", "--store", tmp_path / "held")
    assert (other.code, "There is no session" in other.words) == (1, True)
