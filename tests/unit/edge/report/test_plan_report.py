"""A plan's report is written whole, as page and paper, or nothing is; it names no patient."""

from pathlib import Path

import pytest

from orview.edge import private_file
from orview.edge.case_store import CaseStore
from orview.edge.plans import PlanOnCase
from orview.edge.report.plan_report import report_files, write_plan_report
from orview.errors import InputError
from orview.model.case import Case
from tests.planned_case import planned_case
from tests.unit.edge.report.pdf_words import words_of_pdf

Planned = tuple[CaseStore, Case, PlanOnCase]


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    monkeypatch.setattr("orview.edge.report.plan_pictures.WIDTH", 160)
    monkeypatch.setattr("orview.edge.report.plan_pictures.HEIGHT", 120)
    return planned_case(tmp_path)


@pytest.mark.hazard("H21")
def test_no_identifier_of_the_patient_is_in_it(tmp_path: Path, planned: Planned) -> None:
    store, case, told = planned
    with store.file.transaction() as connection:
        row = (case.id, '{"PatientName": "Zz-canary^Jane", "PatientID": "canary-4711"}')
        connection.execute("INSERT INTO identifiers VALUES (?, ?)", row)
    assert "canary" in str(store.identifiers(case.id))
    page, paper = write_plan_report(case.id, told, tmp_path, store=store)
    assert "canary" not in page.read_text(encoding="utf-8")
    assert "canary" not in words_of_pdf(paper.read_bytes())


def test_a_folder_gets_page_and_paper(planned: Planned, tmp_path: Path) -> None:
    store, case, told = planned
    page, paper = write_plan_report(case.id, told, tmp_path, store=store)
    assert (page.name, paper.name) == (f"plan_{case.id}.html", f"plan_{case.id}.pdf")
    text, words = page.read_text(encoding="utf-8"), words_of_pdf(paper.read_bytes())
    for part in ("Plan of Case 12, version 1", "High cut", "15.0", "Side cut", "13.0", told.plan.digest, case.digest):
        assert part in text
        assert part in words
    assert text.count('<img alt="') == 6
    stored = store.stored_plans(case.id)[0].told
    assert stored is not None
    assert stored["stored_utc"][:10] in words
    assert paper.read_bytes().count(b"/Subtype /Image") >= 6
    assert "http" not in text
    assert all(path.stat().st_mode & 0o077 == 0 for path in (page, paper))


@pytest.mark.parametrize("name", ["plan.pdf", "PLAN.HTML"])
def test_a_name_gets_its_kind(planned: Planned, tmp_path: Path, name: str) -> None:
    store, case, told = planned
    (path,) = write_plan_report(case.id, told, tmp_path / name, store=store)
    assert path.read_bytes().startswith(b"%PDF" if name.endswith("pdf") else b"<!doctype html>")


def test_bad_places_are_refused_in_words(tmp_path: Path) -> None:
    for place, words in (
        (tmp_path / "plan.docx", "no name for a report"),
        (tmp_path / "nowhere" / "plan.pdf", "folder for the report is not there"),
        (tmp_path / "folder", "no name for a report"),
    ):
        with pytest.raises(InputError, match=words):
            report_files(place, "0123456789ab")


@pytest.mark.hazard("H25")
def test_a_disk_that_refuses_leaves_what_was_there(
    planned: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, case, told = planned
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / f"plan_{case.id}.html").write_text("the earlier one", encoding="utf-8")
    whole, calls = private_file.write_private, []

    def full(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        whole(path, data)

    monkeypatch.setattr("orview.edge.report.plan_report.write_private", full)
    with pytest.raises(InputError, match="No space left"):
        write_plan_report(case.id, told, folder, store=store)
    (left,) = folder.iterdir()
    assert left.read_text(encoding="utf-8") == "the earlier one"
