"""The messages about what happened: the newest lines of the log in words, notes of the nurse, and the report."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from orview.protocol.fields import RefusalCode, Sentence, ShortText, UtcTime
from orview.protocol.schema import Items, Text

ReportUrl: TypeAlias = Annotated[str, Text(64, 8, "/r/[0-9A-Za-z_]+[.][a-z]+")]

MOST_EVENTS = 60


class ReportState(StrEnum):
    """How far the report of the session that ended last is."""

    NONE = "none"
    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class NoteText:
    """Write a note into the session's file. It stays on the host, in the report, and out of every log."""

    TYPE: ClassVar[str] = "note"
    text: Annotated[str, Text(400, 1)]


@dataclass(frozen=True, kw_only=True)
class EventEntry:
    """Something that happened: when, by whose doing (a role, or `host`), its word in the log, and a sentence."""

    utc: UtcTime
    by: ShortText
    kind: RefusalCode
    words: Sentence


@dataclass(frozen=True, kw_only=True)
class Events:
    """The newest things that happened, oldest first."""

    TYPE: ClassVar[str] = "events"
    entries: Annotated[tuple[EventEntry, ...], Items(MOST_EVENTS)]


@dataclass(frozen=True, kw_only=True)
class SessionReport:
    """The report of the session that ended last: GET its files with the nurse's token, on the host's own machine."""

    TYPE: ClassVar[str] = "session_report"
    state: ReportState
    name: ShortText | None
    html: ReportUrl | None
    pdf: ReportUrl | None
    words: Sentence
