"""The messages about slices: the image beside the overlay, and what headsets look at, which the slices go through."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from orview.protocol.fields import CaseId, Count, DeviceId, Key, Point, Sha256
from orview.protocol.schema import Items, Text

SliceUrl: TypeAlias = Annotated[str, Text(67, 67, "/s/[0-9a-f]+")]


@dataclass(frozen=True, kw_only=True)
class SliceEntry:
    """The image of a case for looking at: GET `url` with the nurse's token; the body's SHA-256 must be `sha256`.

    It shows a patient: no client keeps it longer than the session, on a disk never.
    """

    case_id: CaseId
    sha256: Sha256
    bytes: Count
    url: SliceUrl


@dataclass(frozen=True, kw_only=True)
class Slices:
    """The image of the chosen case; null while no session is on and no plan is drawn, and for a case without one."""

    TYPE: ClassVar[str] = "slices"
    image: SliceEntry | None


@dataclass(frozen=True, kw_only=True)
class LookingAt:
    """What the wearer looks at while the overlay is shown, a few times a second; both null for nothing."""

    TYPE: ClassVar[str] = "looking_at"
    structure: Key | None
    point_patient_m: Point | None


@dataclass(frozen=True, kw_only=True)
class Gaze:
    """What one device said last that it looks at."""

    device_id: DeviceId
    structure: Key | None
    point_patient_m: Point


@dataclass(frozen=True, kw_only=True)
class Gazes:
    """What each headset looks at; those that look at nothing are left out."""

    TYPE: ClassVar[str] = "gazes"
    gazes: Annotated[tuple[Gaze, ...], Items(256)]
