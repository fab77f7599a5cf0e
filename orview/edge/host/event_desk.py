"""The desk of events: the newest lines of the log in words for the nurse, and the notes she writes.

A note may speak of the patient. Its words stay in the store's own table and go into the report, and to nurses while
the session of its case is on; the log says that a note was written, and which.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from orview.edge.audit_log import AuditLog, Note
from orview.edge.host.keeper import Keeper
from orview.edge.host.store import HostStore, KeptNote
from orview.errors import OrviewError
from orview.protocol.events import MOST_EVENTS, EventEntry, Events
from orview.session.audit import AuditFact
from orview.session.happenings import NOTE_WRITTEN, words_of
from orview.session.state import State

LONGEST = 400


@dataclass(frozen=True, kw_only=True)
class _Line:
    """An entry as it is told, and the number of the note it is about."""

    entry: EventEntry
    note: int | None


class EventDesk:
    """What happened of late.

    Args:
        keeper: knows whose session is on.
        log: read once, for what happened before this process began.
        host_store: where notes are kept.
        name_of: what a device calls itself, by its id.
    """

    def __init__(self, keeper: Keeper, log: AuditLog, host_store: HostStore, *, name_of: Callable[[str], str]) -> None:
        self._keeper = keeper
        self._log = log
        self._host_store = host_store
        self._name_of = name_of
        self._lines: deque[_Line] = deque(maxlen=MOST_EVENTS)
        self._notes: dict[int, KeptNote] = {}

    async def begin(self) -> None:
        """Take up what the log holds; where it cannot be read, what happens from now on is told alone."""
        try:
            earlier = await asyncio.to_thread(self._log.newest, MOST_EVENTS)
            self._notes |= {note.number: note for note in await asyncio.to_thread(self._host_store.notes)}
        except OrviewError:
            return
        newer = list(self._lines)
        known = {(line.entry.utc, line.entry.kind) for line in newer}
        self._lines.clear()
        self._lines.extend(
            self._line(entry.utc, entry.kind, entry.by, entry.facts)
            for entry in earlier
            if (entry.utc, entry.kind) not in known
        )
        self._lines.extend(newer)

    def take(self, note: Note) -> None:
        """Something was noted in the log."""
        self._lines.append(self._line(note.utc, note.kind, note.by, note.facts))

    async def write_note(self, words: str, *, case_id: str) -> int:
        """Keep a note of the nurse; returns its number, for the log.

        Raises:
            StoreError: the disk refuses.
        """
        utc = datetime.now(UTC).isoformat(timespec="milliseconds")
        note = await asyncio.to_thread(self._host_store.put_note, utc, case_id, words)
        self._notes[note.number] = note
        return note.number

    def message(self) -> Events:
        """Return what is told of it: a note's words only while the session of its case is on."""
        on = self._keeper.session.state is not State.OFF
        case_id = self._keeper.case.id if on and self._keeper.case is not None else None
        return Events(entries=tuple(self._told(line, case_id) for line in self._lines))

    def _told(self, line: _Line, case_id: str | None) -> EventEntry:
        note = self._notes.get(line.note) if line.note is not None else None
        if note is None or note.case_id != case_id:
            return line.entry
        return EventEntry(utc=line.entry.utc, by=line.entry.by, kind=line.entry.kind, words=note.words)

    def _line(self, utc: str, kind: str, by: str, facts: Mapping[str, AuditFact]) -> _Line:
        device, number = facts.get("device"), facts.get("note")
        words = words_of(kind, facts, device=self._name_of(device) if isinstance(device, str) else "")
        entry = EventEntry(utc=utc, by=by, kind=kind, words=words[:LONGEST])
        return _Line(entry=entry, note=number if kind == NOTE_WRITTEN and isinstance(number, int) else None)
