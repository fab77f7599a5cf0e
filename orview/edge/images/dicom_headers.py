"""What one DICOM file says of itself, as plain values. Runs in the limited child only.

pydicom converts values when they are touched and may raise anything on damaged ones; here each wanted one is touched
once, so that whatever comes later deals with numbers and words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import UID

from orview.edge.images.dicom_file import DicomFile, damaged, open_dicom
from orview.errors import InputError, RefusedError
from orview.image.deidentify import clean_kernel, clean_modality, clean_text

IDENTIFIERS = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "AccessionNumber",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
)
_PLAIN = (
    *IDENTIFIERS,
    "SOPClassUID",
    "Modality",
    "SeriesDescription",
    "ConvolutionKernel",
    "ImageType",
    "AcquisitionDate",
    "AcquisitionDateTime",
    "ContentDate",
    "SeriesDate",
    "StudyDate",
    "SeriesNumber",
    "PatientPosition",
    "LossyImageCompression",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "NumberOfFrames",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
)
_PER_FRAME = (
    "PixelSpacing",
    "SliceThickness",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "ModalityLUTSequence",
    "InstanceNumber",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoNumbers",
    "TriggerTime",
    "GantryDetectorTilt",
)
_ENHANCED = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def _tags(keywords: tuple[str, ...]) -> list[int]:
    return [tag for tag in map(tag_for_keyword, keywords) if tag is not None]


_ALL_TAGS = _tags((*_PLAIN, *_PER_FRAME, *_ENHANCED))

MAX_SIDE = 8192
MAX_FRAMES = 20_000


@dataclass(frozen=True, kw_only=True)
class PixelKind:
    """How one file's pixels are stored (PS3.3 C.7.6.3).

    Attributes:
        rows, columns, frames: size.
        samples: values a pixel.
        bits_allocated, bits_stored, high_bit, signed: of one value.
        photometric: "MONOCHROME2" for what can be read.
        padding: lowest and highest stored value that means "no data", None where there is none.
        lossy: the pixels were once compressed with loss.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    padding: tuple[int, int] | None
    lossy: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Header:
    """One DICOM file's header.

    Attributes:
        file: where it and its pixels lie; its `header` holds what belongs to single frames.
        sop_class: SOP class UID.
        modality, description, kernel: cleaned of all that could name a person.
        image_type: upper case.
        patient: what tells one person from another; never leaves the child but in `identifiers`.
        study_uid, series_uid, frame_uid: UIDs, empty where missing.
        series_number: as the scanner numbered it, 0 where missing.
        acquired: day, None where unknown.
        patient_position: "HFS" and the like, or empty.
        pixels: None for an object without an image.
        identifiers: of patient and study, for the store's own table.
    """

    file: DicomFile
    sop_class: str
    modality: str
    description: str
    kernel: str
    image_type: tuple[str, ...]
    patient: tuple[str, str, str]
    study_uid: str
    series_uid: str
    frame_uid: str
    series_number: int
    acquired: date | None
    patient_position: str
    pixels: PixelKind | None
    identifiers: dict[str, str]


def read_header(path: Path) -> Header:
    """Read one file's header.

    Raises:
        InputError: the file is damaged or cut short.
        RefusedError: it is too large, or unpacks to something that is.
    """
    file = open_dicom(path, _ALL_TAGS)
    try:
        return _header(file, file.header)
    except (MemoryError, InputError, RefusedError):
        raise
    except Exception as error:
        raise damaged() from error


def text_of(dataset: Dataset, name: str) -> str:
    """Return an element as text, empty where it is missing."""
    value = dataset.get(name)
    return "" if value is None else str(value).strip()


Number = TypeVar("Number", int, float)


def number_of(dataset: Dataset, name: str, kind: Callable[[Any], Number], otherwise: Number) -> Number:
    """Return an element's first number, `otherwise` where it is missing or empty."""
    value = dataset.get(name)
    if value is not None and not isinstance(value, str | bytes) and hasattr(value, "__len__"):
        value = value[0] if len(value) else None
    return otherwise if value is None or value == "" else kind(value)


