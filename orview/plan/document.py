"""What a plan means, as plain values for programs and reports: the one place where its numbers are rounded."""

from typing import Any

from orview.plan.assess import Assessment, PlaneFacts
from orview.plan.margins import Nearby
from orview.plan.plan import Plan


def assessment_document(
    plan: Plan, assessment: Assessment, near: tuple[Nearby, ...], *, expected_error_mm: float | None
) -> dict[str, Any]:
    """Return everything that is told of a plan."""
    return {
        "digest": plan.digest,
        "version": plan.version,
        "margin_mm": plan.margin_mm,
        "expected_error_mm": None if expected_error_mm is None else round(expected_error_mm, 2),
        "safe_margin_mm": None if expected_error_mm is None else round(plan.margin_mm + expected_error_mm, 2),
        "stages": [
            {"key": stage.key, "name": stage.name, "position": stage.position.value, "planes": list(stage.planes)}
            for stage in plan.stages
        ],
        "planes": [_plane_document(facts) for facts in assessment.planes.values()],
        "roots": {
            "lowest_kept": {"left": assessment.roots.lowest_left, "right": assessment.roots.lowest_right},
            "sacrificed": [root.key for root in assessment.roots.sacrificed],
            "published": [
                {
                    "group": row.group,
                    "normal_bladder_percent": row.bladder_percent,
                    "normal_bowel_percent": row.bowel_percent,
                    "normal_walking_percent": row.walking_percent,
                    "source": row.source,
                }
                for row in assessment.roots.published
            ],
        },
        "near_the_tumour": [
            {"key": one.key, "name": one.name, "least_mm": round(one.least_mm, 2), "at_mm": list(one.at_mm)}
            for one in near
        ],
        "findings": [finding.to_json() for finding in assessment.findings],
    }


def _plane_document(facts: PlaneFacts) -> dict[str, Any]:
    return {
        "key": facts.plane.key,
        "name": facts.plane.name,
        "side": facts.side.value,
        "end_plate_deg": None if facts.end_plate_deg is None else round(facts.end_plate_deg, 1),
        "midline_deg": None if facts.midline_deg is None else round(facts.midline_deg, 1),
        "tumour_least_mm": round(facts.tumour.least_mm, 2),
        "tumour_mean_mm": round(facts.tumour.mean_mm, 2),
        "cuts": [
            {
                "key": cut.body.key,
                "name": cut.body.name,
                "length_mm": round(cut.line.length_mm, 1),
                "area_mm2": round(cut.line.area_mm2, 1),
            }
            for cut in facts.cuts
        ],
    }
