"""`orview plan`: a plan is stored when it can be, told in numbers, written as a file, and refused in words."""

import tomllib
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.model.case import Case
from tests.bony import stored_case
from tests.planned_case import high_cut
from tests.solids import ball, beside, box, cylinder
from tests.unit.cli.verbs import Outcome, run_verb
from tests.unit.edge.test_plan_markups import as_slicer, written

PLAN = """
margin_mm = {margin}
specimen = ["tumour"]

[roots]
nerve_s2_left = "sacrifice"

[[planes]]
key = "high"
name = "Through S2"
center_mm = {center}
kept_normal = [0.0, 0.0, 1.0]
along = [1.0, 0.0, 0.0]
width_mm = 80.0
height_mm = 70.0

[[stages]]
key = "front"
name = "From in front"
position = "supine"
looks = {{ sacrum = "outline", tumour = "solid" }}
mobilises = ["rectum"]

[[stages]]
key = "back"
name = "From behind"
position = "prone"
looks = {{ tumour = "{look}" }}
planes = ["{plane}"]
releases_specimen = true
"""


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore.open(tmp_path / "store")


@pytest.fixture
def case(store: CaseStore) -> Case:
    return stored_case(
        store,
        {
            "tumour": ball(15.0, steps=40),
            "sacrum": box((100.0, 60.0, 110.0)),
            "rectum": cylinder(10.0, 60.0, center_mm=beside([0.0, -45.0, 0.0])),
            "nerve_s2_left": cylinder(2.0, 100.0, center_mm=beside([30.0, 0.0, 0.0])),
        },
    )


def given(store: CaseStore, case: Case, *more: object, up_mm: float = 30.0, **changed: object) -> Outcome:
    values = {"margin": 10.0, "center": beside([0.0, 0.0, up_mm]).tolist(), "look": "solid", "plane": "high"}
    path = store.folder.parent / "plan.toml"
    path.write_text(PLAN.format(**{**values, **changed}), encoding="utf-8")
    return run_verb("plan", case.id, path, "--store", store.folder, "--json", *more)


def test_a_plan_is_stored_and_told_in_numbers(store: CaseStore, case: Case) -> None:
    document = given(store, case).document
    (plane,) = document["planes"]
    assert plane["tumour_least_mm"] == pytest.approx(15.0, abs=0.1)
    assert [cut["key"] for cut in plane["cuts"]] == ["sacrum", "nerve_s2_left"]
    assert document["roots"]["lowest_kept"] == {"left": "S1", "right": "S5"}
    assert [near["key"] for near in document["near_the_tumour"]] == ["nerve_s2_left", "rectum"]
    assert document["safe_margin_mm"] is None
    again = run_verb("plan", case.id, "--store", store.folder, "--json").document
    assert again == document


def test_it_is_told_in_words_too(store: CaseStore, case: Case) -> None:
    given(store, case)
    words = run_verb("plan", case.id, "--store", store.folder).words
    for part in (
        "Through S2",
        "15.0 mm",
        "From in front (supine)",
        "left S1, right S5",
        "Todd LT",
        "Research use only",
    ):
        assert part in words


def test_each_change_is_a_version_and_the_file_written_is_read_again(store: CaseStore, case: Case) -> None:
    first = given(store, case).document
    out = store.folder.parent / "again.toml"
    second = given(store, case, "--out", out, margin=12.0).document
    assert (first["version"], second["version"]) == (1, 2)
    assert first["digest"] != second["digest"]
    assert tomllib.loads(out.read_text(encoding="utf-8"))["case_digest"] == case.digest
    third = run_verb("plan", case.id, out, "--store", store.folder, "--json").document
    assert third["version"] == 3
    assert {**third, "version": 0, "digest": ""} == {**second, "version": 0, "digest": ""}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"up_mm": 80.0}, "cuts no bone"),
        ({"up_mm": 8.0}, "passes through the tumour"),
        ({"margin": -2.0}, "margin asked for is -2 mm"),
        ({"look": "hidden"}, "shows no structure"),
        ({"look": "shiny"}, "fits no plan"),
        ({"plane": "low"}, "a plane 'low' that the plan has not"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_nothing_is_stored(
    store: CaseStore, case: Case, changed: dict[str, object], words: str
) -> None:
    outcome = given(store, case, **changed)
    assert outcome.code == 1
    assert words in outcome.words
    assert store.plan(case.id) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("margin_mm = ", "is no TOML file"),
        ("margin_mm = 10.0", "leaves out 'stages'"),
        ('case_digest = "00"\n' + PLAN, "drawn on another case"),
        (PLAN.replace('"tumour"', '"tumor"', 1), "a structure 'tumor' that the case has not"),
        (PLAN.replace("width_mm", "breadth_mm"), "fits no plan"),
    ],
)
def test_files_that_hold_no_plan(store: CaseStore, case: Case, text: str, words: str) -> None:
    path = store.folder.parent / "plan.toml"
    values = {"margin": 10.0, "center": beside([0.0, 0.0, 30.0]).tolist(), "look": "solid", "plane": "high"}
    path.write_text(text.format(**values) if "{" in text else text, encoding="utf-8")
    outcome = run_verb("plan", case.id, path, "--store", store.folder)
    assert outcome.code == 1
    assert words in outcome.words


def test_a_report_is_written_and_named(store: CaseStore, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orview.edge.report.plan_pictures.WIDTH", 80)
    monkeypatch.setattr("orview.edge.report.plan_pictures.HEIGHT", 60)
    folder = store.folder.parent
    document = given(store, case, "--report", folder).document
    assert document["reports"] == [str(folder / f"plan_{case.id}.{kind}") for kind in ("html", "pdf")]
    assert all(Path(path).stat().st_size > 1000 for path in document["reports"])
    refused = run_verb("plan", case.id, "--report", folder / "plan.doc", "--store", store.folder)
    assert (refused.code, "no name for a report" in refused.words) == (1, True)


def test_planes_come_from_slicer_and_go_back(store: CaseStore, case: Case) -> None:
    path = written(store.folder.parent, as_slicer(high_cut()))
    common = ("plan", case.id, "--import", path, "--store", store.folder)
    assert "say how the patient lies" in " ".join(run_verb(*common).words.split())
    assert run_verb(*common, "--position", "upright").code == 2
    out = store.folder.parent / "out.mrk.json"
    first = run_verb(*common, "--position", "prone", "--out", out, "--json").document
    assert (first["version"], first["stages"][0]["position"], first["import_findings"]) == (1, "prone", [])
    again = run_verb("plan", case.id, "--import", out, "--store", store.folder)
    assert "took the place of the earlier" in again.words
    assert "Do one after the other" in run_verb(*common, "plan.toml").words
    assert "for a first plan" in run_verb("plan", case.id, "--position", "prone", "--store", store.folder).words


def test_a_case_without_a_plan_and_a_file_that_is_not_there(store: CaseStore, case: Case) -> None:
    assert "has no plan" in run_verb("plan", case.id, "--store", store.folder).words
    assert "cannot be read" in run_verb("plan", case.id, "nowhere.toml", "--store", store.folder).words
