"""A case as files for other programs: GLB, STL or OBJ of every structure and level, and what they are.

case.json                   structures with volumes and errors, findings, axes and unit
LEVEL/KEY.glb|stl|obj       one structure; other programs name it after its file
LEVEL/all-structures.glb    the whole case, of GLB only (a hyphen stands in no key)
"""

import json
import re
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from orview.edge.case_store import CaseStore
from orview.errors import ContractError, InputError, StoreError
from orview.mesh.exchange import corners_of_obj, corners_of_stl, materials_of, obj_of, stl_of
from orview.mesh.measure import corners_mm
from orview.mesh.split import split
from orview.mesh.surface import Surface
from orview.model.case import Case, CaseStructure, Level, LevelError, ModelLevel
from orview.model.glb import write_glb
from orview.model.glb_reader import read_glb
from orview.model.scene import Scene, ScenePart
from orview.segment.anatomy import Anatomy

FORMAT = 1
"""Version of `case.json`."""
DOCUMENT = "case.json"
_MATERIALS = "colors.mtl"
_OF_SLICES = "STRUCTURE_THINNER_THAN_SLICES"
WHAT_SLICES_SHOW = "what the slices show"
_WRITTEN_WITHIN_MM = 1e-3

ReportProgress = Callable[[str, float], None]


class ExportFormat(StrEnum):
    """Kinds of files a case is exported as."""

    GLB = "glb"
    STL = "stl"
    OBJ = "obj"


_FRAMES = {
    ExportFormat.GLB: "metres; +X patient left, +Y superior, +Z anterior (glTF axes); origin of the image",
    ExportFormat.STL: "millimetres; +X patient left, +Y posterior, +Z superior (LPS, as DICOM); origin of the image",
}
_FRAMES[ExportFormat.OBJ] = _FRAMES[ExportFormat.STL]


@dataclass(frozen=True, kw_only=True)
class Export:
    """What an export wrote: the folder, and `case.json` as plain data."""

    folder: Path
    document: dict[str, Any]


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
    _check_free(out, force=force)
    partial = out.absolute().parent / f".{out.absolute().name}.{secrets.token_hex(4)}"
    try:
        partial.mkdir(parents=True)
        document = _written(case, wanted, store, partial, file_format, progress)
        _put_in_place(partial, out)
    except OSError as error:
        raise StoreError(
            f"The files could not be written: {error.strerror}.", mend="Choose another folder with --out."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Export(folder=out, document=document)


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
    """Write every file into `folder` and return `case.json`."""
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
            (folder / level.level / _MATERIALS).write_bytes(materials_of(colors))
        surfaces = surfaces_of(case, level, store)
        for structure in case.structures:
            surface = surfaces[structure.key]
            path = folder / level.level / f"{_file_name(structure.key)}.{file_format}"
            path.write_bytes(_encoded(case, structure, level, surface, file_format))
            _check_back(path, surface, file_format)
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
    document = _document(case, file_format, entries, wholes, files=_files_in(folder))
    (folder / DOCUMENT).write_text(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False), "utf-8")
    return document


def _file_name(key: str) -> str:
    """Return a structure's file name without its ending: its key, but for the few words Windows keeps for devices."""
    return f"{key}_" if re.fullmatch(r"con|prn|aux|nul|(com|lpt)\d", key) else key


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


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


def _encoded(
    case: Case, structure: CaseStructure, level: ModelLevel, surface: Surface, file_format: ExportFormat
) -> bytes:
    if file_format is ExportFormat.STL:
        return stl_of(surface, name=f"{structure.key} {level.level}{' SYNTHETIC' if case.source.synthetic else ''}")
    if file_format is ExportFormat.OBJ:
        return obj_of(surface, name=structure.key, materials=_MATERIALS)
    anatomy = Anatomy(
        key=structure.key,
        name=structure.name,
        color_srgb=structure.color_srgb,
        side=structure.side,
        rigid=structure.rigid,
        kind=structure.kind,
    )
    error = level.errors.get(structure.key, LevelError(rms_mm=0.0, hausdorff_mm=0.0))
    part = ScenePart(anatomy=anatomy, surface=surface, error=error)
    return write_glb(Scene(level=level.level, parts=(part,), synthetic=case.source.synthetic), compressed=False)


def _check_back(path: Path, surface: Surface, file_format: ExportFormat) -> None:
    """Compare a written file with what was to be written.

    Raises:
        StoreError: it holds something else.
    """
    data = path.read_bytes()
    try:
        if file_format is ExportFormat.STL:
            corners = corners_of_stl(data)
        elif file_format is ExportFormat.OBJ:
            corners = corners_of_obj(data)
        else:
            (mesh,) = read_glb(data)
            corners = corners_mm(mesh.surface)
    except (ContractError, ValueError, KeyError) as error:
        raise StoreError("A file came back from the disk damaged.", mend="Check the disk.") from error
    truth = corners_mm(surface)
    if file_format is ExportFormat.GLB:
        # The order of triangles is the drawing hardware's there; centres are enough to tell them apart.
        corners, truth = (np.sort(set_of.mean(axis=1), axis=0) for set_of in (corners, truth))
    if corners.shape != truth.shape or np.abs(corners - truth).max(initial=0.0) > _WRITTEN_WITHIN_MM:
        raise StoreError("A file came back from the disk changed.", mend="Check the disk.")


def _document(
    case: Case,
    file_format: ExportFormat,
    entries: Mapping[str, list[dict[str, Any]]],
    wholes: Mapping[str, str],
    *,
    files: Sequence[str],
) -> dict[str, Any]:
    return {
        "orview_export": FORMAT,
        "case": case.id,
        "name": case.name,
        "created_utc": case.created_utc,
        "synthetic": case.source.synthetic,
        "digest": case.digest,
        "format": str(file_format),
        "frame": _FRAMES[file_format],
        "structures": [
            {
                **structure_document(case, structure),
                "levels": entries[structure.key],
            }
            for structure in case.structures
        ],
        "whole": wholes,
        "findings": [finding.to_json() for finding in case.findings],
        "files": list(files),
    }


def _check_free(out: Path, *, force: bool) -> None:
    """Refuse a place that holds anything the person may want to keep.

    Raises:
        InputError: it does.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError("There is a file where the folder should be.", mend="Choose another folder with --out.")
    if not any(out.iterdir()):
        return
    if not force:
        raise InputError(
            "The folder is not empty.", mend="Choose another one with --out, or replace an earlier export with --force."
        )
    try:
        earlier = json.loads((out / DOCUMENT).read_text("utf-8"))
        exported = {DOCUMENT, *earlier["files"]} if "orview_export" in earlier else set()
    except (OSError, ValueError, KeyError, TypeError):
        exported = set()
    if not set(_files_in(out)) <= exported:
        raise InputError(
            "The folder holds more than an earlier export.", mend="Only such a folder is replaced; choose another one."
        )


def _put_in_place(partial: Path, out: Path) -> None:
    """Give the finished folder its name; what an earlier export left there goes last."""
    earlier = partial.with_name(f"{partial.name}.earlier")
    if out.exists():
        out.rename(earlier)
    partial.rename(out)
    shutil.rmtree(earlier, ignore_errors=True)
