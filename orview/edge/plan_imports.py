"""Planes drawn in 3D Slicer into the plan of a case: a version of its own, or a first plan of one stage."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from orview.edge.case_store import CaseStore
from orview.edge.plan_ground import ground_of
from orview.edge.plan_markups import ENDING, markups_text, read_planes
from orview.edge.plans import PlanOnCase, put_plan, write_plan
from orview.edge.private_file import write_private
from orview.errors import InputError
from orview.findings import Finding, Severity
from orview.model.case import Case
from orview.plan.cut_plane import CutPlane
from orview.plan.fitted import facing
from orview.plan.plan import Plan
from orview.plan.stages import Look, Position, Stage
from orview.segment.anatomy import Kind

_LOOKS = {Kind.TUMOUR: Look.SOLID, Kind.NERVE: Look.SOLID, Kind.VESSEL: Look.SOLID, Kind.BONE: Look.SEE_THROUGH}


@dataclass(frozen=True, kw_only=True, eq=False)
class Imported:
    """A plan with imported planes and what it means, and what was said of the files."""

    told: PlanOnCase
    findings: tuple[Finding, ...]


def import_planes(
    case_id: str, paths: Sequence[Path], *, store: CaseStore, position: Position | None = None
) -> Imported:
    """Take planes into the plan of a case and store that as its newest version.

    A plane whose key the plan has takes that one's place; a new one is shown in every stage before the specimen is out.
    The tumour lies on the side of the specimen, whichever way a normal points.

    Args:
        case_id: of the store.
        paths: files of 3D Slicer (`edge.plan_markups`).
        store: where the case lives.
        position: how the patient lies in the one stage of a first plan.

    Raises:
        StoreError: there is no such case, or a model of it is missing.
        InputError: a file cannot be used, or a first plan lacks the position, or a later one has it.
        RefusedError: the plan cannot be; nothing is stored then.
    """
    case = store.case(case_id)
    before = store.plan(case.id)
    if before is None and position is None:
        raise InputError(
            "The case has no plan yet, and planes do not say how the patient lies.",
            mend=f"Say it with --position: {', '.join(Position)}.",
        )
    if before is not None and position is not None:
        raise InputError("The case has a plan, whose stages say how the patient lies.", mend="Leave --position away.")
    tumour_mm = ground_of(case, store).tumour.vertices_mm
    planes: dict[str, CutPlane] = {}
    findings: list[Finding] = []
    for path in paths:
        read, odd = read_planes(path)
        findings += odd
        for plane in read:
            if plane.key in planes:
                raise InputError(
                    f"{path.name}: two planes are called {plane.name}.",
                    mend="Give each a name of its own in 3D Slicer.",
                )
            planes[plane.key] = facing(plane, tumour_mm)
    plan = _first(case, planes, position) if before is None else _merged(before, planes, findings)
    return Imported(told=put_plan(case_id, plan, store=store), findings=tuple(findings))


def write_planes(plan: Plan, path: Path) -> None:
    """Write a plan to a file by its name: its planes for 3D Slicer (`.mrk.json`), else all of it as TOML.

    Raises:
        InputError: the file cannot be written, or there is no plane to write.
    """
    if not path.name.lower().endswith(ENDING):
        write_plan(plan, path)
        return
    if not plan.planes:
        raise InputError("The plan has no plane to write.", mend="Write the whole plan: --out plan.toml")
    try:
        write_private(path, markups_text(plan).encode())
    except OSError as error:
        raise InputError(f"{path.name} cannot be written: {error.strerror}.", mend="Choose another place.") from error


def _first(case: Case, planes: dict[str, CutPlane], position: Position | None) -> Plan:
    assert position is not None
    looks = {structure.key: _LOOKS.get(structure.kind, Look.OUTLINE) for structure in case.structures}
    tumours = frozenset(structure.key for structure in case.structures if structure.kind is Kind.TUMOUR)
    return Plan(
        case_digest=case.digest,
        stages=(
            Stage(
                key="resection",
                name="Resection",
                position=position,
                looks=MappingProxyType(looks),
                planes=tuple(planes),
            ),
        ),
        planes=tuple(planes.values()),
        specimen=tumours,
    )


def _merged(before: Plan, planes: dict[str, CutPlane], findings: list[Finding]) -> Plan:
    known = {plane.key: plane for plane in before.planes}
    for key, plane in planes.items():
        # What staff call it stays: other files and notes may name it so.
        planes[key] = replace(plane, name=known[key].name) if key in known else plane
    added = tuple(key for key in planes if key not in known)
    for key, plane in planes.items():
        findings.append(
            Finding(
                code="PLANE_ADDED",
                severity=Severity.INFO,
                message=f"{plane.name} was added to every stage before the specimen is out.",
                where=key,
            )
            if key in added
            else Finding(
                code="PLANE_REPLACED",
                severity=Severity.INFO,
                message=f"{plane.name} took the place of the earlier one.",
                where=key,
            )
        )
    stages, out = [], False
    for stage in before.stages:
        stages.append(stage if out else replace(stage, planes=(*stage.planes, *added)))
        out = out or stage.releases_specimen
    return replace(
        before,
        stages=tuple(stages),
        planes=(*(planes.get(plane.key, plane) for plane in before.planes), *(planes[key] for key in added)),
    )
