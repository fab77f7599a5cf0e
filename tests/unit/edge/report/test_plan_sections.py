"""The report of a session says which plan was followed, through which stages and when, and how the specimen was cut."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orview.edge.case_store import StoredPlan
from orview.edge.host.plan_news import plan_message
from orview.edge.report.contents import contents_of
from orview.edge.report.document import Section
from orview.edge.report.plan_sections import plan_sections, stage_spans
from orview.edge.report.record import SessionRecord, record_of
from orview.model.case import Case
from orview.plan.plan import Plan
from orview.protocol.codec import encode
from orview.session.audit import AuditEntry
from tests.planned_case import solid_plan
from tests.unit.edge.report.records import at, held
from tests.unit.edge.report.test_plan_contents import CHECK

LEAST_MM = {"high_cut": 15.0, "side_cut": 13.0}
ERROR_MM = 4.2


@pytest.fixture
def record(tmp_path: Path) -> SessionRecord:
    return record_of(held(tmp_path).store, None)


def told(plan: Plan, case: Case) -> dict[str, Any]:
    """The plan as the host tells it, and as a moment keeps it."""
    planes = [{"key": key, "name": plan.plane(key).name, "tumour_least_mm": least} for key, least in LEAST_MM.items()]
    message = plan_message(
        case,
        StoredPlan(plan=plan, told={"planes": planes}, model=None),
        newest=plan,
        locked=True,
        expected_error_mm=ERROR_MM,
        model=None,
    )
    return dict(json.loads(encode(message)))


def followed(
    record: SessionRecord, *plans: Plan, acts: Mapping[float, tuple[str, dict[str, Any]]], stage: int = 0
) -> SessionRecord:
    """The session again, its plan in the store, told at each moment, and some acts by second."""
    entries = [
        AuditEntry(sequence=100, utc=at(second), kind=kind, by="surgeon", facts=facts, link="0" * 64)
        for second, (kind, facts) in acts.items()
    ]
    entries = sorted([*record.session.entries, *entries], key=lambda entry: entry.utc)
    assert record.case is not None
    moments = []
    for moment in record.moments:
        document = dict(moment.document)
        document["told"] = {**document["told"], "plan": told(plans[-1], record.case)}
        document["session"] = {**document["session"], "plan_digest": plans[0].digest, "stage": stage}
        moments.append(replace(moment, document=document))
    return replace(record, plans=plans, moments=tuple(moments), session=replace(record.session, entries=tuple(entries)))


@pytest.fixture
def plan(record: SessionRecord) -> Plan:
    assert record.case is not None
    return solid_plan(record.case)


def lock(plan: Plan, **more: Any) -> tuple[str, dict[str, Any]]:
    return "PLAN_LOCKED", {"plan_digest": plan.digest, **more}


def go(plan: Plan, stage: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "STAGE_CHOSEN", {"plan_digest": plan.digest, "stage": stage, **more}


def rows(section: Section) -> list[list[str]]:
    assert section.table is not None
    return [[cell.replace("\u00a0", " ") for cell in row] for row in section.table.rows]


def test_a_session_without_a_plan_says_nothing_of_one(record: SessionRecord) -> None:
    assert list(plan_sections(record)) == []
    assert "Plan" not in [section.title for section in contents_of(record).sections]


def test_the_plan_and_its_margins_against_this_registration(record: SessionRecord, plan: Plan) -> None:
    document = contents_of(followed(record, plan, acts={30.0: lock(plan)}))
    section = next(one for one in document.sections if one.title == "Plan")
    table = dict(rows(section))
    assert (table["Version"], table["SHA-256"]) == ("1", plan.digest)
    assert table["Margin asked for"] == "10.0 mm"
    assert table["Expected error of this registration at the tumour"] == "4.2 mm"
    assert table["Safe margin"] == "14.2 mm"
    assert table["High cut to the tumour"] == "15.0 mm, kept"
    assert table["Side cut to the tumour"] == "13.0 mm, NOT SAFE with this registration"


def test_stages_are_told_with_their_times(record: SessionRecord, plan: Plan) -> None:
    acts = {
        30.0: lock(plan),
        300.0: go(plan, 2),
        320.0: go(plan, 9, refused="There is no such stage."),
        780.0: go(plan, 3),
    }
    section = next(one for one in plan_sections(followed(record, plan, acts=acts)) if one.title == "Stages of the plan")
    assert rows(section) == [
        ["2026-01-11 09:30:30 UTC", "4 min", "1 From in front", "supine", "1", "surgeon"],
        ["2026-01-11 09:35:00 UTC", "8 min", "2 From behind", "prone", "1", "surgeon"],
        ["2026-01-11 09:43:00 UTC", "2 min", "3 Rebuild", "prone", "1", "surgeon"],
    ]


def test_a_plan_that_was_locked_before_the_session_was_opened_is_known_by_its_first_moment(
    record: SessionRecord, plan: Plan
) -> None:
    (first, second) = stage_spans(followed(record, plan, acts={600.0: go(plan, 3)}, stage=2))
    assert (first.number, first.begun, first.by) == (2, record.session.began_utc, "")
    assert (second.number, second.by) == (3, "surgeon")


def test_another_version_goes_on_in_the_same_stage(record: SessionRecord, plan: Plan) -> None:
    newer = replace(plan, version=2, stages=plan.stages[1:])
    acts = {30.0: lock(plan), 300.0: go(plan, 2), 500.0: lock(newer), 700.0: go(newer, 2)}
    spans = stage_spans(followed(record, plan, newer, acts=acts))
    assert [(span.version, span.number, span.stage.key if span.stage else "") for span in spans] == [
        (1, 1, "front"),
        (1, 2, "back"),
        (2, 1, "back"),
        (2, 2, "rebuild"),
    ]


def test_a_version_that_is_gone_is_said_so(record: SessionRecord, plan: Plan) -> None:
    gone = followed(record, plan, acts={30.0: lock(plan)})
    section = next(one for one in plan_sections(replace(gone, plans=())) if one.title == "Stages of the plan")
    assert rows(section)[0][2] == "not in the store any more"


def test_a_session_that_was_not_ended_leaves_its_stage_open(record: SessionRecord, plan: Plan) -> None:
    open_one = followed(record, plan, acts={30.0: lock(plan)})
    (span,) = stage_spans(replace(open_one, session=replace(open_one.session, ended=False)))
    assert span.until is None


def test_the_specimen_is_told(record: SessionRecord) -> None:
    (section,) = plan_sections(replace(record, specimens=(CHECK,)))
    assert rows(section) == [
        ["High cut", "-1.3 ± 0.8 mm", "2.1° ± 1.0°", "2.7 mm", "0.3 mm", "13.7 mm (15.0 mm)", "12"]
    ]
