"""What everybody is told of a plan, and what the session must know of it."""

from collections.abc import Mapping

from orview.edge.case_store import StoredPlan
from orview.edge.host.plane_wire import wire_from_plane
from orview.edge.stage_looks import looks_of
from orview.model.case import Case
from orview.plan.margin_colors import BANDS
from orview.plan.margin_verdict import margin_finding, margin_verdict
from orview.plan.plan import Plan
from orview.plan.roots import ROOTS, Fate, Root, RootsKept, roots_kept
from orview.plan.stages import Position
from orview.protocol import planning
from orview.session.staging import PlanFacts, StageFacts

POSITION_WORDS: Mapping[Position, str] = {
    Position.SUPINE: "supine",
    Position.PRONE: "prone",
    Position.LEFT_SIDE: "on the left side",
    Position.RIGHT_SIDE: "on the right side",
}
_MOST_WORDS = 400


def facts_of_plan(plan: Plan) -> PlanFacts:
    """Return what the session must know of a plan."""
    return PlanFacts(
        digest=plan.digest,
        version=plan.version,
        stages=tuple(
            StageFacts(key=stage.key, name=stage.name, position=POSITION_WORDS[stage.position]) for stage in plan.stages
        ),
    )


def plan_message(
    case: Case,
    told: StoredPlan,
    *,
    newest: Plan,
    locked: bool,
    expected_error_mm: float | None,
    model: planning.PlanModel | None,
) -> planning.Plan:
    """Return a plan as everybody is told it.

    Args:
        case: it is of.
        told: the version that is told.
        newest: version in the store.
        locked: whether `told` is locked.
        expected_error_mm: of the registration at the tumour, 95 %; None without one.
        model: where its cut lines and margin map are to be had.
    """
    plan = told.plan
    kept = roots_kept(plan.roots)
    return planning.Plan(
        digest=plan.digest,
        version=plan.version,
        newest_digest=newest.digest,
        newest_version=newest.version,
        locked=locked,
        margin_mm=plan.margin_mm,
        expected_error_mm=expected_error_mm,
        planes=tuple(wire_from_plane(plane) for plane in plan.planes),
        margins=_margins(told, expected_error_mm),
        stages=tuple(_stage_entry(plan, case, number) for number in range(len(plan.stages))),
        roots=root_entries(plan.roots),
        specimen=tuple(sorted(plan.specimen)),
        lowest_left=kept.lowest_left or None,
        lowest_right=kept.lowest_right or None,
        published=published_entries(kept),
        legend=tuple(
            planning.MarginBand(from_mm=band.from_mm, color_srgb=band.color_srgb, words=band.words) for band in BANDS
        ),
        model=model,
    )


def root_entries(fates: Mapping[Root, Fate]) -> tuple[planning.PlanRoot, ...]:
    """Return what becomes of every root."""
    return tuple(
        planning.PlanRoot(key=root.key, name=root.name, kept=fates.get(root, Fate.KEEP) is Fate.KEEP) for root in ROOTS
    )


def published_entries(kept: RootsKept) -> tuple[planning.Published, ...]:
    """Return what was published of patients who kept as much."""
    return tuple(
        planning.Published(
            group=row.group,
            bladder_percent=row.bladder_percent,
            bowel_percent=row.bowel_percent,
            walking_percent=row.walking_percent,
            source=row.source,
        )
        for row in kept.published
    )


def one_line(text: str) -> str:
    """Return notes as the wire takes them: one line, not too long."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _MOST_WORDS else line[: _MOST_WORDS - 1] + "…"


def _stage_entry(plan: Plan, case: Case, number: int) -> planning.PlanStage:
    stage, looks = plan.stages[number], looks_of(plan, case, number)
    return planning.PlanStage(
        key=stage.key,
        name=stage.name,
        position=planning.PatientPosition(stage.position.value),
        looks=tuple(
            planning.StageLook(key=key, style=planning.StageStyle(look.value)) for key, look in sorted(looks.items())
        ),
        planes=stage.planes,
        mobilises=tuple(sorted(stage.mobilises)),
        releases_specimen=stage.releases_specimen,
        notes=one_line(stage.notes),
    )


def _margins(told: StoredPlan, expected_error_mm: float | None) -> tuple[planning.PlaneMargin, ...]:
    """Return what is to be said of each plane; nothing of a plan that was stored before this was known."""
    if told.told is None:
        return ()
    margins = []
    for plane in told.told["planes"]:
        key, name, least_mm = str(plane["key"]), str(plane["name"]), float(plane["tumour_least_mm"])
        margin_mm = told.plan.margin_mm
        verdict = margin_verdict(least_mm, margin_mm=margin_mm, expected_error_mm=expected_error_mm)
        finding = margin_finding(key, name, least_mm, margin_mm=margin_mm, expected_error_mm=expected_error_mm)
        kept = f"{name} leaves {least_mm:.1f} mm to the tumour; {margin_mm:.1f} mm are asked for."
        margins.append(
            planning.PlaneMargin(
                key=key,
                least_mm=max(least_mm, 0.0),
                verdict=planning.MarginVerdict(verdict.value),
                words=kept if finding is None else finding.message,
            )
        )
    return tuple(margins)
