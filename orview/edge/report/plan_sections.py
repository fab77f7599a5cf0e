"""What the report of a session says of its plan: which version, its margins as they were told, the stages and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orview.edge.report.document import Section, Table
from orview.edge.report.plan_contents import specimen_section
from orview.edge.report.record import SessionRecord
from orview.edge.report.sessions import time_of
from orview.edge.report.words import SPACE, lying, mm, when
from orview.plan.plan import Plan
from orview.plan.stages import Stage
from orview.session.staging import stage_taken_up

_VERDICTS = {"kept": "kept", "not_safe": "NOT SAFE with this registration", "not_kept": "NOT KEPT"}


@dataclass(frozen=True, kw_only=True)
class StageSpan:
    """A stage, from when to when: until None where the record ends in it.

    Attributes:
        begun, until: UTC.
        number: from 1; 0 where the version of the plan is not in the store any more.
        stage: None likewise.
        version: of the plan.
        by: the role of who went to it; empty where it was on already.
    """

    begun: datetime
    until: datetime | None
    number: int
    stage: Stage | None
    version: int
    by: str


def plan_sections(record: SessionRecord) -> Iterator[Section]:
    """Yield the sections; none for a session without plan or specimen."""
    spans = stage_spans(record)
    told = _told(record)
    if told is not None:
        yield _plan(told)
    if spans:
        yield _stages(spans)
    yield from (specimen_section(check, None) for check in record.specimens)


def stage_spans(record: SessionRecord) -> list[StageSpan]:
    """Return the stages of a session in the order they were gone through.

    A lock begins the stage of the same key as the one before, else the first; what was locked before the session was
    opened is known by the first moment that was kept of it.
    """
    plans = {plan.digest: plan for plan in record.plans}
    steps: list[tuple[datetime, str, int, str]] = []
    for entry in record.session.entries:
        digest = str(entry.facts.get("plan_digest", ""))
        if "refused" in entry.facts or not digest:
            continue
        if entry.kind == "PLAN_LOCKED":
            before = steps[-1] if steps else _before(record)
            steps.append((time_of(entry.utc), digest, _taken_up(before, digest, plans), entry.by))
        elif entry.kind == "STAGE_CHOSEN":
            steps.append((time_of(entry.utc), digest, int(entry.facts.get("stage") or 0), entry.by))
    first = _before(record)
    if first is not None and (not steps or first[0] < steps[0][0]):
        steps.insert(0, first)
    spans = []
    for n, (begun, digest, number, by) in enumerate(steps):
        plan = plans.get(digest)
        known = plan is not None and 1 <= number <= len(plan.stages)
        spans.append(
            StageSpan(
                begun=begun,
                until=steps[n + 1][0]
                if n + 1 < len(steps)
                else record.session.ended_utc
                if record.session.ended
                else None,
                number=number if known else 0,
                stage=plan.stages[number - 1] if plan is not None and known else None,
                version=0 if plan is None else plan.version,
                by=by,
            )
        )
    return spans


def _before(record: SessionRecord) -> tuple[datetime, str, int, str] | None:
    """Return the stage that was on when the session was opened, by the first moment kept of it; None for none."""
    if not record.moments:
        return None
    moment = record.moments[0]
    session = moment.document["session"]
    digest, number = session.get("plan_digest"), session.get("stage") or 0
    plan = next((plan for plan in record.plans if plan.digest == digest), None)
    locked = any(
        entry.kind in ("PLAN_LOCKED", "STAGE_CHOSEN") and time_of(entry.utc) <= time_of(moment.utc)
        for entry in record.session.entries
    )
    if plan is None or number == 0 or locked:
        return None
    return record.session.began_utc, plan.digest, int(number), ""


def _taken_up(before: tuple[datetime, str, int, str] | None, digest: str, plans: Mapping[str, Plan]) -> int:
    """Return in which stage a plan that is locked begins."""
    now, then = plans.get(digest), None if before is None else plans.get(before[1])
    if now is None or then is None or before is None or not 1 <= before[2] <= len(then.stages):
        return 1
    return stage_taken_up(then.stages[before[2] - 1].key, [stage.key for stage in now.stages])


def _told(record: SessionRecord) -> Mapping[str, Any] | None:
    """Return the plan as everybody was told it, at the last START or else at the end; None without one."""
    live = [one.document for one in record.moments if one.document["kind"] == "LIVE"]
    for document in reversed([*(one.document for one in record.moments), *live]):
        told = document.get("told", {}).get("plan")
        if isinstance(told, Mapping) and told.get("digest"):
            return told
    return None


def _plan(told: Mapping[str, Any]) -> Section:
    error_mm = told["expected_error_mm"]
    safe_mm = None if error_mm is None else told["margin_mm"] + error_mm
    names = {plane["key"]: str(plane["name"]) for plane in told["planes"]}
    rows = [
        ("Version", str(told["version"]) + ("" if told["locked"] else ", NOT LOCKED")),
        ("SHA-256", str(told["digest"])),
        ("Margin asked for", mm(told["margin_mm"])),
        ("Expected error of this registration at the tumour", "not known" if error_mm is None else mm(error_mm)),
        ("Safe margin", "not known" if safe_mm is None else mm(safe_mm)),
        *(
            (
                f"{names.get(one['key'], one['key'])} to the tumour",
                f"{mm(one['least_mm'])}, {_VERDICTS[one['verdict']]}",
            )
            for one in told["margins"]
        ),
    ]
    line = f"As it was told when the overlay was last started; 95{SPACE}% of errors are expected to be smaller."
    return Section(title="Plan", lines=(line,), table=Table(head=("", ""), rows=tuple(rows)))


def _stages(spans: list[StageSpan]) -> Section:
    rows = [
        (
            when(span.begun),
            "not ended" if span.until is None else f"{(span.until - span.begun).total_seconds() / 60.0:.0f}{SPACE}min",
            "not in the store any more" if span.stage is None else f"{span.number} {span.stage.name}",
            "" if span.stage is None else lying(span.stage.position),
            str(span.version or ""),
            span.by or "was on already",
        )
        for span in spans
    ]
    head = ("From", "For", "Stage", "Position", "Version", "By")
    return Section(title="Stages of the plan", table=Table(head=head, rows=tuple(rows)))
