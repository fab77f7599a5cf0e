"""The messages about a tracked pointer: the nurse asks for a touch, the room camera sees the tip rest there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import Count, Millimetres, Name, Sentence
from orview.protocol.schema import Items


class TipState(StrEnum):
    """What the pointer's tip does."""

    ABSENT = "absent"
    AWAY = "away"
    UNSEEN = "unseen"
    LIFT = "lift"
    MOVING = "moving"
    STILL = "still"
    TAKEN = "taken"


class RegisteringState(StrEnum):
    """How far a registration by touch is."""

    IDLE = "idle"
    TOUCHING = "touching"
    WORKING = "working"


@dataclass(frozen=True, kw_only=True)
class TouchCheckPoint:
    """A person is about to touch a check point with the pointer: the next rest of its tip is that touch."""

    TYPE: ClassVar[str] = "touch_check_point"
    landmark: Name


@dataclass(frozen=True, kw_only=True)
class TouchLandmarks:
    """Begin to register the chosen case by touch: its landmarks are asked for one after the other."""

    TYPE: ClassVar[str] = "touch_landmarks"


@dataclass(frozen=True, kw_only=True)
class TouchAgain:
    """Ask for one landmark again, or before its turn; then for those that are left."""

    TYPE: ClassVar[str] = "touch_again"
    landmark: Name


@dataclass(frozen=True, kw_only=True)
class RegisterTouched:
    """Register the chosen case by the landmarks touched so far."""

    TYPE: ClassVar[str] = "register_touched"


@dataclass(frozen=True, kw_only=True)
class StopTouching:
    """The pointer is not waited for any longer."""

    TYPE: ClassVar[str] = "stop_touching"


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """What the pointer's tip does, what to do with it, and which landmark it is waited for at."""

    TYPE: ClassVar[str] = "pointer"
    tip: TipState
    words: Sentence
    landmark: Name | None


@dataclass(frozen=True, kw_only=True)
class LandmarkEntry:
    """One landmark of the chosen case, and whether it was touched."""

    name: Name
    touched: bool


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """The landmarks by which the chosen case can be registered, in the order of touching, and how far that is."""

    TYPE: ClassVar[str] = "landmarks"
    state: RegisteringState
    landmarks: Annotated[tuple[LandmarkEntry, ...], Items(32)]
    fewest: Count
    expected_error_mm: Millimetres | None
    words: Sentence
