"""One DICOM series out of a folder: listed, chosen, read. Runs in the limited child only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.confined.progress import Stage, report
from orview.edge.images.dicom.damage import check_damage
from orview.edge.images.dicom.file import damaged
from orview.edge.images.dicom.folder import FolderContents, Series, read_folder
from orview.edge.images.dicom.geometry import places_of, stack_series
from orview.edge.images.dicom.pixels import read_pixels
from orview.errors import InputError, OrviewError
from orview.findings import Finding, Severity
from orview.geometry.affine import AffineTransform
from orview.image.air import AIR_HU, outside_words
from orview.image.checks import check_age
from orview.image.continuity import check_continuity
from orview.image.posture import orientation_words
from orview.image.series import BY_NUMBER_ONLY, Choice, SeriesRole, SeriesSummary, choose_series, pick_series
from orview.image.stack import SlicePlace, stack_slices
from orview.image.straighten import straighten
from orview.image.volume import Provenance, SourceKind

MAX_JOINED = 2000


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesRead:
    """A series as numbers.

    Attributes:
        array: (K, J, I) int16 or float32, Hounsfield units for CT.
        patient_from_voxel: its grid.
        provenance: de-identified.
        identifiers: of the patient and study, for the store's own table; kept out of every printed form.
        findings: what is doubtful.
    """

    array: NDArray[Any]
    patient_from_voxel: AffineTransform
    provenance: Provenance
    identifiers: dict[str, str] = field(repr=False)
    findings: list[Finding]


def read_series(
    folder: Path, *, scratch: Path, series: str | None = None, today: date | None = None, meshes: int = 0
) -> SeriesRead:
    """Read one image series of a folder and its sub-folders.

    Args:
        folder: holds the DICOM files.
        scratch: a folder for files of a moment.
        series: number in the list of series, or SeriesInstanceUID; None to have it chosen by rule.
        today: for the age of the scan; None where nobody says.
        meshes: how many files of the folder are surfaces that somebody else reads.

    Raises:
        InputError: the folder is empty, holds no DICOM image, a file of the series is cut short, or nothing decides
            between series.
        RefusedError: the slices are not one regular grid, or are of a kind that is not read.
    """
    contents = open_folder(folder)
    summaries = summarise(contents, today=today)
    choice = _choice(contents, summaries, series)
    chosen = contents.series[choice.number - 1]
    headers = [header for one in contents.series for header in one.headers]
    spared = check_damage(contents.damaged, headers, series_uid=chosen.headers[0].series_uid)
    stack = stack_series(chosen)
    header = chosen.headers[0]
    outside = AIR_HU if header.is_ct else 0.0
    pixels = read_pixels(
        [chosen.frames[n] for n in stack.order],
        outside=outside,
        scratch=scratch,
        progress=lambda fraction: report(Stage.PIXELS, 0.9 * fraction),
    )
    findings = [*contents.findings, *choice.findings, *spared, *stack.findings, *_left_out(contents, choice.number)]
    findings += _ignored(contents.others - meshes)
    findings += outside_words(pixels.empty) + check_continuity(pixels.array)
    array, patient_from_voxel = pixels.array, stack.patient_from_voxel
    if any(stack.lean_px):
        array, patient_from_voxel = straighten(array, patient_from_voxel, lean_px=stack.lean_px, outside=outside)
    return SeriesRead(
        array=array,
        patient_from_voxel=patient_from_voxel,
        provenance=Provenance(
            modality=header.modality,
            series_text=header.description,
            acquired=header.acquired,
            slices=len(chosen.frames),
            source_kind=SourceKind.DICOM,
            source_digest=pixels.digest,
        ),
        identifiers=header.identifiers(),
        findings=findings + check_age(header.acquired, today=today),
    )


def summarise(contents: FolderContents, *, today: date | None) -> list[SeriesSummary]:
    """Describe every series of a folder."""
    patients = list(dict.fromkeys(one.headers[0].patient for one in contents.series))
    studies = list(dict.fromkeys(one.headers[0].study_uid for one in contents.series))
    lost = {one.series_uid for one in contents.damaged}
    summaries = []
    for n, one in enumerate(contents.series):
        header = one.headers[0]
        summaries.append(
            SeriesSummary(
                number=n + 1,
                role=one.role,
                patient=patients.index(header.patient) + 1,
                study=studies.index(header.study_uid) + 1,
                modality=header.modality,
                description=header.description,
                kernel=header.kernel,
                acquired=header.acquired,
                age_days=(today - header.acquired).days if today and header.acquired else None,
                slices=len(one.frames),
                **_geometry(one, is_damaged=header.series_uid in lost),
            )
        )
    return _joined(contents, summaries)


def open_folder(folder: Path) -> FolderContents:
    """Read the headers of a folder's DICOM files.

    Raises:
        InputError: there is no DICOM file, or none that is not damaged.
        RefusedError: a file unpacks without end.
    """
    contents = read_folder(folder, progress=lambda fraction: report(Stage.HEADERS, fraction))
    if not contents.files:
        raise InputError("The folder is empty.", mend="Give the folder that holds the DICOM files of the CT.")
    if not contents.series:
        if contents.damaged:
            raise damaged()
        raise InputError(
            f"There is no DICOM image in this folder ({contents.others} other "
            f"file{'s' if contents.others > 1 else ''}).",
            mend="Give the folder that holds the DICOM files of the CT.",
        )
    return contents


def _choice(contents: FolderContents, summaries: Sequence[SeriesSummary], series: str | None) -> Choice:
    if series is None:
        return choose_series(summaries)
    if series.isdecimal():
        return pick_series(summaries, int(series))
    numbers = [n + 1 for n, one in enumerate(contents.series) if one.headers[0].series_uid == series and one.frames]
    if len(numbers) != 1:
        raise InputError(
            f"{'No' if not numbers else 'More than one'} image series of the folder has this UID.",
            mend="Choose one by its number.",
        )
    return pick_series(summaries, numbers[0])


def _geometry(series: Series, *, is_damaged: bool) -> dict[str, Any]:
    """Return what a summary says of a series' geometry, and why it cannot be used."""
    if series.role not in BY_NUMBER_ONLY:
        return {}
    try:
        places = places_of(series.frames)
    except OrviewError as error:
        return {"unusable": error.message}
    first = places[0]
    heights = np.sort([float(place.position_mm @ first.normal) for place in places])
    row_mm, column_mm = first.spacing_mm
    apart_mm = float(np.median(np.diff(heights))) if len(heights) > 1 else first.thickness_mm
    unusable = ""
    try:
        stack_series(series)
    except OrviewError as error:
        unusable = error.message
    if is_damaged:
        # What is missing in the stack follows from it.
        unusable = damaged().message
    return {
        "spacing_mm": (column_mm, row_mm, apart_mm),
        "extent_mm": (first.columns * column_mm, first.rows * row_mm, float(heights[-1] - heights[0])),
        "thickness_mm": first.thickness_mm,
        "orientation": orientation_words(first.row_direction, first.column_direction),
        "unusable": unusable,
    }


