"""Folders of files for other programs: written whole or not at all, every file read back before its folder is named."""

import json
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from orview.errors import ContractError, InputError, StoreError
from orview.mesh.exchange import corners_of_obj, corners_of_stl, obj_of, stl_of
from orview.mesh.measure import corners_mm
from orview.mesh.surface import Surface
from orview.model.case import Level
from orview.model.glb import write_glb
from orview.model.glb_reader import read_glb
from orview.model.scene import Scene, ScenePart

FORMAT = 1
"""Version of `case.json`."""
DOCUMENT = "case.json"
MATERIALS = "colors.mtl"
_WRITTEN_WITHIN_MM = 1e-3

ReportProgress = Callable[[str, float], None]


class ExportFormat(StrEnum):
    """Kinds of files a case is exported as."""

    GLB = "glb"
    STL = "stl"
    OBJ = "obj"


FRAMES = {
    ExportFormat.GLB: "metres; +X patient left, +Y superior, +Z anterior (glTF axes); origin of the image",
    ExportFormat.STL: "millimetres; +X patient left, +Y posterior, +Z superior (LPS, as DICOM); origin of the image",
}
FRAMES[ExportFormat.OBJ] = FRAMES[ExportFormat.STL]


@dataclass(frozen=True, kw_only=True)
class Export:
    """What an export wrote: the folder, and `case.json` as plain data."""

    folder: Path
    document: dict[str, Any]


def write_folder(out: Path, *, force: bool, write: Callable[[Path], dict[str, Any]]) -> Export:
    """Make a folder with all that `write` puts into it and with the document it returns as `case.json`, or nothing.

    Args:
        out: the folder; made, and taken only where it is empty.
        force: replace a folder that holds an earlier export and nothing else.
        write: fills a folder that has another name yet.

    Raises:
        InputError: the folder is not to be had.
        StoreError: the disk refuses.
    """
    _check_free(out, force=force)
    partial = out.absolute().parent / f".{out.absolute().name}.{secrets.token_hex(4)}"
    try:
        partial.mkdir(parents=True)
        document = write(partial)
        document["files"] = _files_in(partial)
        (partial / DOCUMENT).write_text(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False), "utf-8")
        _put_in_place(partial, out)
    except OSError as error:
        raise StoreError(
            f"The files could not be written: {error.strerror}.", mend="Choose another folder with --out."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Export(folder=out, document=document)


def write_part(path: Path, part: ScenePart, *, level: Level, synthetic: bool) -> None:
    """Write one structure to a file of the kind its ending says, and compare what the disk gives back.

    Raises:
        StoreError: the file holds something else.
        OSError: the disk refuses.
    """
    file_format = ExportFormat(path.suffix[1:])
    key = part.anatomy.key
    if file_format is ExportFormat.STL:
        data = stl_of(part.surface, name=f"{key} {level}{' SYNTHETIC' if synthetic else ''}")
    elif file_format is ExportFormat.OBJ:
        data = obj_of(part.surface, name=key, materials=MATERIALS)
    else:
        data = write_glb(Scene(level=level, parts=(part,), synthetic=synthetic), compressed=False)
    path.write_bytes(data)
    _check_back(path, part.surface, file_format)


def file_name(key: str) -> str:
    """Return a structure's file name without its ending: its key, but for the few words Windows keeps for devices."""
    return f"{key}_" if re.fullmatch(r"con|prn|aux|nul|(com|lpt)\d", key) else key


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


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
