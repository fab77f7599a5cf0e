"""`orview checkpoints`: from a file of points to the case's check points."""

import json

import pytest

from orview.edge.case_store import CaseStore
from tests.integration.small_room import add_case
from tests.unit.cli.verbs import run_verb

CSV = "name,x,y,z\nSacral tip,1.5,2,-30\nCrest left,100,-20,40\nCrest right,-95,-18,42\n"


@pytest.fixture
def case(tmp_path):
    return add_case(CaseStore.open(tmp_path / "store"))


def given(tmp_path, case, text=CSV, *more):
    points = tmp_path / "check.csv"
    points.write_text(text)
    return run_verb(
        "checkpoints", case.id, str(points), "--frame", "LPS", "--store", str(tmp_path / "store"), "--json", *more
    )


def test_points_of_a_file_become_check_points(tmp_path, case):
    outcome = given(tmp_path, case, CSV, "--max-age-min", "20")
    assert outcome.code == 0, outcome.words
    document = json.loads(outcome.out)
    assert document["max_age_min"] == 20.0
    assert [one["name"] for one in document["check_points"]] == ["Sacral tip", "Crest left", "Crest right"]
    plan = CaseStore.open(tmp_path / "store").check_plan(case.id)
    assert plan.landmark("Sacral tip").position_patient_mm.tolist() == [1.5, 2.0, -30.0]


def test_names_twice_are_refused_and_the_earlier_plan_stays(tmp_path, case):
    before = CaseStore.open(tmp_path / "store").check_plan(case.id).to_json()
    outcome = given(tmp_path, case, CSV.replace("Crest right", "Crest left"))
    assert outcome.code == 1
    assert CaseStore.open(tmp_path / "store").check_plan(case.id).to_json() == before


def test_too_many_points_are_refused(tmp_path, case):
    rows = "".join(f"P{number},{number},{number**2},5\n" for number in range(17))
    outcome = given(tmp_path, case, "name,x,y,z\n" + rows)
    assert outcome.code == 1
    assert "17 points" in outcome.words


def test_without_a_file_the_check_points_are_listed(tmp_path, case):
    outcome = run_verb("checkpoints", case.id, "--store", str(tmp_path / "store"))
    assert outcome.code == 0
    assert "Sacral tip" in outcome.words
