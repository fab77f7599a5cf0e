"""Classic slices and the frames of enhanced multi-frame images as one list of frames. Limited child only.

A classic file (PS3.3 A.3, A.4) is one frame with everything at its top. An enhanced one (A.36, A.38) keeps what all
frames share in one functional group and what differs in one group a frame; a frame's own wins.
"""

import math
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from orview.edge.images.dicom.file import damaged
from orview.edge.images.dicom.headers import Header
from orview.edge.images.dicom.values import number_of, text_of, values_of, words_of
from orview.errors import InputError, RefusedError
from orview.image.stack import SlicePlace


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One slice of an image, wherever it is stored.

    Attributes:
        header: of its file.
        index: which frame of the file it is, from 0.
        place: where it lies; None where the file does not say.
        slope, intercept: stored value to grey value (PS3.3 C.7.6.16.2.9, C.11.1).
        rescale_type: unit of the grey values, empty where unsaid.
        image_type: upper case; of the frame where it has its own.
        stack: name of the stack the frame belongs to, empty where unsaid.
        splits: what tells acquisitions, phases and echoes at one place apart.
        has_lut: a table instead of slope and intercept.
    """

    header: Header
    index: int
    place: SlicePlace | None
    slope: float
    intercept: float
    rescale_type: str
    image_type: tuple[str, ...]
    stack: str
    splits: tuple[str, ...]
    has_lut: bool


def frames_of(header: Header) -> list[Frame]:
    """Return the frames of a file with an image.

    Raises:
        InputError: the values that place or scale a frame are damaged.
    """
    assert header.pixels is not None
    dataset = header.file.header
    try:
        if "PerFrameFunctionalGroupsSequence" in dataset:
            return _enhanced(header, dataset)
        if header.pixels.frames > 1:
            return [_frame(header, Dataset(), index) for index in range(header.pixels.frames)]
        return [_frame(header, dataset, 0)]
    except (MemoryError, InputError, RefusedError):
        raise
    except Exception as error:
        raise damaged() from error


_GROUPS = (
    "PixelMeasuresSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelValueTransformationSequence",
    "FrameContentSequence",
    "CTImageFrameTypeSequence",
    "MRImageFrameTypeSequence",
    "PETFrameTypeSequence",
    "CTAcquisitionDetailsSequence",
    "MREchoSequence",
)


def _enhanced(header: Header, dataset: Dataset) -> list[Frame]:
    assert header.pixels is not None
    own = dataset.PerFrameFunctionalGroupsSequence
    if len(own) != header.pixels.frames:
        raise damaged()
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    frames = []
    for index, group in enumerate(own):
        values = Dataset()
        for source in (shared, group):
            for name in _GROUPS:
                items = source.get(name)
                if items:
                    values.update(items[0])
        frames.append(_frame(header, values, index))
    return frames


def _frame(header: Header, values: Dataset, index: int) -> Frame:
    slope = number_of(values, "RescaleSlope", float, 1.0)
    intercept = number_of(values, "RescaleIntercept", float, 0.0)
    if not (np.isfinite([slope, intercept]).all() and slope != 0.0):
        raise damaged()
    return Frame(
        header=header,
        index=index,
        place=_place(header, values),
        slope=slope,
        intercept=intercept,
        rescale_type=text_of(values, "RescaleType").upper(),
        image_type=words_of(values, "FrameType") or header.image_type,
        stack=text_of(values, "StackID"),
        splits=tuple(text_of(values, name) for name in _SPLITS),
        has_lut="ModalityLUTSequence" in values,
    )


_SPLITS = (
    "AcquisitionNumber",
    "FrameAcquisitionNumber",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "EchoNumbers",
    "EffectiveEchoTime",
    "TriggerTime",
)


def _place(header: Header, values: Dataset) -> SlicePlace | None:
    """Return where a frame lies, None where that is not said.

    Raises:
        InputError: it is said in numbers that place nothing.
    """
    assert header.pixels is not None
    position, orientation, spacing = (
        values_of(values, name) for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    )
    if not position or not orientation or not spacing:
        return None
    numbers = np.array([*position, *orientation, *spacing], dtype=np.float64)
    if numbers.shape != (11,) or not np.isfinite(numbers).all() or numbers[9:].min() <= 0:
        raise InputError("A slice's position, orientation or pixel spacing is damaged.", mend="Copy the series again.")
    number = "InStackPositionNumber" if "InStackPositionNumber" in values else "InstanceNumber"
    return SlicePlace(
        position_mm=numbers[:3],
        row_direction=numbers[3:6],
        column_direction=numbers[6:9],
        spacing_mm=(float(numbers[9]), float(numbers[10])),
        rows=header.pixels.rows,
        columns=header.pixels.columns,
        thickness_mm=number_of(values, "SliceThickness", float, 0.0),
        number=number_of(values, number, int, 0) if text_of(values, number) else None,
        location_mm=_location_mm(values),
        tilt_deg=number_of(values, "GantryDetectorTilt", float, 0.0),
    )


def _location_mm(values: Dataset) -> float | None:
    location = number_of(values, "SliceLocation", float, math.nan)
    return location if math.isfinite(location) else None
