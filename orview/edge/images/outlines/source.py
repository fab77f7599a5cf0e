"""Outlines from whatever was given: label maps, DICOM SEG and RTSTRUCT, meshes, folders. In the confined child.

Also tells images from outlines, by what the files hold.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.archive import is_archive, open_source, refuse_other_archives
from orview.edge.images.confined.progress import Stage, report
from orview.edge.images.dicom.file import damaged, is_dicom, open_dicom
from orview.edge.images.dicom.values import text_of
from orview.edge.images.meshes.files import mesh_suffix, read_mesh
from orview.edge.images.outlines.label_map import labels_of, read_label_map, read_mask_folder
from orview.edge.images.outlines.names import caret_labels, slicer_segments
from orview.edge.images.outlines.parts import OutlinesRead
from orview.edge.images.single_image import image_suffix, read_image
from orview.errors import InputError, OrviewError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform

MOST_FILES = 2000
MODALITY = 0x00080060
SEG, RTSTRUCT = "SEG", "RTSTRUCT"

IMAGE, OUTLINES, NEITHER = "image", "outlines", "neither"

FEWEST_BACKGROUND = 0.3
"""Part of a label map that is 0 at least; greys of a CT are nearly never exactly 0."""


def read(request: dict[str, Any], result_folder: Path) -> dict[str, Any]:
    """Answer one of two questions.

    `sort`, a list of paths: returns `roles`, each "image", "outlines" or "neither".

    `sources`, a list of `path`, `names` (a CSV or None) and `inside` (of a single DICOM folder or ZIP the files meant,
    empty for all), with `shape` (K, J, I) and `matrix` (4x4) of the image's grid and `frame_uid` of its frame of
    reference or None: returns `sources`, each with `digest`, `unit`, `frame`, `y_up`, `findings`, `maps`, `fields` and
    `meshes`; these name the arrays left in the folder.

    Raises:
        InputError: something cannot be read, or holds no outlines.
        RefusedError: it was read but does not belong to the image.
    """
    if "sort" in request:
        return {"roles": [_role(Path(path), result_folder) for path in request["sort"]]}
    grid = AffineTransform(Frame.PATIENT, Frame.VOXEL, np.array(request["matrix"]))
    writer = _Writer(result_folder)
    answers = []
    for n, source in enumerate(request["sources"]):
        names = Path(source["names"]) if source.get("names") else None
        for path, called in _meant(Path(source["path"]), source.get("inside", ()), result_folder):
            if called is None:
                read = _read_source(path, names, result_folder, tuple(request["shape"]), grid, request.get("frame_uid"))
            else:
                read = [read_mesh(path, called=called)]
            answers += [writer.written(one) for one in read]
        report(Stage.OUTLINES, (n + 1) / len(request["sources"]))
    return {"sources": answers}


def _meant(path: Path, inside: Sequence[str], scratch: Path) -> list[tuple[Path, str | None]]:
    """Return the files to read: those of a folder or ZIP that are meant, or what was given itself.

    Surfaces in a ZIP come with what they were called there.
    """
    if not inside:
        return [(path, None)]
    opened = open_source(path, scratch)
    return [(opened.folder / name, opened.meshes.get(name)) for name in inside]


def _read_source(
    path: Path, names: Path | None, scratch: Path, shape: tuple[int, ...], grid: AffineTransform, frame_uid: str | None
) -> list[OutlinesRead]:
    if path.is_dir():
        return _read_folder(path, scratch, shape, grid, frame_uid)
    if mesh_suffix(path):
        return [read_mesh(path)]
    if image_suffix(path):
        return [read_label_map(path, scratch, names_from=names)]
    modality = _modality(path)
    if modality == SEG:
        from orview.edge.images.outlines.dicom_seg import read_dicom_seg

        return [read_dicom_seg(path, image_frame_uid=frame_uid)]
    if modality == RTSTRUCT:
        from orview.edge.images.outlines.rtstruct import read_rtstruct

        return [read_rtstruct(path, shape=shape, patient_from_voxel=grid, image_frame_uid=frame_uid)]
    raise InputError(
        "The file holds no outlines that can be read.",
        mend="Give NIfTI, NRRD or MetaImage labels, DICOM SEG or RTSTRUCT, or STL, OBJ, PLY, GLB, VTK meshes.",
    )


def _read_folder(
    folder: Path, scratch: Path, shape: tuple[int, ...], grid: AffineTransform, frame_uid: str | None
) -> list[OutlinesRead]:
    """Read the outlines in a folder, its masks as one label map."""
    files = _files_in(folder)
    masks = [path for path in files if image_suffix(path)]
    singles = [path for path in files if mesh_suffix(path) or _modality(path) in (SEG, RTSTRUCT)]
    read = [] if len(masks) < 2 else [read_mask_folder(masks, scratch)]
    for path in singles if len(masks) != 1 else [*masks, *singles]:
        read += _read_source(path, None, scratch, shape, grid, frame_uid)
    if not read:
        raise InputError("The folder holds no outlines that can be read.", mend="Give the segmentation's own files.")
    return read


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))[:MOST_FILES]


def _modality(path: Path) -> str:
    """Return the modality of a DICOM file, empty where it is none."""
    if mesh_suffix(path) or image_suffix(path) or not is_dicom(path):
        return ""
    try:
        return text_of(open_dicom(path, [MODALITY]).header, "Modality")
    except struct.error as error:
        raise damaged() from error


def _role(path: Path, scratch: Path) -> str:
    """Tell whether a file or folder is an image or outlines."""
    if path.is_dir():
        return _role_of_folder(path, scratch)
    if mesh_suffix(path):
        return OUTLINES
    if is_archive(path):
        return IMAGE
    refuse_other_archives(path)
    if image_suffix(path):
        return _role_of_image(path, scratch)
    modality = _modality(path)
    return OUTLINES if modality in (SEG, RTSTRUCT) else IMAGE if modality or is_dicom(path) else NEITHER


def _role_of_folder(folder: Path, scratch: Path) -> str:
    """A folder with one image in it is an image, whatever outlines or damaged files lie beside."""
    outlines = damaged_one = False
    for path in _files_in(folder):
        try:
            role = _role(path, scratch) if path.suffix.lower() != ".zip" else NEITHER
        except InputError:
            # Who reads the image tells whose series the damaged file is.
            if not is_dicom(path):
                raise
            damaged_one = True
            continue
        if role == IMAGE:
            return IMAGE
        outlines |= role == OUTLINES
    # Series often lie deeper; who reads the image looks there.
    if outlines:
        return OUTLINES
    return IMAGE if damaged_one or any(path.is_dir() for path in folder.iterdir()) else NEITHER


def _role_of_image(path: Path, scratch: Path) -> str:
    image = read_image(path, scratch, layered=True)
    if image.array.ndim == 4 or slicer_segments(image.fields) or caret_labels(image.extensions)[0]:
        return OUTLINES
    try:
        labels = labels_of(image.array)
    except OrviewError:
        return IMAGE
    return OUTLINES if float((labels == 0).mean()) >= FEWEST_BACKGROUND else IMAGE


class _Writer:
    """Leaves arrays in the result folder under numbers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def written(self, read: OutlinesRead) -> dict[str, Any]:
        """Return what was read as plain JSON, its arrays saved."""
        return {
            "digest": read.digest,
            "unit": read.unit,
            "frame": read.frame,
            "y_up": read.y_up,
            "findings": [finding.to_json() for finding in read.findings],
            "maps": [
                {
                    "array": self._save(labels.array),
                    "matrix": labels.patient_from_voxel.matrix.tolist(),
                    "names": {str(value): name for value, name in labels.names.items()},
                    "colors": {str(value): color for value, color in labels.colors_srgb.items()},
                }
                for labels in read.maps
            ],
            "fields": [
                {
                    "array": self._save(field.array),
                    "matrix": field.patient_from_voxel.matrix.tolist(),
                    "name": field.name,
                    "color": field.color_srgb,
                }
                for field in read.fields
            ],
            "meshes": [
                {
                    "vertices": self._save(mesh.vertices),
                    "triangles": self._save(mesh.triangles),
                    "name": mesh.name,
                    "color": mesh.color_srgb,
                }
                for mesh in read.meshes
            ],
        }

    def _save(self, array: NDArray[Any]) -> str:
        name = f"outline_{self._count}"
        self._count += 1
        np.save(self._folder / f"{name}.npy", array)
        return name
