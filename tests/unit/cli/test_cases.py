"""The list of cases, as JSON and as a table, and putting one out of it."""

from pathlib import Path

from orview.edge.case_store import CaseStore
from tests.cases import BLOBS, a_case
from tests.unit.cli.verbs import Outcome, run_verb


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


def test_a_picture_is_written_where_a_person_can_open_it(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path / "store")
    store.add(a_case(), BLOBS, thumbnail=b"a picture")
    store.add(a_case(case_id="ba9876543210"), {})
    out = tmp_path / "picture.png"

    def wish(*arguments: str | Path) -> Outcome:
        return run_verb("cases", "--store", tmp_path / "store", *arguments)

    assert wish("--picture", "0123456789ab", "--out", out, "--json").document == {
        "case": "0123456789ab",
        "picture": str(out),
    }
    assert out.read_bytes() == b"a picture"
    other = tmp_path / "other.PNG"
    assert wish("--picture", "0123456789ab", "--out", other).code == 0
    for arguments, words in (
        (("--picture", "0123456789ab", "--out", out), "already"),
        (("--picture", "0123456789ab", "--out", tmp_path / "picture.jpg"), "ends in .png"),
        (("--picture", "0123456789ab", "--out", tmp_path / "no" / "picture.png"), "could not be written"),
        (("--picture", "ffffffffffff", "--out", tmp_path / "a.png"), "no case"),
        (("--picture", "ba9876543210", "--out", tmp_path / "a.png"), "no picture"),
        (("--picture", "0123456789ab"), "needs a case and a file"),
        (("--out", tmp_path / "a.png"), "needs a case and a file"),
    ):
        outcome = wish(*arguments)
        assert (outcome.code, words in " ".join(outcome.words.split())) == (1, True), outcome.words
    assert {path.name for path in tmp_path.iterdir()} == {"store", "picture.png", "other.PNG"}


def test_removing_what_is_not_there_is_told(tmp_path: Path) -> None:
    outcome = run_verb("cases", "--store", tmp_path, "--remove", "ffffffffffff")
    assert outcome.code == 1
    assert "no case" in outcome.words
