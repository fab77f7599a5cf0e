"""One stage of a plan as files for other programs and for printing: what is seen in it, its planes, and where they cut.

case.json                    stage, plan (digest, version), what each file holds, axes and unit
KEY.glb|stl|obj              a structure that is seen; KEY.ghost where it may lie elsewhere by then
plane.KEY ...                a plane as a plate, half a millimetre thick
cut.KEY ...                  its line on bone as a thin tube
KEY.specimen, KEY.remaining  with --cut: bone as the stage's planes cut it, closed
stage.glb                    all of it in one, of GLB only
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.case_surfaces import surfaces_of_case
from orview.edge.export import head_of, part_of, structure_document
from orview.edge.export_files import (
    MATERIALS,
    Export,
    ExportFormat,
    ReportProgress,
    file_name,
    write_folder,
    write_part,
)
from orview.edge.stage_looks import looks_of
from orview.errors import ContractError, InputError, RefusedError, StoreError
from orview.findings import Finding, Severity
from orview.mesh.bodies import plate, tube
from orview.mesh.exchange import materials_of
from orview.mesh.measure import joined, open_edges, volume_mm3
from orview.mesh.surface import Surface
from orview.model.case import Case, CaseStructure, Level, LevelError
from orview.model.glb import write_glb
from orview.model.glb_reader import read_glb
from orview.model.scene import Scene, ScenePart
from orview.plan.apart import closed_parts
from orview.plan.cut_line import cut_line
from orview.plan.cut_plane import CutPlane
from orview.plan.plan import Plan
from orview.plan.stages import Look
from orview.segment.anatomy import Anatomy, Color, Kind, Side

PLATE_MM, LINE_RADIUS_MM = 0.5, 0.6
WHOLE = "stage.glb"
PLANE_COLOR: Color = (0.80, 0.10, 0.42)
_GHOST_PALE = 0.6
_EXACT = LevelError(rms_mm=0.0, hausdorff_mm=0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _File:
    """What goes into one file, and what `case.json` says of it."""

    part: ScenePart
    kind: str
    told: Mapping[str, Any]


def export_stage(
    case: Case,
    stage: str,
    *,
    store: CaseStore,
    out: Path,
    file_format: ExportFormat,
    cut: bool = False,
    force: bool = False,
    progress: ReportProgress,
) -> Export:
    """Write what is seen in one stage of a case's plan into a folder, all or nothing; every file is read back.

    Args:
        case: of the store.
        stage: its number from 1, or its key.
        store: where case and plan are.
        out: the folder; made, and taken only where it is empty.
        file_format: kind of the files.
        cut: bone in two where the planes of the stage pass through it.
        force: replace a folder that holds an earlier export and nothing else.
        progress: told the step and its fraction.

    Raises:
        InputError: the folder is not to be had, the case has no plan, or that has no such stage.
        RefusedError: the plan is of the case before it changed.
        StoreError: a model is missing or damaged, or the disk refuses.
    """
    plan = store.plan(case.id)
    if plan is None:
        raise InputError("The case has no plan.", mend="Give one: orview plan CASE plan.toml")
    if plan.case_digest != case.digest:
        raise RefusedError("The plan was drawn on this case before it changed.", mend="Plan on this case.")
    number = _number(stage, plan)
    files, findings = _files(case, plan, number, store, cut=cut)
    return write_folder(
        out,
        force=force,
        write=lambda folder: _written(case, plan, number, files, findings, folder, file_format, progress),
    )


def _number(stage: str, plan: Plan) -> int:
    """Return the place of a stage, from 0."""
    keys = [one.key for one in plan.stages]
    if stage in keys:
        return keys.index(stage)
    if re.fullmatch("[0-9]{1,3}", stage) and 1 <= int(stage) <= len(keys):
        return int(stage) - 1
    raise InputError(
        f"The plan has no stage {stage[:40]!r}.", mend=f"Give 1 to {len(keys)}, or one of {', '.join(keys)}."
    )


def _files(case: Case, plan: Plan, number: int, store: CaseStore, *, cut: bool) -> tuple[list[_File], list[Finding]]:
    surfaces = surfaces_of_case(case, store)
    planes = [plan.plane(key) for key in plan.stages[number].planes]
    looks = {key: look for key, look in looks_of(plan, case, number).items() if look is not Look.HIDDEN}
    bones = [surfaces[one.key] for one in case.structures if one.kind is Kind.BONE]
    files, findings = [], list[Finding]()
    for structure in case.structures:
        if structure.key in looks:
            seen = _Seen(structure=structure, look=looks[structure.key], surface=surfaces[structure.key])
            files += _of_structure(case, seen, plan, planes if cut else [], findings)
    for plane in planes:
        files.append(_of_plane(plane))
        files += _of_line(plane, bones)
    return files, findings


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    structure: CaseStructure
    look: Look
    surface: Surface


def _of_structure(case: Case, seen: _Seen, plan: Plan, planes: list[CutPlane], findings: list[Finding]) -> list[_File]:
    """Return a structure's file, or two where planes cut it apart."""
    structure, level = seen.structure, case.level(Level.FULL)
    part = part_of(structure, level, seen.surface)
    told = structure_document(case, structure) | {"look": str(seen.look)}
    if seen.look is Look.GHOST:
        pale = tuple(_GHOST_PALE + (1.0 - _GHOST_PALE) * c for c in structure.color_srgb)
        return [_renamed(part, f"{structure.key}.ghost", f"{structure.name} (may lie elsewhere)", pale, told)]
    if structure.kind is Kind.BONE and planes:
        parted = _parted(seen, planes, findings)
        if parted:
            return [
                _renamed(
                    replace(part, surface=surface),
                    f"{structure.key}.{side}",
                    f"{structure.name}, {side}",
                    structure.color_srgb,
                    told | {"part": side, "volume_ml": round(volume_mm3(surface) / 1000.0, 3)},
                )
                for side, surface in parted.items()
            ]
    if planes:
        told |= {"part": "specimen" if structure.key in plan.specimen else "remaining"}
    return [_File(part=part, kind="structure", told=told)]


