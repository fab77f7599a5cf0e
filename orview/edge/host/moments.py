"""The moments of a session that its report is written from: when the overlay was confirmed, held, and ended.

A moment is what people were told just then, and what the expected errors rose to while the overlay was shown. It names
the patient no more than the case's own name does, and lies in the store alone.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from orview import __version__
from orview.edge.host.clock import now_ns
from orview.edge.host.keeper import Keeper
from orview.edge.host.store import KeptMoment
from orview.protocol.codec import PROTOCOL_VERSION, encode
from orview.protocol.messages import HostMessage
from orview.session.state import Confirmed, Decision, Event, Session, State, Stopped

TOLD = ("identity", "procedure", "time_out", "registration", "camera", "clients", "check_points", "plan")
"""Messages that are kept with a moment, beside the session."""
_SECRET = frozenset({"salt"})
_SHOWN = frozenset({State.LIVE, State.LOST})


class Moments:
    """Keeps the moments of a session.

    Args:
        keeper: the session.
        told: what everybody was told last of a type of message, None for nothing yet.
        keep: writes a moment down, without waiting for the disk.
        room_name: of the room.
        simulated: the room is made by a program.
    """

    def __init__(
        self,
        keeper: Keeper,
        *,
        told: Callable[[str], HostMessage | None],
        keep: Callable[[KeptMoment], None],
        room_name: str,
        simulated: bool,
    ) -> None:
        self._keeper = keeper
        self._told = told
        self._keep = keep
        self._room_name, self._simulated = room_name, simulated
        self._worst_mm: dict[str, float] = {}

    def take(self, before: Session, event: Event, decision: Decision) -> None:
        """An event happened to the session."""
        after = decision.session
        if after.case is None or before.state is after.state:
            return
        if isinstance(event, Stopped):
            self._note("END", after.case.case_id)
        elif isinstance(event, Confirmed) and after.state is State.LIVE:
            # What is shown from now on, not what was told up to a second ago.
            self._keeper.refresh_errors(now_ns=now_ns())
            self._worst_mm = {}
            self._note("LIVE", after.case.case_id)
        elif before.state in _SHOWN and after.state not in _SHOWN:
            self._note("HOLD", after.case.case_id)

    def watch(self) -> None:
        """Take the expected errors in as they are shown now; to be called about once a second."""
        if self._keeper.session.state is State.LIVE:
            for structure in self._keeper.session_message().structures:
                if (error_mm := structure.expected_error_mm) is not None:
                    self._worst_mm[structure.key] = max(error_mm, self._worst_mm.get(structure.key, 0.0))

    def _note(self, kind: str, case_id: str) -> None:
        verdict = self._keeper.verdict
        told = {name: self._told(name) for name in TOLD}
        document: dict[str, Any] = {
            "kind": kind,
            "orview": __version__,
            "protocol": PROTOCOL_VERSION,
            "room": self._room_name,
            "simulated": self._simulated,
            "session": _plain(self._keeper.session_message()),
            "verdict": None if verdict is None else verdict.to_document(),
            "told": {name: _plain(message) for name, message in told.items() if message is not None},
            "worst_mm": dict(self._worst_mm),
        }
        utc = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._keep(KeptMoment(utc=utc, case_id=case_id, document=document))


def _plain(message: HostMessage) -> Mapping[str, Any]:
    """Return a message as plain values, without what is a secret of the host."""
    return {name: value for name, value in json.loads(encode(message)).items() if name not in _SECRET}
