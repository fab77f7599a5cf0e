"""The messages about a tracked pointer: the nurse asks for a touch, the room camera sees the tip rest there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from orview.protocol.fields import Name, Sentence


class TipState(StrEnum):
    """What the pointer's tip does."""

    ABSENT = "absent"
    AWAY = "away"
    UNSEEN = "unseen"
    LIFT = "lift"
    MOVING = "moving"
    STILL = "still"
    TAKEN = "taken"


@dataclass(frozen=True, kw_only=True)
class TouchCheckPoint:
    """A person is about to touch a check point with the pointer: the next rest of its tip is that touch."""

    TYPE: ClassVar[str] = "touch_check_point"
    landmark: Name


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
