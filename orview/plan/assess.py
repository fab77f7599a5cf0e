"""What a plan means on this patient: every plane's line, margins, angles and what it cuts, and what must be said of it.

Distances of tissue are those of the image; what a registration adds in the room is told beside them: a margin is safe
where it is at least the one asked for plus the expected error of the registration at the tumour (95 %).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.plan.clearance import Clearance, clearance
from orview.plan.cut_line import CutLine, cut_line
from orview.plan.cut_plane import CutPlane, angle_deg
from orview.plan.ground import Body, Ground
from orview.plan.margin_verdict import margin_finding
from orview.plan.plan import Plan
from orview.plan.roots import ROOT_OF_KEY, Fate, Root, RootsKept, root_findings, roots_kept
from orview.segment.anatomy import Kind, Side

Floats = NDArray[np.float64]

_BESIDE_MIDLINE_MM = 5.0
"""A cut that passes the midline by no more is on one side."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CutStructure:
    """One structure a plane cuts.

    Attributes:
        body: the structure.
        line: of the plane on its surface.
    """

    body: Body
    line: CutLine


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaneFacts:
    """What one plane means.

    Attributes:
        plane: the plane.
        cuts: every structure it cuts, bones first, in the order of the case.
        tumour: how far the tumour's surface is.
        end_plate_deg, midline_deg: angles to the upper end plate of S1 and to the midline, 0 to 90; None where the case
            does not show it.
        side: of the patient on which it cuts bone; NONE where it does so on both, or the midline is not known.
    """

    plane: CutPlane
    cuts: tuple[CutStructure, ...]
    tumour: Clearance
    end_plate_deg: float | None
    midline_deg: float | None
    side: Side

    @property
    def bone_lines(self) -> tuple[CutLine, ...]:
        """Its lines on bone, where a saw goes."""
        return tuple(cut.line for cut in self.cuts if cut.body.kind is Kind.BONE)


@dataclass(frozen=True, kw_only=True, eq=False)
class Assessment:
    """What a plan means on its patient.

    Attributes:
        planes: by key, in the order of the plan.
        roots: what is kept.
        findings: what must be said; none of them an error.
    """

    planes: Mapping[str, PlaneFacts]
    roots: RootsKept
    findings: tuple[Finding, ...]


def plane_facts(plane: CutPlane, ground: Ground) -> PlaneFacts:
    """Return what one plane means."""
    near = plane.distances_mm(ground.cuttable_middles_mm) <= ground.cuttable_radii_mm
    cuts = [
        CutStructure(body=body, line=line)
        for body, may_meet in zip(ground.cuttable, near, strict=True)
        if may_meet and body.kind is not Kind.SKIN and not (line := cut_line(body.surface, plane)).empty
    ]
    cuts.sort(key=lambda cut: cut.body.kind is not Kind.BONE)
    return PlaneFacts(
        plane=plane,
        cuts=tuple(cuts),
        tumour=clearance(ground.tumour, plane),
        end_plate_deg=None if ground.end_plate is None else angle_deg(plane.kept_normal, ground.end_plate.normal),
        midline_deg=None if ground.midline is None else angle_deg(plane.kept_normal, ground.midline.normal),
        side=_side(cuts, ground),
    )


def assess(
    plan: Plan,
    ground: Ground,
    *,
    case_digest: str,
    expected_error_mm: float | None = None,
    known: Mapping[str, PlaneFacts] = MappingProxyType({}),
) -> Assessment:
    """Return what a plan means on its patient.

    Args:
        plan: the plan.
        ground: the structures of its case.
        case_digest: of that case.
        expected_error_mm: of the registration at the tumour, 95 %; None where there is none yet.
        known: facts of its planes that were measured before, by key.

    Raises:
        RefusedError: the plan cannot be: it is of another case, names a structure the case has not, has a plane that
            cuts nothing, one that passes through the tumour or has it on the side that is kept.
    """
    if plan.case_digest != case_digest:
        raise RefusedError(
            "The plan was drawn on another case, or on this one before it changed.", mend="Plan on this case."
        )
    _check_structures(plan, ground)
    facts = {plane.key: known.get(plane.key) or plane_facts(plane, ground) for plane in plan.planes}
    for one in facts.values():
        if (refusal := plane_refusal(one, ground)) is not None:
            raise refusal
    return Assessment(
        planes=facts,
        roots=roots_kept(plan.roots),
        findings=findings_of(facts.values(), plan.roots, margin_mm=plan.margin_mm, expected_error_mm=expected_error_mm),
    )


