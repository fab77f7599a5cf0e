"""Which of several image series a case is built on: described for a person, chosen by one stated rule or not at all.

The rule (hazard H14): localizers, captures, projections and reformats are left out. Of the others, all of one patient
and one study, CT goes before other modalities, original before derived, axial before other slices. A series is chosen
when its slices are no further apart than those of any other left, it covers as much as any other, and it beats each of
them in one of the two. Between equals, two kernels or two phases say, nothing is chosen.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from orview.errors import InputError, RefusedError
from orview.findings import Finding, Severity

CLEARLY_THINNER = 0.9
"""Slices this much closer together than another series' are the better ones; above it they are equal."""

CLEARLY_LONGER = 1.2
COVERS = 0.95
"""A series with this part of another's extent covers the same."""

LONGEST_LIST = 6
"""Series told in one sentence; a person reads no more."""

BLOCKS = 0.5
"""An unusable series with this part of the best one's extent may be the one meant, unless the best one would have been
taken before it anyway: a person has to say."""


class SeriesRole(StrEnum):
    """What a series is good for."""

    IMAGE = "image"
    DERIVED = "derived"
    REFORMAT = "reformat"
    LOCALIZER = "localizer"
    CAPTURE = "capture"
    SEGMENTATION = "segmentation"
    STRUCTURES = "structures"
    OTHER = "other"

    @property
    def is_outlines(self) -> bool:
        """Outlines drawn on an image."""
        return self in (SeriesRole.SEGMENTATION, SeriesRole.STRUCTURES)


CANDIDATES = (SeriesRole.IMAGE, SeriesRole.DERIVED)
BY_NUMBER_ONLY = (*CANDIDATES, SeriesRole.REFORMAT)
"""What may be read when somebody names it."""


