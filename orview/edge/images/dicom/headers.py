"""What one DICOM file says of itself, as plain values. Runs in the limited child only.

Damaged values may raise anything when they are converted; here each wanted one is converted once, so that whatever
comes later deals with numbers and words.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID, JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

from orview.edge.images.dicom.file import DicomFile, damaged, open_dicom
from orview.edge.images.dicom.values import number_of, tag_of, text_of, values_of, words_of
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
    "SeriesDate",
    "StudyDate",
    "ContentDate",
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
    "SliceLocation",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoNumbers",
    "TriggerTime",
    "GantryDetectorTilt",
)
_ENHANCED = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


_ALL_TAGS = [tag_of(keyword) for keyword in (*_PLAIN, *_PER_FRAME, *_ENHANCED)]

_LOSSY = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless})
"""Transfer syntaxes that always lose something; JPEG 2000 says so in an element of its own."""

MODALITY_OF_CLASS = {
    f"1.2.840.10008.5.1.4.1.1.{tail}": modality
    for modality, tails in {"CT": ("2", "2.1", "2.2"), "MR": ("4", "4.1", "4.4"), "PT": ("128", "128.1", "130")}.items()
    for tail in tails
}
"""CT, MR and PET image storage, each classic, enhanced and converted. Other images are captures and the like."""

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
        modality: by the SOP class where that tells it, else as stated; "OT" for what is not known.
        stated_modality: as the file states it, empty where it is no modality.
        description, kernel: cleaned of all that could name a person.
        image_type: upper case.
        patient: what tells one person from another; never leaves the child but in `identifiers`.
        study_uid, series_uid, frame_uid: UIDs, empty where missing.
        series_number: as the scanner numbered it, 0 where missing.
        acquired: day, None where unknown.
        patient_position: "HFS" and the like, or empty.
        pixels: None for an object without an image.
    """

    file: DicomFile
    sop_class: str
    modality: str
    stated_modality: str
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

    @property
    def is_ct(self) -> bool:
        """Whether grey values are Hounsfield units; a file that does not say counts as CT."""
        return self.modality in ("CT", "")

    def identifiers(self) -> dict[str, str]:
        """Return the identifiers of patient and study, in the file's character set, for the store's own table.

        Raises:
            InputError: they are damaged.
        """
        dataset = self.file.header
        try:
            found = {name: str(dataset.get(name) or "") for name in IDENTIFIERS}
        except (ValueError, TypeError, LookupError, AttributeError, NotImplementedError) as error:
            raise damaged() from error
        return {name: value for name, value in found.items() if value}


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


def _header(file: DicomFile, dataset: Dataset) -> Header:
    sop_class = file.sop_class or text_of(dataset, "SOPClassUID")
    stated = clean_modality(text_of(dataset, "Modality"))
    return Header(
        file=file,
        sop_class=sop_class,
        modality=MODALITY_OF_CLASS.get(sop_class) or stated or ("OT" if text_of(dataset, "Modality") else ""),
        stated_modality=stated,
        description=clean_text(text_of(dataset, "SeriesDescription")),
        kernel=clean_kernel(text_of(dataset, "ConvolutionKernel").partition("\\")[0]),
        image_type=words_of(dataset, "ImageType"),
        patient=(text_of(dataset, "PatientID"), text_of(dataset, "PatientName"), text_of(dataset, "PatientBirthDate")),
        study_uid=text_of(dataset, "StudyInstanceUID"),
        series_uid=text_of(dataset, "SeriesInstanceUID"),
        frame_uid=text_of(dataset, "FrameOfReferenceUID"),
        series_number=number_of(dataset, "SeriesNumber", int, 0),
        acquired=_acquired(dataset),
        patient_position=text_of(dataset, "PatientPosition").upper(),
        pixels=_pixels(file, dataset) if _has_image(file, dataset, sop_class) else None,
    )


def _has_image(file: DicomFile, dataset: Dataset, sop_class: str) -> bool:
    if not sop_class and file.pixels_at is None:
        raise damaged()
    # An object that is an image by its class and has no rows is a damaged one, not some other object.
    return "Rows" in dataset or UID(sop_class).name.endswith("Image Storage")


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
        lossy=text_of(dataset, "LossyImageCompression") == "01" or file.syntax in _LOSSY,
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
    signed = number_of(dataset, "PixelRepresentation", int, 0) == 1
    if not values_of(dataset, "PixelPaddingValue"):
        return None
    value = number_of(dataset, "PixelPaddingValue", int, 0, signed=signed)
    limit = number_of(dataset, "PixelPaddingRangeLimit", int, value, signed=signed)
    return min(value, limit), max(value, limit)


def _acquired(dataset: Dataset) -> date | None:
    # The day the picture was computed comes last: a reformat made today of an old scan is an old scan.
    for name in ("AcquisitionDate", "AcquisitionDateTime", "SeriesDate", "StudyDate", "ContentDate"):
        day = text_of(dataset, name)[:8]
        try:
            return date(int(day[:4]), int(day[4:6]), int(day[6:]))
        except ValueError:
            continue
    return None
