"""A case as files for other programs: GLB, STL or OBJ of every structure and level, and what they are.

case.json                   structures with volumes and errors, findings, axes and unit
LEVEL/KEY.glb|stl|obj       one structure; other programs name it after its file
LEVEL/all-structures.glb    the whole case, of GLB only (a hyphen stands in no key)
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.export_files import (
    FORMAT,
    FRAMES,
    MATERIALS,
    Export,
    ExportFormat,
    ReportProgress,
    file_name,
    write_folder,
    write_part,
)
from orview.errors import InputError, StoreError
from orview.mesh.exchange import materials_of
from orview.mesh.split import split
from orview.mesh.surface import Surface
from orview.model.case import Case, CaseStructure, Level, LevelError, ModelLevel
from orview.model.glb_reader import read_glb
from orview.model.scene import ScenePart
from orview.segment.anatomy import Anatomy

_OF_SLICES = "STRUCTURE_THINNER_THAN_SLICES"
WHAT_SLICES_SHOW = "what the slices show"


def export_case(
    case: Case,
    *,
    store: CaseStore,
    out: Path,
    file_format: ExportFormat,
    levels: Sequence[Level] = (),
    force: bool = False,
    progress: ReportProgress,
) -> Export:
    """Write a case's structures into a folder, all or nothing.

    Every file is read back before the folder gets its name. Names are made of keys.

    Args:
        case: of the store.
        store: where its models are.
        out: the folder; made, and taken only where it is empty.
        file_format: kind of the files.
        levels: which levels of detail; all where none is named.
        force: replace a folder that holds an earlier export and nothing else.
        progress: told the stage and its fraction.

    Raises:
        InputError: the folder is not to be had, or the case has no such level.
        StoreError: a model is missing or damaged, or the disk refuses.
    """
    wanted = [level for level in case.levels if not levels or level.level in levels]
    if not wanted or {level.level for level in wanted} < set(levels):
        raise InputError("The case has no such level of detail.", mend="Leave --level out to have all it has.")
    return write_folder(
        out, force=force, write=lambda folder: _written(case, wanted, store, folder, file_format, progress)
    )


def export_picture(case_id: str, *, store: CaseStore, out: Path) -> None:
    """Write a case's picture to a file that a person can open.

    Args:
        case_id: of the store.
        store: where the picture is.
        out: a file that is not there yet, its name ending in .png.

    Raises:
        InputError: the file is not to be had.
        StoreError: there is no such case, its picture is missing or damaged, or the disk refuses.
    """
    if out.suffix.lower() != ".png":
        raise InputError("A picture's file ends in .png.", mend="Choose such a name with --out.")
    sha256 = store.thumbnail(store.case(case_id).id)
    if sha256 is None:
        raise StoreError("The case has no picture.", mend="Prepare it again.")
    png = store.blob(sha256)
    try:
        with out.open("xb") as file:
            file.write(png)
    except FileExistsError as error:
        raise InputError("There is such a file already.", mend="Choose another one with --out.") from error
    except OSError as error:
        raise StoreError(
            f"The picture could not be written: {error.strerror}.", mend="Choose another file with --out."
        ) from error


def _written(
    case: Case,
    levels: Sequence[ModelLevel],
    store: CaseStore,
    folder: Path,
    file_format: ExportFormat,
    progress: ReportProgress,
) -> dict[str, Any]:
    """Write every file into `folder` and return `case.json` but for the list of files."""
    wholes: dict[str, str] = {}
    entries: dict[str, list[dict[str, Any]]] = {structure.key: [] for structure in case.structures}
    steps, done = len(levels) * len(case.structures), 0
    colors = {structure.key: structure.color_srgb for structure in case.structures}
    for level in levels:
        (folder / level.level).mkdir()
        if file_format is ExportFormat.GLB:
            wholes[level.level] = f"{level.level}/all-structures.glb"
            (folder / wholes[level.level]).write_bytes(store.blob(level.plain_sha256))
        elif file_format is ExportFormat.OBJ:
            (folder / level.level / MATERIALS).write_bytes(materials_of(colors))
        surfaces = surfaces_of(case, level, store)
        for structure in case.structures:
            surface = surfaces[structure.key]
            path = folder / level.level / f"{file_name(structure.key)}.{file_format}"
            part = part_of(structure, level, surface)
            write_part(path, part, level=level.level, synthetic=case.source.synthetic)
            error = level.errors.get(structure.key)
            entries[structure.key].append(
                {
                    "level": str(level.level),
                    "file": path.relative_to(folder).as_posix(),
                    "triangles": len(surface.triangles),
                    "rms_mm": None if error is None else error.rms_mm,
                    "hausdorff_mm": None if error is None else error.hausdorff_mm,
                    "bytes": path.stat().st_size,
                }
            )
            done += 1
            progress("Writing", done / steps)
    return head_of(case, file_format) | {
        "structures": [
            {**structure_document(case, structure), "levels": entries[structure.key]} for structure in case.structures
        ],
        "whole": wholes,
        "findings": [finding.to_json() for finding in case.findings],
    }


def surfaces_of(case: Case, level: ModelLevel, store: CaseStore) -> dict[str, Surface]:
    """Return each structure's surface in one level of a stored case, patient mm, by its key.

    Raises:
        StoreError: a model is missing or damaged, or does not hold what the case says.
    """
    surfaces: dict[str, Surface] = {}
    for mesh in read_glb(store.blob(level.plain_sha256)):
        keys = mesh.extras.get("keys")
        if keys is None:
            surfaces[mesh.name] = mesh.surface
        else:
            finest = surfaces_of(case, case.level(Level.FULL), store)
            surfaces |= split(mesh.surface, {key: finest[key] for key in keys})
    found = {key: len(surface.triangles) for key, surface in surfaces.items()}
    if found != dict(level.structure_triangles):
        raise StoreError("A model does not hold the structures its case names.", mend="Prepare the case again.")
    return surfaces


def structure_document(case: Case, structure: CaseStructure) -> dict[str, Any]:
    """Return what is told of a structure wherever a case is told as plain values.

    `errors_of` says what the errors of its levels are the distance to: pieces that slices do not show are in none.
    """
    of_slices = any(one.code == _OF_SLICES and one.where == structure.key for one in case.findings)
    return {
        "key": structure.key,
        "name": structure.name,
        "side": str(structure.side),
        "kind": str(structure.kind),
        "rigid": structure.rigid,
        "color_srgb": list(structure.color_srgb),
        "volume_ml": structure.volume_ml,
        "errors_of": WHAT_SLICES_SHOW if of_slices else "the true surface",
    }


def part_of(structure: CaseStructure, level: ModelLevel, surface: Surface) -> ScenePart:
    """Return a structure of a case as it is written to a file."""
    anatomy = Anatomy(
        key=structure.key,
        name=structure.name,
        color_srgb=structure.color_srgb,
        side=structure.side,
        rigid=structure.rigid,
        kind=structure.kind,
    )
    error = level.errors.get(structure.key, LevelError(rms_mm=0.0, hausdorff_mm=0.0))
    return ScenePart(anatomy=anatomy, surface=surface, error=error)


def head_of(case: Case, file_format: ExportFormat) -> dict[str, Any]:
    """Return what is told of a case beside its exported files."""
    return {
        "orview_export": FORMAT,
        "case": case.id,
        "name": case.name,
        "created_utc": case.created_utc,
        "synthetic": case.source.synthetic,
        "digest": case.digest,
        "format": str(file_format),
        "frame": FRAMES[file_format],
    }