@dataclass(frozen=True, kw_only=True)
class SeriesSummary:
    """One series of a folder, in words that cannot name a person.

    Attributes:
        number: 1, 2, ... in the folder; what a person chooses by.
        role: what it is good for.
        patient, study: 1, 2, ... : which series belong to one person and one study.
        modality: DICOM modality, or empty.
        description: cleaned series description.
        kernel: cleaned reconstruction kernel, or empty.
        acquired: day of the acquisition, None where unknown.
        age_days: from then until today, None where either is unknown.
        slices: number of slices.
        spacing_mm: distance of voxel centres along i, j, k; None where slices do not say.
        extent_mm: size along i, j, k; zeros where slices do not say.
        thickness_mm: stated thickness, 0 where unknown.
        orientation: "axial", "coronal", "sagittal", "oblique" or empty.
        joins: number of another series that together with this one makes one even stack, 0 for none.
        unusable: why no volume can be made of it, or empty.
    """

    number: int
    role: SeriesRole
    patient: int = 1
    study: int = 1
    modality: str
    description: str = ""
    kernel: str = ""
    acquired: date | None = None
    age_days: int | None = None
    slices: int
    spacing_mm: tuple[float, float, float] | None = None
    extent_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    thickness_mm: float = 0.0
    orientation: str = ""
    joins: int = 0
    unusable: str = ""

    @property
    def words(self) -> str:
        """The series in one line, for lists and refusals."""
        what = f"{self.number}: {self.slices} slice{'s' if self.slices != 1 else ''} of {self.modality or 'an image'}"
        parts = [f"{what} '{self.description or 'no description'}'"]
        if self.role not in CANDIDATES:
            parts.append(self.role.value)
        if self.orientation:
            parts.append(self.orientation)
        if self.spacing_mm:
            parts.append(f"every {self.spacing_mm[2]:.3g} mm")
        if self.kernel:
            parts.append(f"kernel {self.kernel}")
        if self.acquired:
            parts.append(self.acquired.isoformat())
        if self.unusable:
            parts.append("cannot be used")
        return ", ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for the border between processes and for `--json`."""
        return asdict(self) | {"role": self.role.value, "acquired": self.acquired and self.acquired.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "SeriesSummary":
        """Rebuild a summary written by `to_json`.

        Raises:
            KeyError, TypeError, ValueError: the data are none.
        """
        i, j, k = (float(mm) for mm in data["spacing_mm"] or (0.0, 0.0, 0.0))
        x, y, z = (float(mm) for mm in data["extent_mm"])
        read = {
            "role": SeriesRole(data["role"]),
            "acquired": date.fromisoformat(data["acquired"]) if data["acquired"] else None,
            "spacing_mm": (i, j, k) if data["spacing_mm"] else None,
            "extent_mm": (x, y, z),
        }
        return cls(**data | read)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The series chosen, by its number, and what is to be said about it."""

    number: int
    findings: tuple[Finding, ...] = ()


def choose_series(series: Sequence[SeriesSummary]) -> Choice:
    """Choose the one series that is best by the rule of this module.

    Raises:
        InputError: there is no image, or nothing decides between several.
    """
    candidates = [one for one in series if one.role in CANDIDATES]
    if not candidates:
        raise InputError(
            "There is no DICOM image in this folder that a model can be made of: " + _listed(series) + ".",
            mend="Give the folder that holds the original slices of the CT.",
        )
    if len(candidates) == 1:
        return Choice(number=candidates[0].number, findings=_derived(candidates[0]))
    if len({(one.patient, one.study) for one in candidates}) > 1:
        raise _undecided(candidates, "they are not of one patient and one study")
    left = _preferred([one for one in candidates if not one.unusable])
    best = [one for one in left if all(_beats(one, other) for other in left if other is not one)]
    if not best:
        raise _undecided(candidates, "none is clearly the best" if left else "none of them can be used")
    chosen = best[0]
    if chosen.joins:
        raise _undecided(candidates, f"numbers {chosen.number} and {chosen.joins} lie in one stack")
    long = [one for one in candidates if one.unusable and one.extent_mm[2] >= BLOCKS * chosen.extent_mm[2]]
    doubt = [one for one in long if not _beats(chosen, one)]
    if doubt:
        raise _undecided(candidates, f"number {doubt[0].number} cannot be used: {doubt[0].unusable}")
    return Choice(
        number=chosen.number,
        findings=(
            Finding(
                code="SERIES_CHOSEN",
                severity=Severity.WARNING,
                message=f"Of {len(candidates)} image series the thinnest that covers the most was taken: "
                f"{chosen.words}. Others: {_listed([one for one in candidates if one is not chosen])}.",
            ),
            *_derived(chosen),
        ),
    )


def pick_series(series: Sequence[SeriesSummary], number: int) -> Choice:
    """Take the series somebody named.

    Raises:
        InputError: there is none of that number.
        RefusedError: no volume can be made of it.
    """
    for one in series:
        if one.number == number:
            break
    else:
        raise InputError(f"There is no series {number}: {_listed(series)}.", mend="Choose one of these.")
    if one.role not in BY_NUMBER_ONLY:
        raise RefusedError(f"Series {number} is no image a model can be made of ({one.role.value}).")
    return Choice(number=number, findings=_derived(one))


def _preferred(candidates: list[SeriesSummary]) -> list[SeriesSummary]:
    """Keep CT, original and axial series, in this order of weight, as far as there are any."""
    for keep in (
        lambda one: one.modality == "CT",
        lambda one: one.role is SeriesRole.IMAGE,
        lambda one: one.orientation == "axial",
    ):
        candidates = [one for one in candidates if keep(one)] or candidates
    return candidates


def _beats(one: SeriesSummary, other: SeriesSummary) -> bool:
    if not one.spacing_mm or not other.spacing_mm:
        return False
    covers = all(mine >= COVERS * theirs for mine, theirs in zip(one.extent_mm, other.extent_mm, strict=True))
    thinner = one.spacing_mm[2] <= CLEARLY_THINNER * other.spacing_mm[2]
    as_thin = one.spacing_mm[2] * CLEARLY_THINNER <= other.spacing_mm[2]
    return covers and (thinner or (as_thin and one.extent_mm[2] >= CLEARLY_LONGER * other.extent_mm[2]))


def _derived(one: SeriesSummary) -> tuple[Finding, ...]:
    if one.role is SeriesRole.IMAGE:
        return ()
    return (
        Finding(
            code="SERIES_DERIVED",
            severity=Severity.WARNING,
            message="The slices were computed from others (derived), not taken as the scanner made them.",
        ),
    )


def _listed(series: Sequence[SeriesSummary]) -> str:
    words = [one.words for one in series[:LONGEST_LIST]]
    if len(series) > LONGEST_LIST:
        words.append(f"and {len(series) - LONGEST_LIST} more")
    return "; ".join(words)


def _undecided(candidates: list[SeriesSummary], why: str) -> InputError:
    return InputError(
        f"The folder holds {len(candidates)} series, and {why}: {_listed(candidates)}.",
        mend="Say which with --series NUMBER.",
    )
