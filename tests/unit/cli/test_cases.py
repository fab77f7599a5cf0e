"""The list of cases, as JSON and as a table, and putting one out of it."""

from pathlib import Path

from orview.edge.case_store import CaseStore
from tests.cases import BLOBS, a_case
from tests.unit.cli.verbs import run_verb


def test_cases_are_listed_and_removed(tmp_path: Path) -> None:
    assert run_verb("cases", "--store", tmp_path, "--json").document == []
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS, identifiers={"PatientName": "Doe^Jane"})
    listed = run_verb("cases", "--store", tmp_path, "--json")
    assert listed.code == 0
    (entry,) = listed.document
    assert (entry["case"], entry["name"], entry["target"], entry["slices"]) == (
        "0123456789ab",
        "Case 12",
        "sacrum",
        300,
    )
    assert "Doe" not in listed.out
    removed = run_verb("cases", "--store", tmp_path, "--remove", "0123456789ab", "--json")
    assert (removed.code, removed.document, store.cases()) == (0, [], [])


def test_removing_what_is_not_there_is_told(tmp_path: Path) -> None:
    outcome = run_verb("cases", "--store", tmp_path, "--remove", "ffffffffffff")
    assert outcome.code == 1
    assert "no case" in outcome.words
