"""All that is on record of one session, read from the store in one go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from orview.edge.audit_log import AuditLog
from orview.edge.case_store import CaseStore
from orview.edge.host.store import CheckLogEntry, HostStore, KeptMoment, KeptNote
from orview.edge.report.sessions import LoggedSession, session_named, sessions_in, time_of
from orview.edge.specimen_checks import KIND as SPECIMEN
from orview.errors import StoreError
from orview.model.case import Case
from orview.plan.plan import Plan
from orview.session.audit import AuditVerdict

_NEVER = datetime.max.replace(tzinfo=UTC)
_ROUNDED = timedelta(seconds=1)
"""Some times are kept to the second only."""


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """What is on record.

    Attributes:
        session: as the log tells it.
        case: None where it was removed since.
        moments, checks, notes: of the case, while the session was on.
        plans: every version of the case's plan, oldest first.
        specimens: checks of the specimen (`edge.specimens`), made in the session or after it, oldest first.
        devices: what each device calls itself, by its id.
        log: whether the log is whole.
    """

    session: LoggedSession
    case: Case | None
    moments: tuple[KeptMoment, ...]
    checks: tuple[CheckLogEntry, ...]
    notes: tuple[KeptNote, ...]
    devices: dict[str, str]
    log: AuditVerdict
    plans: tuple[Plan, ...] = ()
    specimens: tuple[Mapping[str, Any], ...] = ()


def sessions_of(store: CaseStore) -> list[LoggedSession]:
    """Return the sessions a store has on record, oldest first.

    Raises:
        StoreError: the log cannot be read.
    """
    return sessions_in(AuditLog(store.folder).entries())


def record_of(store: CaseStore, name: str | None) -> SessionRecord:
    """Read what is on record of a session, the newest where no name is given.

    Raises:
        InputError: there is no such session.
        StoreError: the store cannot be read.
    """
    log, host_store = AuditLog(store.folder), HostStore(store)
    sessions = sessions_in(log.entries())
    session = session_named(name, sessions)
    later = [one.began_utc for one in sessions if one.began_utc > session.began_utc and one.case_id == session.case_id]

    def during(utc: str) -> bool:
        return session.began_utc - _ROUNDED <= time_of(utc) <= session.ended_utc + _ROUNDED

    try:
        case = store.case(session.case_id)
        plans = tuple(one.plan for one in store.stored_plans(session.case_id))
    except StoreError:
        case, plans = None, ()
    moments = host_store.moments(session.case_id)
    notes = (note for note in host_store.notes() if note.case_id == session.case_id)
    return SessionRecord(
        session=session,
        case=case,
        moments=tuple(one for one in moments if during(one.utc) and one.document["kind"] != SPECIMEN),
        plans=plans,
        # The specimen is looked at when the overlay is no longer needed: until the case has another session.
        specimens=tuple(
            one.document
            for one in moments
            if one.document["kind"] == SPECIMEN
            and session.began_utc - _ROUNDED <= time_of(one.utc) < min(later, default=_NEVER)
        ),
        checks=tuple(one for one in host_store.checks(session.case_id) if during(one.utc)),
        notes=tuple(one for one in notes if during(one.utc)),
        devices={device.device_id: device.name for device in host_store.devices()},
        log=log.verified(),
    )
