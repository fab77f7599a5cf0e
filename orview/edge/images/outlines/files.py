"""Outlines on disk, of every kind, read through the confined child and laid onto an image."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.confined.reader import READ_TIMEOUT_S, Answer, ReportProgress, ask_child
from orview.errors import InputError
from orview.findings import Finding
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.field import Field
from orview.image.volume import Volume
from orview.mesh.given import GivenField, GivenSurface, Segmentation
from orview.mesh.placing import MM_PER_UNIT, placed
from orview.segment.anatomy import Color
from orview.segment.masks import LabelMap

FRAMES = ("LPS", "RAS")


@dataclass(frozen=True, kw_only=True, eq=False)
class SegmentationFile:
    """Outlines as read from disk.

    Attributes:
        segmentation: in the patient frame of the image.
        digest: sha256 (hex) over all their files and over how they were read.
        findings: what was doubtful about the files.
    """

    segmentation: Segmentation
    digest: str
    findings: tuple[Finding, ...]


def read_segmentation(
    paths: Sequence[Path],
    *,
    volume: Volume,
    inside: Mapping[Path, Sequence[str]] = MappingProxyType({}),
    unit: str | None = None,
    frame: str | None = None,
    frame_of_reference: str | None = None,
    timeout_s: float = READ_TIMEOUT_S,
    progress: ReportProgress | None = None,
) -> SegmentationFile:
    """Read outlines of one image: label maps, DICOM SEG and RTSTRUCT, meshes, or folders of these.

    Names come from a CSV among the paths, or one beside a label map (`labels.csv`, or its own name), else from the
    file's header.

    Args:
        paths: files and folders.
        volume: the image.
        inside: of these DICOM folders and ZIPs the files named alone, as the list of its series or the image read from
            it names them.
        unit: of meshes ("mm", "cm", "m", "in"), which goes before what they say; None where nobody says.
        frame: axes of meshes ("LPS", "RAS"), likewise.
        frame_of_reference: UID of the image's frame of reference, None where unknown.
        timeout_s: how long reading may take.
        progress: told the stage and its fraction.

    Raises:
        InputError: there is nothing to read, it cannot be read, or the unit or frame is none of those.
        RefusedError: it was read but does not belong to the image, or its reader had to be stopped.
    """
    if unit is not None and unit not in MM_PER_UNIT:
        raise InputError(f"The unit of a mesh is one of {', '.join(MM_PER_UNIT)}.")
    if frame is not None and frame not in FRAMES:
        raise InputError(f"The frame of a mesh is one of {', '.join(FRAMES)}.")
    tables = [path for path in paths if path.suffix.lower() == ".csv"]
    sources = [path for path in paths if path not in tables]
    if not sources or len(tables) > 1:
        raise InputError("There are no outlines to read.", mend="Give a segmentation and at most one CSV of names.")
    table = tables[0] if tables else None
    found = ask_child(
        "outlines",
        {
            "sources": [
                {"path": path, "names": table or _names_beside(path), "inside": list(inside.get(path, ()))}
                for path in sources
            ],
            "shape": volume.array.shape,
            "matrix": volume.patient_from_voxel.matrix.tolist(),
            "frame_uid": frame_of_reference,
        },
        timeout_s=timeout_s,
        progress=progress,
    )
    answers = found.json["sources"]
    findings = [Finding.from_json(finding) for answer in answers for finding in answer["findings"]]
    surfaces, said = _surfaces(answers, found, volume, unit=unit, frame=frame)
    digest = hashlib.sha256(repr((unit, frame)).encode())
    for answer in answers:
        digest.update(answer["digest"].encode())
    if table is not None or any(_names_beside(path) for path in sources):
        digest.update(repr([sorted(labels["names"].items()) for a in answers for labels in a["maps"]]).encode())
    return SegmentationFile(
        segmentation=Segmentation(
            label_maps=tuple(_label_map(labels, found) for answer in answers for labels in answer["maps"]),
            surfaces=tuple(surfaces),
            fields=tuple(_field(field, found) for answer in answers for field in answer["fields"]),
        ),
        digest=digest.hexdigest(),
        findings=(*findings, *said),
    )


def _names_beside(path: Path) -> Path | None:
    """Return the CSV of names that lies beside a label map."""
    name = path.name
    for suffix in (".gz", ".nii", ".nrrd", ".mha", ".seg"):
        name = name.removesuffix(suffix)
    candidates = (path.with_name(name + ".csv"), path.with_name("labels.csv"))
    return next((candidate for candidate in candidates if candidate.is_file()), None) if path.is_file() else None


def _label_map(labels: Mapping[str, Any], found: Answer) -> LabelMap:
    return LabelMap(
        array=np.asarray(found.arrays[labels["array"]]),
        patient_from_voxel=_transform(labels),
        names={int(value): name for value, name in labels["names"].items()},
        colors_srgb={int(value): _color(color) for value, color in labels["colors"].items()},
    )


def _field(field: Mapping[str, Any], found: Answer) -> GivenField:
    array: NDArray[np.float32] = np.asarray(found.arrays[field["array"]])
    return GivenField(
        name=field["name"],
        color_srgb=_color(field["color"]) if field["color"] else None,
        field=Field(array=array, level=0.5, outside=0.0, patient_from_voxel=_transform(field)),
    )


def _surfaces(
    answers: Sequence[Mapping[str, Any]], found: Answer, volume: Volume, *, unit: str | None, frame: str | None
) -> tuple[list[GivenSurface], list[Finding]]:
    """Return the surfaces in patient mm; files that say the same of unit and axes are placed together."""
    groups: dict[tuple[str | None, str | None, bool], list[Mapping[str, Any]]] = {}
    for answer in answers:
        key = (unit or answer["unit"] or None, frame or answer["frame"] or None, answer["y_up"])
        groups.setdefault(key, []).extend(answer["meshes"])
    surfaces: list[GivenSurface] = []
    findings: list[Finding] = []
    for (said_unit, said_frame, y_up), meshes in groups.items():
        if not meshes:
            continue
        arrays = [(found.arrays[mesh["vertices"]], found.arrays[mesh["triangles"]]) for mesh in meshes]
        place = placed(arrays, volume, unit=said_unit, axes=said_frame, y_up=y_up)
        findings += place.findings
        for mesh, (vertices, triangles) in zip(meshes, arrays, strict=True):
            surfaces.append(
                GivenSurface(
                    name=mesh["name"],
                    color_srgb=_color(mesh["color"]) if mesh["color"] else None,
                    vertices_mm=place.apply(vertices),
                    triangles=triangles,
                )
            )
    return surfaces, findings


def _transform(answer: Mapping[str, Any]) -> AffineTransform:
    return AffineTransform(Frame.PATIENT, Frame.VOXEL, np.array(answer["matrix"]))


def _color(values: Sequence[float]) -> Color:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