def findings_of(
    facts: Collection[PlaneFacts], roots: Mapping[Root, Fate], *, margin_mm: float, expected_error_mm: float | None
) -> tuple[Finding, ...]:
    """Return what must be said of planes and roots: margins, what is cut, what is lost."""
    margins = (finding for one in facts for finding in margin_findings(one, margin_mm, expected_error_mm))
    cuts = (finding for one in facts for finding in _cut_findings(one, roots))
    return (*margins, *cuts, *root_findings(roots))


def margin_findings(facts: PlaneFacts, margin_mm: float, expected_error_mm: float | None) -> list[Finding]:
    """Return whether the margin asked for is kept by a plane, and whether it is so for sure in the room."""
    plane = facts.plane
    found = margin_finding(
        plane.key, plane.name, facts.tumour.least_mm, margin_mm=margin_mm, expected_error_mm=expected_error_mm
    )
    return [] if found is None else [found]


def _check_structures(plan: Plan, ground: Ground) -> None:
    known = set(ground.bodies)
    named = [*plan.specimen, *(key for stage in plan.stages for key in (*stage.looks, *stage.mobilises))]
    unknown = next((key for key in named if key not in known), None)
    if unknown is not None:
        raise RefusedError(
            f"The plan names a structure {unknown[:40]!r} that the case has not.",
            mend=f"The case has: {', '.join(ground.bodies)}.",
        )


def plane_refusal(facts: PlaneFacts, ground: Ground) -> RefusedError | None:
    """Return why a plan with such a plane cannot be, None where it can."""
    name = facts.plane.name
    if not facts.bone_lines:
        return RefusedError(f"{name} cuts no bone.", mend="Move it onto the bone, make it larger, or take it away.")
    if facts.tumour.least_mm < 0.0:
        return RefusedError(
            f"{name} passes through the tumour: the margin would be {facts.tumour.least_mm:.1f} mm.",
            mend="Move it away from the tumour.",
        )
    if float(np.median(facts.plane.heights_mm(ground.tumour.vertices_mm))) > 0.0:
        return RefusedError(
            f"{name} has the tumour on the side that is kept.", mend="Turn the direction of what is kept round."
        )
    return None


def _cut_findings(facts: PlaneFacts, roots: Mapping[Root, Fate]) -> list[Finding]:
    found = []
    for cut in facts.cuts:
        root = ROOT_OF_KEY.get(cut.body.key)
        if root is not None and roots.get(root, Fate.KEEP) is Fate.KEEP:
            found.append(
                Finding(
                    code="KEPT_ROOT_CUT",
                    severity=Severity.WARNING,
                    message=f"{facts.plane.name} cuts the root {root.name}, which is to be kept.",
                    where=facts.plane.key,
                )
            )
        elif cut.body.kind is Kind.VESSEL:
            found.append(
                Finding(
                    code="VESSEL_CUT",
                    severity=Severity.WARNING,
                    message=f"{facts.plane.name} passes through the vessel {cut.body.name}.",
                    where=facts.plane.key,
                )
            )
    return found


def _side(cuts: list[CutStructure], ground: Ground) -> Side:
    """Return on which side of the patient bone is cut."""
    runs = [run for cut in cuts if cut.body.kind is Kind.BONE for run in cut.line.runs_mm]
    if ground.midline is None or not runs:
        return Side.NONE
    to_left = np.concatenate(runs) @ ground.midline.normal - ground.midline.point_mm @ ground.midline.normal
    if to_left.min() > -_BESIDE_MIDLINE_MM:
        return Side.LEFT
    return Side.RIGHT if to_left.max() < _BESIDE_MIDLINE_MM else Side.NONE
