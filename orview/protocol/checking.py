"""The messages about check points: a landmark is touched, and how far off the overlay was there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import Count, Millimetres, Name, Nanoseconds, Point, Sentence
from orview.protocol.roles import Role
from orview.protocol.schema import Items, Number


class CheckWord(StrEnum):
    """What a touched check point says of the overlay."""

    AGREES = "agrees"
    AGAIN = "again"
    DISAGREES = "disagrees"
    TOO_COARSE = "too_coarse"


@dataclass(frozen=True, kw_only=True)
class CheckPoint:
    """A person holds a tip on a check point of the patient, now: where it is in the room, and how sure that is."""

    TYPE: ClassVar[str] = "check_point"
    landmark: Name
    room_frame_id: Count
    touched_room_m: Point
    sigma_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class PatientMoved:
    """The patient or the table was moved: what was checked before is void, and a session that is LIVE is held."""

    TYPE: ClassVar[str] = "patient_moved"


@dataclass(frozen=True, kw_only=True)
class CheckEntry:
    """What came of the newest touch of a landmark."""

    misfit_mm: Millimetres
    expected_mm: Millimetres
    word: CheckWord
    words: Sentence
    by: Role
    at_ns: Nanoseconds


@dataclass(frozen=True, kw_only=True)
class CheckLandmark:
    """One landmark that may be touched, and what came of it since the last doubt."""

    name: Name
    position_patient_m: Point
    touched: CheckEntry | None


@dataclass(frozen=True, kw_only=True)
class CheckPoints:
    """The check points of the chosen case; `due_ns` is when the next touch is due, null where one is due now."""

    TYPE: ClassVar[str] = "check_points"
    landmarks: Annotated[tuple[CheckLandmark, ...], Items(16)]
    due_ns: Nanoseconds | None
    max_age_min: Annotated[float, Number(0.0, 1440.0)]
