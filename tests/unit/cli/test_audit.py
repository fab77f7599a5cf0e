"""`orview audit`: what a person sees of the log, and the exit code that says whether it is whole."""

import sqlite3
from pathlib import Path

import pytest

from orview.edge.audit_log import AuditLog, noted_now
from orview.edge.case_store import CaseStore
from tests.unit.cli.verbs import run_verb


@pytest.fixture
def store(tmp_path: Path) -> Path:
    log = AuditLog(CaseStore.open(tmp_path / "store").folder)
    for n in range(5):
        log.write([noted_now("CASE_CHOSEN", by="nurse", facts={"case": f"ab12cd3{n}"})])
    return tmp_path / "store"


def test_a_whole_log_is_called_whole_with_its_head(store: Path) -> None:
    outcome = run_verb("audit", "verify", "--store", store, "--json")
    assert outcome.code == 0
    assert outcome.document["whole"] is True
    assert outcome.document["entries"] == 5
    head = outcome.document["head"]
    again = run_verb("audit", "verify", "--store", store, "--head", f"5:{head['link'][:12]}")
    assert again.code == 0
    assert "The log is whole: 5 entries" in again.words


def test_a_changed_log_exits_1_and_names_the_entry(store: Path) -> None:
    connection = sqlite3.connect(store / "orview.sqlite")
    with connection:
        connection.execute("UPDATE audit SET by_whom = 'surgeon' WHERE sequence = 3")
    connection.close()
    outcome = run_verb("audit", "verify", "--store", store)
    assert outcome.code == 1
    assert "Entry 3 (" in outcome.words
    document = run_verb("audit", "verify", "--store", store, "--json").document
    assert (document["whole"], len(document["problems"])) == (False, 1)


def test_a_log_cut_short_is_seen_by_a_head(store: Path) -> None:
    head = run_verb("audit", "verify", "--store", store, "--json").document["head"]
    connection = sqlite3.connect(store / "orview.sqlite")
    with connection:
        connection.execute("DELETE FROM audit WHERE sequence = 5")
    connection.close()
    assert run_verb("audit", "verify", "--store", store).code == 0
    outcome = run_verb("audit", "verify", "--store", store, "--head", f"5:{head['link']}")
    assert outcome.code == 1
    assert "which is not there" in outcome.words


@pytest.mark.parametrize("head", ["5", "5:xyz", ":abcdef012345", "5:abc", "five:abcdef012345"])
def test_a_head_that_is_none_is_wrong_usage(store: Path, head: str) -> None:
    outcome = run_verb("audit", "verify", "--store", store, "--head", head)
    assert outcome.code == 2
    assert "A head is a number" in outcome.words


def test_the_newest_entries_are_shown(store: Path) -> None:
    outcome = run_verb("audit", "show", "--store", store, "--last", "2", "--json")
    assert [entry["sequence"] for entry in outcome.document] == [4, 5]
    assert outcome.document[1]["facts"] == {"case": "ab12cd34"}
    table = run_verb("audit", "show", "--store", store).words
    assert "CASE_CHOSEN" in table
    assert "nurse" in table


def test_an_empty_log_says_so(tmp_path: Path) -> None:
    assert "empty" in run_verb("audit", "show", "--store", tmp_path / "new").words
    assert run_verb("audit", "verify", "--store", tmp_path / "new").code == 0
