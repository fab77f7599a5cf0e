"""What is told of a draft and of its planes: measured facts as the messages have them. Loaded by the plan process."""

from collections.abc import Iterable, Sequence

import numpy as np

from orview.edge.host.plan_news import published_entries, root_entries
from orview.edge.host.plane_wire import wire_from_plane
from orview.edge.host.prepare_desk import one_line
from orview.findings import Finding
from orview.plan.assess import PlaneFacts, plane_refusal
from orview.plan.draft import Draft
from orview.plan.ground import Ground
from orview.plan.margin_verdict import margin_verdict
from orview.plan.margins import Nearby
from orview.plan.polyline import segments_of, thinned
from orview.plan.roots import roots_kept
from orview.plan.stages import Stage
from orview.protocol.drafting import (
    MOST_LINE_NUMBERS,
    CutTold,
    DraftStage,
    DraftState,
    NearTumour,
    PlanDraft,
    PlaneTold,
    PlanFinding,
)
from orview.protocol.fields import BodySide, NoticeWeight
from orview.protocol.planning import MarginVerdict, PatientPosition, StageLook, StageStyle
from orview.units import m_from_mm

MOST_LISTED = 64
_NUMBERS_A_SEGMENT = 6
_LINE_DECIMALS = 5


def plane_told(facts: PlaneFacts, ground: Ground, *, margin_mm: float, expected_error_mm: float | None) -> PlaneTold:
    """Return what is told of a plane.

    Args:
        facts: what it means.
        ground: the structures it was measured on.
        margin_mm: asked for.
        expected_error_mm: of the registration at the tumour, 95 %; None where there is none yet.
    """
    refusal = plane_refusal(facts, ground)
    least_mm = facts.tumour.least_mm
    verdict = margin_verdict(least_mm, margin_mm=margin_mm, expected_error_mm=expected_error_mm)
    runs = thinned([run for line in facts.bone_lines for run in line.runs_mm], MOST_LINE_NUMBERS // _NUMBERS_A_SEGMENT)
    line_m = np.round(m_from_mm(segments_of(runs)), _LINE_DECIMALS)
    return PlaneTold(
        key=facts.plane.key,
        least_mm=round(least_mm, 2),
        mean_mm=round(facts.tumour.mean_mm, 2),
        verdict=MarginVerdict(verdict.value),
        end_plate_deg=None if facts.end_plate_deg is None else round(facts.end_plate_deg, 1),
        midline_deg=None if facts.midline_deg is None else round(facts.midline_deg, 1),
        side=BodySide(facts.side.value),
        cuts=tuple(
            CutTold(
                key=cut.body.key,
                name=one_line(cut.body.name)[:80],
                length_mm=round(cut.line.length_mm, 1),
                area_mm2=round(cut.line.area_mm2, 1),
            )
            for cut in facts.cuts
        ),
        line_m=tuple(line_m.ravel().tolist()),
        refusal="" if refusal is None else one_line(str(refusal)),
    )


def no_plane(key: str, refusal: str) -> PlaneTold:
    """Return what is told of numbers that make no plane."""
    return PlaneTold(
        key=key,
        least_mm=0.0,
        mean_mm=0.0,
        verdict=MarginVerdict.NOT_KEPT,
        end_plate_deg=None,
        midline_deg=None,
        side=BodySide.NONE,
        cuts=(),
        line_m=(),
        refusal=one_line(refusal),
    )


def draft_told(
    draft: Draft,
    *,
    case_id: str,
    words: str,
    facts: Sequence[PlaneTold],
    findings: Iterable[Finding],
    near: Iterable[Nearby],
    expected_error_mm: float | None,
    refusal: str,
) -> PlanDraft:
    """Return what is told of a draft.

    Args:
        draft: as it stands.
        case_id: of its case.
        words: what was done last, for people.
        facts: of its planes, in their order.
        findings: what must be said of it.
        near: what is near the tumour, nearest first.
        expected_error_mm: of the registration at the tumour, 95 %; None where there is none yet.
        refusal: why it cannot be stored, empty where it can.
    """
    sketch = draft.sketch
    kept = roots_kept(sketch.roots)
    return PlanDraft(
        state=DraftState.READY,
        words=one_line(words),
        case_id=case_id,
        base_version=draft.base_version,
        changed=draft.changed,
        can_undo=draft.can_undo,
        can_redo=draft.can_redo,
        margin_mm=sketch.margin_mm,
        safe_margin_mm=None if expected_error_mm is None else round(sketch.margin_mm + expected_error_mm, 2),
        planes=tuple(wire_from_plane(plane) for plane in sketch.planes),
        stages=tuple(_stage_told(stage) for stage in sketch.stages),
        roots=root_entries(sketch.roots),
        specimen=tuple(sorted(sketch.specimen)),
        facts=tuple(facts),
        findings=tuple(_finding_told(finding) for finding in findings)[:MOST_LISTED],
        near=tuple(
            NearTumour(
                key=one.key,
                name=one_line(one.name)[:80],
                least_mm=round(one.least_mm, 2),
                at_patient_m=tuple(m_from_mm(value) for value in one.at_mm),
            )
            for one in near
        )[:MOST_LISTED],
        lowest_left=kept.lowest_left or None,
        lowest_right=kept.lowest_right or None,
        published=published_entries(kept),
        refusal=one_line(refusal),
    )


def _stage_told(stage: Stage) -> DraftStage:
    return DraftStage(
        key=stage.key,
        name=one_line(stage.name),
        position=PatientPosition(stage.position.value),
        looks=tuple(StageLook(key=key, style=StageStyle(look.value)) for key, look in sorted(stage.looks.items())),
        planes=stage.planes,
        mobilises=tuple(sorted(stage.mobilises)),
        releases_specimen=stage.releases_specimen,
        notes=one_line(stage.notes),
    )


def _finding_told(finding: Finding) -> PlanFinding:
    return PlanFinding(
        code=finding.code,
        weight=NoticeWeight(finding.severity.name.lower()),
        message=one_line(finding.message),
        where=finding.where[:64],
    )