def words_of(dataset: Dataset, name: str) -> tuple[str, ...]:
    """Return a code string's values in upper case."""
    value = dataset.get(name)
    if value is None or value == "":
        return ()
    return tuple(str(word).upper() for word in ([value] if isinstance(value, str) else value))


def _header(file: DicomFile, dataset: Dataset) -> Header:
    sop_class = file.sop_class or text_of(dataset, "SOPClassUID")
    kernels = dataset.get("ConvolutionKernel") or ""
    return Header(
        file=file,
        sop_class=sop_class,
        modality=clean_modality(text_of(dataset, "Modality")),
        description=clean_text(text_of(dataset, "SeriesDescription")),
        kernel=clean_kernel(str(kernels if isinstance(kernels, str) else kernels[0])),
        image_type=words_of(dataset, "ImageType"),
        patient=(text_of(dataset, "PatientID"), text_of(dataset, "PatientName"), text_of(dataset, "PatientBirthDate")),
        study_uid=text_of(dataset, "StudyInstanceUID"),
        series_uid=text_of(dataset, "SeriesInstanceUID"),
        frame_uid=text_of(dataset, "FrameOfReferenceUID"),
        series_number=number_of(dataset, "SeriesNumber", int, 0),
        acquired=_acquired(dataset),
        patient_position=text_of(dataset, "PatientPosition").upper(),
        pixels=_pixels(file, dataset) if _has_image(file, dataset, sop_class) else None,
        identifiers={name: text_of(dataset, name) for name in IDENTIFIERS if text_of(dataset, name)},
    )


def _has_image(file: DicomFile, dataset: Dataset, sop_class: str) -> bool:
    # An object that is an image by its class and has no rows is a damaged one, not some other object.
    return "Rows" in dataset or (UID(sop_class).name.endswith("Image Storage") and file.pixels_at is not None)


def _pixels(file: DicomFile, dataset: Dataset) -> PixelKind:
    allocated = number_of(dataset, "BitsAllocated", int, 16)
    stored = number_of(dataset, "BitsStored", int, allocated)
    kind = PixelKind(
        rows=number_of(dataset, "Rows", int, 0),
        columns=number_of(dataset, "Columns", int, 0),
        frames=number_of(dataset, "NumberOfFrames", int, 1) or 1,
        samples=number_of(dataset, "SamplesPerPixel", int, 1),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=number_of(dataset, "HighBit", int, stored - 1),
        signed=number_of(dataset, "PixelRepresentation", int, 0) == 1,
        photometric=text_of(dataset, "PhotometricInterpretation").upper() or "MONOCHROME2",
        padding=_padding(dataset),
        lossy=text_of(dataset, "LossyImageCompression") == "01",
    )
    if file.pixels_at is None or not (0 < kind.rows <= MAX_SIDE and 0 < kind.columns <= MAX_SIDE):
        raise damaged()
    if not 0 < kind.frames <= MAX_FRAMES:
        raise damaged()
    expected = kind.rows * kind.columns * kind.samples * kind.bits_allocated * kind.frames // 8
    if file.pixels_bytes is not None and file.pixels_bytes < expected:
        if kind.frames > 1 and "PerFrameFunctionalGroupsSequence" not in dataset:
            raise RefusedError(
                "A DICOM file says it holds many frames in one, but neither where they lie nor their pixels.",
                mend="Export the CT as single slices or as enhanced CT.",
            )
        raise damaged()
    return kind


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    value = dataset.get("PixelPaddingValue")
    if not isinstance(value, int):
        return None
    limit = dataset.get("PixelPaddingRangeLimit")
    ends = (value, limit if isinstance(limit, int) else value)
    return min(ends), max(ends)


def _acquired(dataset: Dataset) -> date | None:
    for name in ("AcquisitionDate", "AcquisitionDateTime", "ContentDate", "SeriesDate", "StudyDate"):
        try:
            return datetime.strptime(text_of(dataset, name)[:8], "%Y%m%d").date()
        except ValueError:
            continue
    return None
