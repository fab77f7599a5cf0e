"""Plans of stored cases: kept with their model, judged against the registration, mended where they are older."""

from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.plans import PlannedCase, told_plan
from orview.errors import InputError, RefusedError
from orview.model.glb_reader import read_lines
from orview.plan.plan import Plan, plan_of
from tests.bony import stored_case
from tests.integration.small_room import verdict
from tests.solids import ball, beside, box


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    store = CaseStore.open(tmp_path)
    stored_case(store, {"tumour": ball(15.0, steps=30), "sacrum": box((100.0, 60.0, 110.0))})
    return store


def a_plan(store: CaseStore, *, up_mm: float = 25.4) -> Plan:
    return plan_of(
        {
            "case_digest": store.cases()[0].digest,
            "stages": [{"key": "front", "name": "Front", "position": "supine", "looks": {"sacrum": "solid"}}],
            "planes": [
                {
                    "key": "high",
                    "name": "High",
                    "center_mm": beside([0.0, 0.0, up_mm]).tolist(),
                    "kept_normal": [0.0, 0.0, 1.0],
                    "along": [1.0, 0.0, 0.0],
                    "width_mm": 80.0,
                    "height_mm": 70.0,
                }
            ],
        }
    )


def test_a_plan_is_kept_with_its_model_and_what_it_means_without_a_registration(store: CaseStore) -> None:
    case, plan = store.cases()[0], a_plan(store)
    store.put_registration(case.id, "00" * 32, verdict("00" * 32).to_json(), "2026-01-01T00:00:00+00:00")
    on = PlannedCase(case.id, store)
    facts = on.keep(plan)
    stored = store.stored_plan(case.id)
    assert stored is not None
    assert stored.told is not None
    assert (stored.told["expected_error_mm"], stored.told["findings"]) == (None, [])
    assert "cut.high" in {line.name for line in read_lines(store.blob(str(stored.model)))}
    # 10.4 mm are more than asked for, and less than that and what the registration may be wrong by.
    told = on.told(plan, expected_error_mm=on.expected_error_mm(), known=facts)
    assert [finding["code"] for finding in told["findings"]] == ["MARGIN_NOT_SAFE"]


def test_a_plan_that_cannot_be_leaves_nothing_behind(store: CaseStore) -> None:
    with pytest.raises(RefusedError, match="passes through the tumour"):
        PlannedCase(store.cases()[0].id, store).keep(a_plan(store, up_mm=5.0))
    assert store.stored_plan(store.cases()[0].id) is None


def test_a_plan_of_an_earlier_orview_gets_its_model_when_it_is_told(store: CaseStore) -> None:
    case, plan = store.cases()[0], a_plan(store)
    with pytest.raises(InputError, match="has no plan"):
        told_plan(case.id, store=store)
    with store.file.transaction() as connection:
        # A plan as versions before the models kept it.
        connection.execute(
            "INSERT INTO case_plans (case_id, version, document) VALUES (?, 1, ?)", (case.id, plan.to_json())
        )
    assert told_plan(case.id, store=store).plan.digest == plan.digest
    stored = store.stored_plan(case.id, digest=plan.digest)
    assert stored is not None
    assert store.blob(str(stored.model))[:4] == b"glTF"
