"""Do the frames of one series make one volume, and which? Runs in the limited child only."""

from collections.abc import Sequence
from datetime import date

from orview.edge.images.dicom.folder import Series
from orview.edge.images.dicom.frames import Frame
from orview.edge.images.dicom.pixels import check_kind
from orview.errors import InputError, RefusedError
from orview.findings import Finding, Severity
from orview.image.checks import check_grid
from orview.image.posture import check_posture
from orview.image.stack import SlicePlace, Stack, stack_slices

HU_TYPES = frozenset({"", "HU", "US"})
"""Rescale types of a CT in Hounsfield units; "US" (unspecified) is what many write. Others are maps of something."""

MAX_DAYS_APART = 1
"""A scan may cross midnight."""


def places_of(frames: Sequence[Frame]) -> list[SlicePlace]:
    """Return where frames lie.

    Raises:
        InputError: one of them does not say.
    """
    places = [frame.place for frame in frames]
    if not places or None in places:
        if any(frame.header.pixels is not None and frame.header.pixels.frames > 1 for frame in frames):
            raise RefusedError(
                "A DICOM file holds many frames in one and does not say where each lies.",
                mend="Export the CT as single slices or as enhanced CT.",
            )
        raise InputError(
            "A slice does not say where it lies (position, orientation or pixel spacing is missing).",
            mend="Export the original slices of the scanner, not screen captures.",
        )
    return [place for place in places if place is not None]


def stack_series(series: Series) -> Stack:
    """Return the grid of a series.

    Raises:
        InputError: frames do not say where they lie.
        RefusedError: they are of several patients, studies, scans or stacks, of a kind that is not read, or are not
            one regular grid of a patient's size.
    """
    places = places_of(series.frames)
    _check_one_source(series)
    _check_values(series)
    stack = stack_slices(places)
    first = places[stack.order[0]]
    check_grid((len(places), first.rows, first.columns), stack.patient_from_voxel)
    stack.findings.extend(_posture(series, first))
    stack.findings.extend(_modality(series))
    stack.findings.extend(_lossy(series))
    stack.findings.extend(_scales(series))
    return stack


def _check_one_source(series: Series) -> None:
    headers = series.headers
    mend = "Export one series only."
    for what, values in (
        ("patient", {header.patient for header in headers}),
        ("study", {header.study_uid for header in headers}),
        ("frame of reference", {header.frame_uid for header in headers}),
        ("patient position", {header.patient_position for header in headers}),
        ("stack", {frame.stack for frame in series.frames}),
    ):
        if len(values) > 1:
            raise RefusedError(f"The slices of one series are of more than one {what}.", mend=mend)
    days: list[date] = [header.acquired for header in headers if header.acquired]
    if days and (max(days) - min(days)).days > MAX_DAYS_APART:
        raise RefusedError("The slices of one series were taken on different days.", mend=mend)


def _check_values(series: Series) -> None:
    for header in series.headers:
        assert header.pixels is not None
        check_kind(header.pixels)
    for frame in series.frames:
        if frame.has_lut:
            raise RefusedError("The slices' values go through a table, which is not read.", mend="Export plain values.")
        if frame.header.modality == "CT" and frame.rescale_type not in HU_TYPES:
            raise RefusedError(
                "The slices are of a CT but not in Hounsfield units (a map computed from it).",
                mend="Export the original slices.",
            )
    if len({frame.rescale_type for frame in series.frames}) > 1:
        raise RefusedError("The slices of one series are in different units.", mend="Export one series only.")


def _posture(series: Series, first: SlicePlace) -> list[Finding]:
    if not series.headers[0].is_ct:
        # Other scanners choose their planes freely.
        return []
    return check_posture(series.headers[0].patient_position, first.row_direction, first.column_direction)


def _modality(series: Series) -> list[Finding]:
    stored = series.headers[0].modality
    said = {header.stated_modality for header in series.headers} - {"", stored}
    if not said:
        return []
    return [
        Finding(
            code="MODALITY_CONTRADICTED",
            severity=Severity.WARNING,
            message=f"The files are stored as {stored} and say they are {' and '.join(sorted(said))}: "
            "grey values may mean something else.",
        )
    ]


def _lossy(series: Series) -> list[Finding]:
    if not any(header.pixels and header.pixels.lossy for header in series.headers):
        return []
    return [
        Finding(
            code="PIXELS_LOSSY",
            severity=Severity.WARNING,
            message="The slices were once compressed with loss: fine detail may be gone or invented.",
        )
    ]


def _scales(series: Series) -> list[Finding]:
    if not series.headers[0].is_ct or len({(frame.slope, frame.intercept) for frame in series.frames}) == 1:
        return []
    return [
        Finding(
            code="SCALE_VARIES",
            severity=Severity.WARNING,
            message="The slices of this CT are scaled to Hounsfield units by different numbers; each is scaled by its "
            "own. Look for steps between slices.",
        )
    ]
