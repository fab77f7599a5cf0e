"""One DICOM series out of a folder: headers by pydicom, pixels by SimpleITK. Runs in the limited child only."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from orview.errors import InputError, RefusedError
from orview.findings import Finding, Severity
from orview.geometry.affine import AffineTransform
from orview.image.checks import SlicePlace, stack_slices
from orview.image.deidentify import clean_text
from orview.image.volume import Provenance, SourceKind

sitk: Any = SimpleITK  # its functions carry no types

MAX_FILES = 20_000

_IDENTIFIERS = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "AccessionNumber",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
)
_TAGS = [
    *_IDENTIFIERS,
    "Modality",
    "SeriesDescription",
    "ImageType",
    "AcquisitionDate",
    "SeriesDate",
    "StudyDate",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "BitsAllocated",
    "NumberOfFrames",
    "PixelSpacing",
    "SliceThickness",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelData",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesRead:
    """A series as numbers.

    Attributes:
        array: (K, J, I) int16 or float32, Hounsfield units for CT.
        patient_from_voxel: its grid.
        provenance: de-identified.
        identifiers: of the patient and study, for the store's own table.
        findings: what is doubtful.
    """

    array: NDArray[Any]
    patient_from_voxel: AffineTransform
    provenance: Provenance
    identifiers: dict[str, str]
    findings: list[Finding]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Slice:
    path: Path
    header: pydicom.Dataset
    digest: str

    @property
    def series(self) -> str:
        return str(self.header.get("SeriesInstanceUID", ""))


def read_series(folder: Path) -> SeriesRead:
    """Read the one image series in a folder and its sub-folders.

    Raises:
        InputError: the folder is empty, holds no DICOM image, a file is cut short, or there is more than one series.
        RefusedError: the slices are not one regular grid, or are of a kind that is not read.
    """
    slices: list[_Slice] = []
    others = 0
    for path in _files(folder):
        one = _read_slice(path)
        if one is None:
            others += 1
        else:
            slices.append(one)
    if not slices:
        if others == 0:
            raise InputError("The folder is empty.", mend="Give the folder that holds the DICOM files of the CT.")
        raise InputError(
            f"There is no DICOM image in this folder ({others} other file{'s' if others > 1 else ''}).",
            mend="Give the folder that holds the DICOM files of the CT.",
        )
    _check_one_series(slices)
    order, patient_from_voxel, findings = stack_slices([_place(one.header) for one in slices])
    if others:
        findings.append(
            Finding(
                code="FILES_IGNORED",
                severity=Severity.INFO,
                message=f"{others} file{'s' if others > 1 else ''} in the folder hold no image and were left out.",
            )
        )
    header = slices[0].header
    return SeriesRead(
        array=_pixels([slices[n].path for n in order], header),
        patient_from_voxel=patient_from_voxel,
        provenance=Provenance(
            modality=clean_modality(str(header.get("Modality", ""))),
            series_text=clean_text(str(header.get("SeriesDescription", ""))),
            acquired=_acquired(header),
            slices=len(slices),
            source_kind=SourceKind.DICOM,
            source_digest=hashlib.sha256("".join(sorted(one.digest for one in slices)).encode()).hexdigest(),
        ),
        identifiers={name: str(header[name].value) for name in _IDENTIFIERS if name in header and header[name].value},
        findings=findings,
    )


def clean_modality(text: str) -> str:
    """Return a modality of at most four capital letters, else nothing: the tag could hold any text."""
    return text if text.isascii() and text.isalpha() and text.isupper() and len(text) <= 4 else ""


def _files(folder: Path) -> Iterator[Path]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if len(paths) > MAX_FILES:
        raise InputError(
            f"The folder holds {len(paths)} files.", mend="Give the folder of one series, not of a whole archive."
        )
    return iter(paths)


def _read_slice(path: Path) -> _Slice | None:
    """Return one image slice, None for a file that holds none.

    Raises:
        InputError: a DICOM image that is cut short or damaged.
    """
    with path.open("rb") as file:
        head = file.read(132)
    if head[128:132] != b"DICM" or path.name.upper() == "DICOMDIR":
        return None
    damaged = InputError("A DICOM file is damaged or cut short.", mend="Copy the series again.")
    try:
        meta = read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            # A megabyte of it can unpack to gigabytes, and no scanner sends it.
            raise RefusedError("A DICOM file is deflated, which is not read.", mend="Export it uncompressed.")
        header = pydicom.dcmread(path, specific_tags=_TAGS)
    except (InvalidDicomError, OSError, ValueError, KeyError, AttributeError, NotImplementedError) as error:
        raise damaged from error
    if "Rows" not in header and str(meta.get("MediaStorageSOPClassUID", "")) not in _IMAGE_CLASSES:
        return None
    if int(header.get("NumberOfFrames") or 1) > 1:
        raise RefusedError(
            "A DICOM file holds many frames in one (enhanced CT or a segmentation), which is not read.",
            mend="Export the CT as single slices.",
        )
    if "PixelData" not in header or "Rows" not in header:
        raise damaged
    if not meta["TransferSyntaxUID"].value.is_compressed:
        expected = int(header.Rows) * int(header.Columns) * int(header.SamplesPerPixel) * int(header.BitsAllocated) // 8
        if len(header.PixelData) < expected:
            raise damaged
    del header.PixelData
    if "ImagePositionPatient" not in header or "LOCALIZER" in header.get("ImageType", ()):
        return None
    return _Slice(path=path, header=header, digest=hashlib.sha256(path.read_bytes()).hexdigest())


_IMAGE_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"})
"""CT, MR and PET image storage: a file of these without rows is a damaged one, not some other object."""


def _check_one_series(slices: list[_Slice]) -> None:
    by_series: dict[str, list[_Slice]] = {}
    for one in slices:
        by_series.setdefault(one.series, []).append(one)
    if len(by_series) == 1:
        return
    listed = "; ".join(
        f"{len(members)} slices of {clean_modality(str(members[0].header.get('Modality', ''))) or 'an image'} "
        f"'{clean_text(str(members[0].header.get('SeriesDescription', ''))) or 'no description'}'"
        for members in sorted(by_series.values(), key=len, reverse=True)
    )
    raise InputError(
        f"The folder mixes {len(by_series)} series: {listed}.",
        mend="Put the series you want into a folder of its own.",
    )


def _place(header: pydicom.Dataset) -> SlicePlace:
    try:
        orientation = np.array(header.ImageOrientationPatient, dtype=np.float64)
        row_mm, column_mm = (float(value) for value in header.PixelSpacing)
        place = SlicePlace(
            position_mm=np.array(header.ImagePositionPatient, dtype=np.float64),
            row_direction=orientation[:3],
            column_direction=orientation[3:],
            spacing_mm=(row_mm, column_mm),
            rows=int(header.Rows),
            columns=int(header.Columns),
            thickness_mm=float(header.get("SliceThickness") or 0.0),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            "A slice does not say where it lies (position, orientation or pixel spacing is missing).",
            mend="Export the original slices of the scanner, not screen captures.",
        ) from error
    numbers = np.concatenate([place.position_mm, orientation, place.spacing_mm])
    if numbers.shape != (11,) or not np.isfinite(numbers).all() or min(place.spacing_mm) <= 0:
        raise InputError("A slice's position, orientation or pixel spacing is damaged.", mend="Copy the series again.")
    return place


def _pixels(paths: list[Path], header: pydicom.Dataset) -> NDArray[Any]:
    """Return the pixels of sorted slices (K, J, I), rescaled slice by slice as each header says."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in paths])
    # Slices may be rescaled by different fractions; as float32 none of them is cut to whole numbers.
    reader.SetOutputPixelType(sitk.sitkFloat32)
    try:
        array = np.asarray(sitk.GetArrayFromImage(reader.Execute()))
    except RuntimeError as error:
        raise InputError("The pixels of a DICOM file cannot be read.", mend="Export the series again.") from error
    if array.shape != (len(paths), int(header.Rows), int(header.Columns)):
        raise InputError("The slices do not hold one grey value a pixel.", mend="Export the original slices.")
    return array


def _acquired(header: pydicom.Dataset) -> date | None:
    for name in ("AcquisitionDate", "SeriesDate", "StudyDate"):
        try:
            return datetime.strptime(str(header.get(name, "")), "%Y%m%d").date()
        except ValueError:
            continue
    return None
