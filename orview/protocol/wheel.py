"""The messages about who holds the wheel: of several nurse's consoles only one changes anything, the others watch."""

from dataclasses import dataclass
from typing import ClassVar

from orview.protocol.fields import Name


@dataclass(frozen=True, kw_only=True)
class TakeWheel:
    """Take the wheel, whoever holds it: that is written to the log, and told to both."""

    TYPE: ClassVar[str] = "take_wheel"


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """Which console holds the wheel. Where nobody does, the next that changes something takes it."""

    TYPE: ClassVar[str] = "wheel"
    holder_name: Name | None
    yours: bool
