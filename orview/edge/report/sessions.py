"""The sessions of a room as its log tells them: from the opening of one to its end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from orview.errors import InputError
from orview.session.audit import AuditEntry
from orview.session.state import State


@dataclass(frozen=True, kw_only=True)
class LoggedSession:
    """One session.

    Attributes:
        name: of its report, from the time it began and the number of its first entry.
        case_id: of the case it was about last; empty where the log does not tell.
        before: entries since the host started that say who was in already, oldest first.
        entries: from its beginning to its end, or to the log's.
        ended: whether the end is among them.
    """

    name: str
    case_id: str
    before: tuple[AuditEntry, ...]
    entries: tuple[AuditEntry, ...]
    ended: bool

    @property
    def began_utc(self) -> datetime:
        """When it was opened."""
        return time_of(self.entries[0].utc)

    @property
    def ended_utc(self) -> datetime:
        """When it was ended, or of its newest entry."""
        return time_of(self.entries[-1].utc)


def time_of(utc: str) -> datetime:
    """Return a time of the log."""
    return datetime.fromisoformat(utc).astimezone(UTC)


def sessions_in(entries: Iterable[AuditEntry]) -> list[LoggedSession]:
    """Return the sessions of a log, oldest first."""
    found: list[LoggedSession] = []
    case_id = ""
    before: list[AuditEntry] = []
    current: list[AuditEntry] = []
    for entry in entries:
        opens = entry.kind == "STARTED" and entry.facts.get("from") == State.OFF.value
        lost = entry.kind == "HOST_STARTED" and entry.facts.get("state") == State.OFF.value
        if current and (opens or lost):
            # A host that could not take its session up again has none on, whatever was on before.
            found.append(_session(case_id, before, current, ended=False))
            current = []
        if entry.kind == "HOST_STARTED":
            # Who was in is out: their sockets ended with the process.
            before = []
        if entry.kind == "CASE_SELECTED" and "refused" not in entry.facts:
            case_id = str(entry.facts.get("case_id", ""))
        if opens:
            current = [entry]
        elif current:
            current.append(entry)
            if entry.kind == "STOPPED" and entry.facts.get("to") == State.OFF.value:
                found.append(_session(case_id, before, current, ended=True))
                before, current = [*before, *current], []
        if not current and entry.kind in ("DEVICE_JOINED", "DEVICE_PUT_OUT"):
            before.append(entry)
    if current:
        found.append(_session(case_id, before, current, ended=False))
    return found


def session_named(name: str | None, sessions: Sequence[LoggedSession]) -> LoggedSession:
    """Return a session by its name, the newest where no name is given.

    Raises:
        InputError: there is none.
    """
    if not sessions:
        raise InputError("No session is on record yet.", mend="Hold one: orview serve")
    if name is None:
        return sessions[-1]
    for session in sessions:
        if session.name == name:
            return session
    raise InputError(f"There is no session {name[:60]}.", mend="List the sessions with: orview report --list")


def _session(
    case_id: str, before: Sequence[AuditEntry], entries: Sequence[AuditEntry], *, ended: bool
) -> LoggedSession:
    began = time_of(entries[0].utc)
    return LoggedSession(
        name=f"{began:%Y%m%dT%H%M%SZ}_{entries[0].sequence}",
        case_id=case_id,
        before=tuple(entry for entry in before if entry.kind in ("DEVICE_JOINED", "DEVICE_PUT_OUT")),
        entries=tuple(entries),
        ended=ended,
    )