def _renamed(part: ScenePart, key: str, name: str, color: tuple[float, ...], told: Mapping[str, Any]) -> _File:
    red, green, blue = color
    anatomy = replace(part.anatomy, key=key, name=name, color_srgb=(red, green, blue))
    return _File(part=replace(part, anatomy=anatomy), kind="structure", told=told)


def _parted(seen: _Seen, planes: list[CutPlane], findings: list[Finding]) -> dict[str, Surface]:
    """Return a bone in two by the side it lies on; nothing where no plane passes through it, or it cannot be done."""
    surface, name = seen.surface, seen.structure.name
    met = [plane for plane in planes if not cut_line(surface, plane).empty]
    try:
        apart = closed_parts(surface, met)
    except ContractError:
        findings.append(
            Finding(
                code="NOT_CUT",
                severity=Severity.WARNING,
                message=f"{name} could not be cut into closed parts and is whole here.",
                where=seen.structure.key,
            )
        )
        return {}
    findings.extend(
        Finding(
            code="NOT_THROUGH",
            severity=Severity.WARNING,
            message=f"{plane.name} ends inside {name} and leaves it whole there.",
            where=seen.structure.key,
        )
        for plane in met
        if plane.key not in apart.passed
    )
    sides = {"specimen": apart.specimen, "remaining": apart.remaining}
    return {side: part for side, part in sides.items() if part is not None} if apart.passed else {}


def _of_plane(plane: CutPlane) -> _File:
    surface = plate(plane.corners_mm, thickness_mm=PLATE_MM)
    told = {
        "key": plane.key,
        "name": plane.name,
        "thickness_mm": PLATE_MM,
        "center_mm": plane.center_mm.tolist(),
        "kept_normal": plane.kept_normal.tolist(),
        "along": plane.along.tolist(),
        "width_mm": plane.width_mm,
        "height_mm": plane.height_mm,
    }
    return _File(part=_drawn(f"plane.{plane.key}", plane.name, surface), kind="plane", told=told)


def _of_line(plane: CutPlane, bones: list[Surface]) -> list[_File]:
    lines = [line for bone in bones if not (line := cut_line(bone, plane)).empty]
    runs = [run for line in lines for run in line.runs_mm if len(run) > 1]
    if not runs:
        return []
    told = {
        "key": plane.key,
        "name": f"{plane.name}, line on bone",
        "length_mm": round(sum(line.length_mm for line in lines), 2),
        "diameter_mm": 2.0 * LINE_RADIUS_MM,
    }
    surface = joined([tube(run, radius_mm=LINE_RADIUS_MM) for run in runs])
    return [_File(part=_drawn(f"cut.{plane.key}", str(told["name"]), surface), kind="cut", told=told)]


def _drawn(key: str, name: str, surface: Surface) -> ScenePart:
    anatomy = Anatomy(key=key, name=name, color_srgb=PLANE_COLOR, side=Side.NONE, rigid=True, kind=Kind.OTHER)
    return ScenePart(anatomy=anatomy, surface=surface, error=_EXACT)


def _written(
    case: Case,
    plan: Plan,
    number: int,
    files: list[_File],
    findings: list[Finding],
    folder: Path,
    file_format: ExportFormat,
    progress: ReportProgress,
) -> dict[str, Any]:
    """Write every file into `folder` and return `case.json` but for the list of files."""
    stage, synthetic = plan.stages[number], case.source.synthetic
    parts = [one.part for one in files]
    if file_format is ExportFormat.OBJ:
        colors = {part.anatomy.key: part.anatomy.color_srgb for part in parts}
        (folder / MATERIALS).write_bytes(materials_of(colors))
    told: dict[str, list[dict[str, Any]]] = {"structure": [], "plane": [], "cut": []}
    for done, one in enumerate(files, start=1):
        path = folder / f"{file_name(one.part.anatomy.key)}.{file_format}"
        write_part(path, one.part, level=Level.FULL, synthetic=synthetic)
        told[one.kind].append(
            {
                **one.told,
                "file": path.name,
                "color_srgb": list(one.part.anatomy.color_srgb),
                "triangles": len(one.part.surface.triangles),
                "closed": open_edges(one.part.surface) == 0,
                "bytes": path.stat().st_size,
            }
        )
        progress("Writing", done / len(files))
    if file_format is ExportFormat.GLB:
        whole = write_glb(Scene(level=Level.FULL, parts=tuple(parts), synthetic=synthetic), compressed=False)
        (folder / WHOLE).write_bytes(whole)
        if {mesh.name for mesh in read_glb((folder / WHOLE).read_bytes())} != {part.anatomy.key for part in parts}:
            raise StoreError("A file came back from the disk changed.", mend="Check the disk.")
    return head_of(case, file_format) | {
        "plan": {"digest": plan.digest, "version": plan.version, "margin_mm": plan.margin_mm},
        "stage": {
            "number": number + 1,
            "of": len(plan.stages),
            "key": stage.key,
            "name": stage.name,
            "position": stage.position.value,
            "notes": stage.notes,
        },
        "structures": told["structure"],
        "planes": told["plane"],
        "cuts": told["cut"],
        "whole": WHOLE if file_format is ExportFormat.GLB else None,
        "findings": [finding.to_json() for finding in findings],
    }
