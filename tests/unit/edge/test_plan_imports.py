"""Planes of 3D Slicer become a first plan, or take their places in the one there is; each time a version of its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.plan_imports import import_planes, write_planes
from orview.errors import InputError, RefusedError
from orview.plan.stages import Look, Position
from tests.planned_case import HIGH_MM, MARGIN_MM, TUMOUR_MM, high_cut, planned_case, solid_case
from tests.unit.edge.test_plan_markups import as_slicer, assert_same, curve, points_of, written


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore.open(tmp_path / "store")


@pytest.mark.parametrize("turned", [False, True])
def test_a_first_plan_shows_everything_in_one_stage(store: CaseStore, tmp_path: Path, turned: bool) -> None:
    case = solid_case(store)
    drawn = replace(high_cut(), kept_normal=-high_cut().kept_normal) if turned else high_cut()
    told = import_planes(case.id, [written(tmp_path, as_slicer(drawn))], store=store, position=Position.PRONE).told
    (stage,) = told.plan.stages
    assert (stage.position, stage.planes) == (Position.PRONE, ("high_cut",))
    assert set(stage.looks) == {one.key for one in case.structures}
    assert (stage.looks["tumour"], stage.looks["sacrum"]) == (Look.SOLID, Look.SEE_THROUGH)
    # Whichever way the normal pointed, the tumour is on the side of the specimen.
    assert told.plan.planes[0].kept_normal == pytest.approx(high_cut().kept_normal)
    (plane,) = told.document["planes"]
    assert plane["tumour_least_mm"] == pytest.approx(HIGH_MM - TUMOUR_MM, abs=0.05)
    assert store.plan(case.id).digest == told.plan.digest


def test_planes_take_their_places_in_a_plan_and_new_ones_are_shown_until_the_specimen_is_out(tmp_path: Path) -> None:
    store, case, before = planned_case(tmp_path)
    low = replace(high_cut(), kept_normal=-high_cut().kept_normal, center_mm=high_cut().center_mm - [0.0, 0.0, 64.0])
    path = written(tmp_path, as_slicer(high_cut(32.0), name="HIGH CUT"), points_of(curve(low), "ClosedCurve", "Low-{}"))
    done = import_planes(case.id, [path], store=store)
    plan = done.told.plan
    assert (plan.version, plan.margin_mm, plan.roots) == (2, MARGIN_MM, before.plan.roots)
    assert [(one.key, one.name) for one in plan.planes] == [
        ("high_cut", "High cut"),
        ("side_cut", "Side cut"),
        ("low", "Low"),
    ]
    assert_same(plan.planes[0], high_cut(32.0))
    assert [stage.planes for stage in plan.stages] == [("high_cut", "low"), ("high_cut", "side_cut", "low"), ()]
    assert [finding.code for finding in done.findings] == ["PLANE_REPLACED", "PLANE_ADDED"]
    assert store.plan(case.id).version == 2


def test_what_is_written_is_read_again_to_the_same_planes(tmp_path: Path) -> None:
    store, case, told = planned_case(tmp_path)
    path = tmp_path / "out.mrk.json"
    write_planes(told.plan, path)
    again = import_planes(case.id, [path], store=store).told.plan
    for one, other in zip(again.planes, told.plan.planes, strict=True):
        assert (one.key, one.name) == (other.key, other.name)
        assert_same(one, other)
    assert [stage.planes for stage in again.stages] == [stage.planes for stage in told.plan.stages]
    write_planes(told.plan, tmp_path / "plan.toml")
    assert "[[planes]]" in (tmp_path / "plan.toml").read_text(encoding="utf-8")


def test_what_cannot_be_is_refused_and_nothing_is_stored(store: CaseStore, tmp_path: Path) -> None:
    case, path = solid_case(store), written(tmp_path, as_slicer(high_cut()))
    twice = written(tmp_path, as_slicer(high_cut(), name="a"), as_slicer(high_cut(), name="A"), name="twice.mrk.json")
    through = written(tmp_path, as_slicer(high_cut(8.0)), name="through.mrk.json")
    for paths, position, words, kind in (
        ([path], None, "do not say how the patient lies", InputError),
        ([path, path], Position.PRONE, "two planes are called", InputError),
        ([twice], Position.PRONE, "two planes are called A", InputError),
        ([through], Position.PRONE, "passes through the tumour", RefusedError),
    ):
        with pytest.raises(kind, match=words):
            import_planes(case.id, paths, store=store, position=position)
    assert store.plan(case.id) is None
    import_planes(case.id, [path], store=store, position=Position.PRONE)
    with pytest.raises(InputError, match="whose stages say how the patient lies"):
        import_planes(case.id, [path], store=store, position=Position.SUPINE)
    with pytest.raises(InputError, match="cannot be written"):
        write_planes(store.plan(case.id), tmp_path / "nowhere" / "out.mrk.json")
