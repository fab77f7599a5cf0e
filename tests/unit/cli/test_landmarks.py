"""`orview landmarks`: from a file of points to what is touched to register a case, and never to what checks it."""

from pathlib import Path

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.model.case import Case
from tests.bony import bony, bony_case, landmarks_of, places_on, surface_of, write_points
from tests.unit.cli.verbs import Outcome, run_verb

BONE = surface_of(bony)
PLACES = landmarks_of(places_on(bony, BONE))


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore.open(tmp_path / "store")


@pytest.fixture
def case(store: CaseStore) -> Case:
    return bony_case(store, BONE)


def _given(verb: str, store: CaseStore, case: Case, places: dict[str, np.ndarray]) -> Outcome:
    points = write_points(store.folder.parent / f"{verb}.csv", places, frame="LPS")
    return run_verb(verb, case.id, points, "--store", store.folder, "--json")


def test_points_of_a_file_become_landmarks_and_are_listed(store: CaseStore, case: Case) -> None:
    assert "no landmarks" in run_verb("landmarks", case.id, "--store", store.folder).words
    document = _given("landmarks", store, case, PLACES).document
    assert [one["name"] for one in document["landmarks"]] == list(PLACES)
    kept = store.landmarks(case.id).landmarks
    np.testing.assert_allclose(kept[0].position_patient_mm, PLACES[kept[0].name], atol=1e-3)
    np.testing.assert_allclose(kept[0].covariance_mm2, 0.7**2 * np.eye(3))
    assert "wing_left" in run_verb("landmarks", case.id, "--store", store.folder).words


@pytest.mark.hazard("H04")
def test_points_in_other_axes_than_said_are_refused(store: CaseStore, case: Case) -> None:
    outcome = _given("landmarks", store, case, {name: place * (-1.0, -1.0, 1.0) for name, place in PLACES.items()})
    assert outcome.code == 1
    assert "LPS and RAS" in outcome.words
    assert store.landmarks(case.id).landmarks == ()


def test_too_few_are_refused(store: CaseStore, case: Case) -> None:
    few = dict(list(PLACES.items())[:3])
    outcome = _given("landmarks", store, case, few)
    assert outcome.code == 1
    assert "3 landmarks; 4 to 32" in outcome.words


@pytest.mark.hazard("H10")
def test_no_point_serves_for_registering_and_for_checking_it(store: CaseStore, case: Case) -> None:
    spare = {"ridge": PLACES["ridge"]}
    used = {name: place for name, place in PLACES.items() if name != "ridge"}
    assert _given("checkpoints", store, case, spare).code == 0
    outcome = _given("landmarks", store, case, PLACES)
    assert outcome.code == 1
    assert "ridge is a check point" in outcome.words
    assert _given("landmarks", store, case, used).code == 0
    outcome = _given("checkpoints", store, case, {"tip again": PLACES["tip"]})
    assert outcome.code == 1
    assert "tip again is a landmark that is touched to register" in outcome.words
