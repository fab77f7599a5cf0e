"""The messages about preparing cases from the host's inbox. The nurse alone sends and gets them.

No name of a file or folder is in any of them: people name those after patients.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import (
    CaseId,
    Count,
    Day,
    EntryId,
    Fraction,
    Megabytes,
    ModelUrl,
    Name,
    Sentence,
    ShortText,
    UtcTime,
)
from orview.protocol.schema import Items


class EntryKind(StrEnum):
    """What lies in the inbox."""

    FOLDER = "folder"
    ARCHIVE = "archive"
    FILE = "file"


class PreparingState(StrEnum):
    """How far the preparing of a case is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """Make a case from an entry of the inbox. A series is named only where there are several to choose from."""

    TYPE: ClassVar[str] = "prepare"
    entry: EntryId
    series: Count | None
    name: Name | None


@dataclass(frozen=True, kw_only=True)
class StopPreparing:
    """Stop making the case that is being made; nothing of it stays."""

    TYPE: ClassVar[str] = "stop_preparing"


@dataclass(frozen=True, kw_only=True)
class InboxSeries:
    """One DICOM series that a case may be made from; its words are cleaned of everything that could name a person."""

    number: Count
    modality: ShortText
    description: ShortText
    acquired: Day | None
    slices: Count
    spacing_mm: ShortText


@dataclass(frozen=True, kw_only=True)
class InboxEntry:
    """One folder, archive or file in the inbox. `problem` says why no case can be made of it, empty where one can."""

    entry: EntryId
    kind: EntryKind
    arrived_utc: UtcTime
    megabytes: Megabytes
    series: Annotated[tuple[InboxSeries, ...], Items(20)]
    problem: Sentence


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """What lies in the host's inbox, newest first, and where that folder is on the host."""

    TYPE: ClassVar[str] = "inbox"
    folder: Sentence
    entries: Annotated[tuple[InboxEntry, ...], Items(50)]


@dataclass(frozen=True, kw_only=True)
class Preparing:
    """How far the case is that is being made, at most four times a second; `words` says why none came of it."""

    TYPE: ClassVar[str] = "preparing"
    entry: EntryId
    state: PreparingState
    stage: ShortText
    fraction: Fraction
    case_id: CaseId | None
    words: Sentence
    picture: ModelUrl | None
