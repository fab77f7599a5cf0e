"""What a host remembers of itself between runs: its id, devices let in, the last session, check points, notes.

Lives in tables of its own in the case store's file, with the same durability: what was
acknowledged survives a power cut.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from orview.edge.case_store import CaseStore
from orview.protocol.messages import Role
from orview.protocol.pairing import Device

_HOST_ID = "host_id"
_SESSION = "session"
_TOUCHES = "touches"
_VIEW = "view"
_WHEEL = "wheel"
_SEEN = "seen"
_CAMERA = "camera"


@dataclass(frozen=True, kw_only=True)
class CheckLogEntry:
    """One touched check point: when (ISO 8601, UTC), of which case, by which role, and what came of it."""

    utc: str
    case_id: str
    landmark: str
    role: str
    misfit_mm: float
    expected_mm: float
    word: str


@dataclass(frozen=True, kw_only=True)
class KeptNote:
    """A note of a nurse about a case: its number, when (ISO 8601, UTC), of which case, and what she wrote."""

    number: int
    utc: str
    case_id: str
    words: str


@dataclass(frozen=True, kw_only=True)
class KeptMoment:
    """A moment of a session: when (ISO 8601, UTC), of which case, and how all stood then (`host.moments`)."""

    utc: str
    case_id: str
    document: Mapping[str, Any]


class HostStore:
    """The host's own tables. Safe to use from several threads: every call opens its own connection."""

    def __init__(self, store: CaseStore) -> None:
        self._file = store.file

    def host_id(self) -> str:
        """Return this host's random id, made at the first call."""
        with self._file.connection() as connection:
            connection.execute("INSERT OR IGNORE INTO host VALUES (?, ?)", (_HOST_ID, secrets.token_hex(8)))
            return str(connection.execute("SELECT value FROM host WHERE key = ?", (_HOST_ID,)).fetchone()[0])

    def devices(self) -> list[Device]:
        """Return every device that was let in, revoked ones too."""
        with self._file.connection() as connection:
            rows = connection.execute("SELECT * FROM devices ORDER BY device_id").fetchall()
        return [
            Device(
                device_id=device_id,
                name=name,
                role=Role(role),
                room_name=room_name,
                token_digest=token_digest,
                revoked=bool(revoked),
            )
            for device_id, name, role, room_name, token_digest, revoked in rows
        ]

    def put_device(self, device: Device) -> None:
        """Remember a device, or what became of it."""
        with self._file.connection() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?)",
                (
                    device.device_id,
                    device.name,
                    device.role.value,
                    device.room_name,
                    device.token_digest,
                    int(device.revoked),
                ),
            )

    def session_record(self) -> str | None:
        """Return the record of the last session (`session.record`), None before the first."""
        return self._value(_SESSION)

    def put_session_record(self, record: str) -> None:
        """Remember the session's record."""
        self._put_value(_SESSION, record)

    def touches(self) -> str | None:
        """Return the record of the touches that are to register a case, None before the first."""
        return self._value(_TOUCHES)

    def put_touches(self, record: str) -> None:
        """Remember the touches that are to register a case."""
        self._put_value(_TOUCHES, record)

    def view(self) -> str | None:
        """Return the record of the view everybody shares (`ViewDesk.record`), None before the first."""
        return self._value(_VIEW)

    def put_view(self, record: str) -> None:
        """Remember the view."""
        self._put_value(_VIEW, record)

    def wheel(self) -> str | None:
        """Return the record of who holds the wheel (`WheelDesk.record`), None before the first."""
        return self._value(_WHEEL)

    def put_wheel(self, record: str) -> None:
        """Remember who holds the wheel."""
        self._put_value(_WHEEL, record)

    def camera(self) -> str | None:
        """Return the record of the camera a nurse chose (`camera_choice`), None before the first."""
        return self._value(_CAMERA)

    def put_camera(self, record: str) -> None:
        """Remember the camera a nurse chose."""
        self._put_value(_CAMERA, record)

    def seen(self) -> str | None:
        """Return the record of when devices were last in (`Reception`), None before the first."""
        return self._value(_SEEN)

    def put_seen(self, record: str) -> None:
        """Remember when devices were last in."""
        self._put_value(_SEEN, record)

    def _value(self, key: str) -> str | None:
        with self._file.connection() as connection:
            row = connection.execute("SELECT value FROM host WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _put_value(self, key: str, value: str) -> None:
        with self._file.connection() as connection:
            connection.execute("INSERT OR REPLACE INTO host VALUES (?, ?)", (key, value))

    def put_note(self, utc: str, case_id: str, words: str) -> KeptNote:
        """Keep a note about a case.

        Raises:
            StoreError: the disk refuses, or there is no such case.
        """
        with self._file.connection() as connection:
            written = connection.execute("INSERT INTO notes VALUES (?, ?, ?)", (utc, case_id, words))
            return KeptNote(number=int(written.lastrowid or 0), utc=utc, case_id=case_id, words=words)

    def notes(self) -> list[KeptNote]:
        """Return every note, oldest first."""
        with self._file.connection() as connection:
            rows = connection.execute("SELECT rowid, utc, case_id, words FROM notes ORDER BY rowid").fetchall()
        return [KeptNote(number=number, utc=utc, case_id=case_id, words=words) for number, utc, case_id, words in rows]

    def put_moment(self, moment: KeptMoment) -> None:
        """Keep a moment of a session.

        Raises:
            StoreError: the disk refuses, or there is no such case.
        """
        with self._file.connection() as connection:
            row = (moment.utc, moment.case_id, json.dumps(moment.document))
            connection.execute("INSERT INTO moments VALUES (?, ?, ?)", row)

    def moments(self, case_id: str) -> list[KeptMoment]:
        """Return every moment of a case's sessions, oldest first."""
        with self._file.connection() as connection:
            rows = connection.execute("SELECT * FROM moments WHERE case_id = ? ORDER BY rowid", (case_id,)).fetchall()
        return [KeptMoment(utc=utc, case_id=case_id, document=json.loads(text)) for utc, case_id, text in rows]

    def log_check(self, entry: CheckLogEntry) -> None:
        """Write down a touched check point."""
        with self._file.connection() as connection:
            connection.execute("INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(entry))

    def checks(self, case_id: str) -> list[CheckLogEntry]:
        """Return every touch of a case's check points, oldest first."""
        with self._file.connection() as connection:
            rows = connection.execute("SELECT * FROM checks WHERE case_id = ? ORDER BY rowid", (case_id,)).fetchall()
        return [CheckLogEntry(**dict(zip(CheckLogEntry.__dataclass_fields__, row, strict=True))) for row in rows]
