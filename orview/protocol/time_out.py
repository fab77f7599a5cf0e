"""The messages of the time-out: what the team confirms aloud before the overlay is shown."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from orview.protocol.fields import EntryId, Key, Sentence
from orview.protocol.schema import Items


@dataclass(frozen=True, kw_only=True)
class TickItem:
    """A person ticks an item of the time-out, as it was read, or takes its tick back."""

    TYPE: ClassVar[str] = "tick"
    key: Key
    fact: EntryId
    on: bool


@dataclass(frozen=True, kw_only=True)
class TimeOutItem:
    """One item, with what the host knows of it."""

    key: Key
    words: Sentence
    fact: EntryId
    ready: bool
    ticked: bool


@dataclass(frozen=True, kw_only=True)
class TimeOutList:
    """The time-out of the chosen case as it stands; no items where no case is chosen."""

    TYPE: ClassVar[str] = "time_out"
    items: Annotated[tuple[TimeOutItem, ...], Items(16)]