def _joined(contents: FolderContents, summaries: list[SeriesSummary]) -> list[SeriesSummary]:
    """Mark series that lie in one stack: slices of one series under two UIDs, or one scan continued by another."""
    joins: dict[int, int] = {}
    for a, one in enumerate(contents.series):
        for b, other in enumerate(contents.series[:a]):
            if one.role is other.role is SeriesRole.IMAGE and _continues(one, other):
                joins[a], joins[b] = b + 1, a + 1
    return [replace(summary, joins=joins.get(n, 0)) for n, summary in enumerate(summaries)]


def _continues(one: Series, other: Series) -> bool:
    if one.headers[0].modality != other.headers[0].modality or len(one.frames) + len(other.frames) > MAX_JOINED:
        return False
    try:
        both: list[SlicePlace] = [*places_of(one.frames), *places_of(other.frames)]
        stack_slices([replace(place, number=None) for place in both])
    except OrviewError:
        return False
    return True


def _left_out(contents: FolderContents, number: int) -> list[Finding]:
    findings = []
    roles = Counter(
        one.role.value
        for n, one in enumerate(contents.series, start=1)
        if n != number and one.role not in (SeriesRole.IMAGE, SeriesRole.DERIVED)
    )
    if roles:
        listed = ", ".join(f"{count} {role}" for role, count in sorted(roles.items()))
        findings.append(
            Finding(
                code="SERIES_LEFT_OUT",
                severity=Severity.INFO,
                message=f"Other things in the folder were not used as the image: {listed}.",
            )
        )
    return findings


def _ignored(files: int) -> list[Finding]:
    if files <= 0:
        return []
    return [
        Finding(
            code="FILES_IGNORED",
            severity=Severity.INFO,
            message=f"{files} file{'s' if files > 1 else ''} in the folder {'hold' if files > 1 else 'holds'} no image "
            f"and {'were' if files > 1 else 'was'} left out.",
        )
    ]
