"""Patient images and label maps on disk: read through a limited child process, written as NIfTI."""

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.confined.reader import READ_TIMEOUT_S, ReportProgress, ask_child
from orview.errors import InputError
from orview.findings import Finding
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.series import SeriesSummary
from orview.image.volume import Provenance, SourceKind, Volume
from orview.segment.masks import LabelMap


@dataclass(frozen=True, kw_only=True, eq=False)
class VolumeFile:
    """A volume as read from disk.

    Attributes:
        volume: de-identified.
        identifiers: of patient and study; kept out of every printed form of this value.
        findings: what was doubtful about the files.
        meshes: of an archive, the files with surfaces in it, as `read_segmentation` takes them.
    """

    volume: Volume
    identifiers: Mapping[str, str] = field(repr=False)
    findings: tuple[Finding, ...]
    meshes: tuple[str, ...] = ()


def read_volume(
    path: Path,
    *,
    series: str | None = None,
    today: date | None = None,
    timeout_s: float = READ_TIMEOUT_S,
    progress: ReportProgress | None = None,
) -> VolumeFile:
    """Read a folder of DICOM files or a NIfTI, NRRD or MetaImage file.

    Args:
        path: folder or file.
        series: which of several DICOM series, by its number in `list_series` or its UID; None for the one that is
            best by rule.
        today: for the age of the scan; None where nobody says.
        timeout_s: how long reading may take.
        progress: told the stage and its fraction.

    Raises:
        InputError: there is nothing to read, or it cannot be read.
        RefusedError: it was read but is not one regular image, or its reader had to be stopped.
    """
    found = ask_child("volume", _request(path, series=series, today=today), timeout_s=timeout_s, progress=progress)
    answer, array = found.json, found.arrays["array"]
    acquired = answer["acquired"]
    volume = Volume(
        array=array,
        patient_from_voxel=_transform(answer),
        provenance=Provenance(
            modality=answer["modality"],
            series_text=answer["series_text"],
            acquired=date.fromisoformat(acquired) if acquired else None,
            slices=array.shape[0],
            source_kind=SourceKind(answer["kind"]),
            source_digest=answer["digest"],
            synthetic=answer["synthetic"],
        ),
    )
    return VolumeFile(
        volume=volume,
        identifiers=answer["identifiers"],
        findings=tuple(Finding.from_json(finding) for finding in answer["findings"]),
        meshes=tuple(answer["meshes"]),
    )


def list_series(
    path: Path, *, today: date | None = None, timeout_s: float = READ_TIMEOUT_S, progress: ReportProgress | None = None
) -> tuple[SeriesSummary, ...]:
    """List the series of a folder of DICOM files, or of a ZIP of them, for a person to choose by number.

    Raises:
        InputError: there is nothing to read, or a file is damaged.
        RefusedError: its reader had to be stopped.
    """
    found = ask_child("series", _request(path, today=today), timeout_s=timeout_s, progress=progress)
    return tuple(SeriesSummary.from_json(one) for one in found.json["series"])


def _request(path: Path, *, series: str | None = None, today: date | None = None) -> dict[str, Any]:
    return {"source": path, "series": series, "today": today and today.isoformat()}


def write_volume(path: Path, volume: Volume) -> None:
    """Write a volume as NIfTI (.nii, or .nii.gz lightly packed); a synthetic one says so in its description.

    Raises:
        InputError: the file name is of another kind.
        OSError: the disk refuses.
    """
    mark = "SYNTHETIC (orview simulation)" if volume.provenance.synthetic else ""
    _write_nifti(path, volume.array, volume.patient_from_voxel, description=mark)


def write_labels(path: Path, labels: LabelMap) -> None:
    """Write a label map as NIfTI with its names in a CSV of the same name beside it.

    Raises:
        InputError: the file name is of another kind.
        OSError: the disk refuses.
    """
    _write_nifti(path, labels.array, labels.patient_from_voxel, description="")
    with _csv_of(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["value", "name"])
        writer.writerows(sorted(labels.names.items()))


def _transform(answer: dict[str, Any]) -> AffineTransform:
    return AffineTransform(Frame.PATIENT, Frame.VOXEL, np.array(answer["matrix"]))


def _csv_of(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".nii").removesuffix(".nrrd") + ".csv")


def _write_nifti(path: Path, array: NDArray[Any], patient_from_voxel: AffineTransform, *, description: str) -> None:
    if not path.name.endswith((".nii", ".nii.gz")):
        raise InputError("Images are written as .nii or .nii.gz.")
    header = _nifti_header(array, patient_from_voxel, description=description)
    data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    if path.name.endswith(".gz"):
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(header)
            file.write(data.tobytes())
    else:
        with path.open("wb") as plain:
            plain.write(header)
            plain.write(data.tobytes())


_NIFTI_TYPES = {"int16": (4, 16), "float32": (16, 32), "uint16": (512, 16)}


def _nifti_header(array: NDArray[Any], patient_from_voxel: AffineTransform, *, description: str) -> bytes:
    """Return a NIfTI-1 header (nifti1.h) with the grid as its sform: NIfTI is RAS, patient LPS."""
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ patient_from_voxel.matrix
    header = np.zeros(1, dtype=_NIFTI_HEADER)
    header["sizeof_hdr"], header["regular"] = 348, b"r"
    header["dim"] = [3, *array.shape[::-1], 1, 1, 1, 1]
    header["datatype"], header["bitpix"] = _NIFTI_TYPES[array.dtype.name]
    header["pixdim"] = [1.0, *np.linalg.norm(ras[:3, :3], axis=0), 0, 0, 0, 0]
    header["vox_offset"], header["scl_slope"], header["xyzt_units"] = 352.0, 1.0, 2
    header["descrip"], header["sform_code"], header["srow"] = description.encode(), 1, ras[:3]
    header["magic"] = b"n+1\0"
    return header.tobytes() + bytes(4)


_NIFTI_HEADER = np.dtype(
    [
        ("sizeof_hdr", "<i4"),
        ("unused_before", "V34"),
        ("regular", "S1"),
        ("dim_info", "V1"),
        ("dim", "<i2", 8),
        ("intents", "V14"),
        ("datatype", "<i2"),
        ("bitpix", "<i2"),
        ("slice_start", "<i2"),
        ("pixdim", "<f4", 8),
        ("vox_offset", "<f4"),
        ("scl_slope", "<f4"),
        ("scl_inter", "<f4"),
        ("slice_end_code", "V3"),
        ("xyzt_units", "u1"),
        ("calibration", "V24"),
        ("descrip", "S80"),
        ("aux_file", "S24"),
        ("qform_code", "<i2"),
        ("sform_code", "<i2"),
        ("quatern", "<f4", 6),
        ("srow", "<f4", (3, 4)),
        ("intent_name", "S16"),
        ("magic", "S4"),
    ]
)
assert _NIFTI_HEADER.itemsize == 348
