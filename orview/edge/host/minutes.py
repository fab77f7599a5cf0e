"""The minutes of the room: what people did and what became of the overlay, into the audit log, off the poses' road.

What identifies a patient is nowhere in them: cases are named by their ids, and of an event only the facts listed here
are written.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import fields

from orview.edge.audit_log import AuditLog, Note, noted_now
from orview.edge.host.clock import now_ns
from orview.errors import OrviewError
from orview.protocol.auditing import LogHead
from orview.session.audit import SHORT_LINK_DIGITS, AuditFact, AuditHead
from orview.session.staging import PlanFound, PlanLocked, StageChosen
from orview.session.state import CaseSelected, Decision, Event, Role, Session, Tick, TrackFresh, TrackLost
from orview.session.vouching import Identified, TimeOutTold, listed
from orview.units import NS_PER_S

HOST = "host"
OVERDUE_AFTER_NS = 2 * NS_PER_S
_WRITTEN = frozenset({"case_id", "landmark", "agrees", "part", "fault", "verdict", "item", "stage"})
"""Fields of events that say nothing of who the patient is."""

_OFTEN = (Tick, TrackFresh, TrackLost, TimeOutTold)
"""Events of every picture: worth an entry only where they change the state."""


class Minutes:
    """Writes entries in the order things happened, several at once where the disk is slow.

    Attributes:
        head: of the log, None until something was written.

    Args:
        log: where they go.
        tell: told the log's head whenever it is another.
        trouble: told when the disk refuses, in the same words once only; what could not be written is tried again.
        heard: told every note too.
    """

    def __init__(
        self,
        log: AuditLog,
        *,
        tell: Callable[[LogHead], object],
        trouble: Callable[[OrviewError], None],
        heard: Callable[[Note], object] = lambda note: None,
    ) -> None:
        self._log = log
        self._tell = tell
        self._trouble = trouble
        self._heard = heard
        self.head: AuditHead | None = None
        self._waiting: list[Note] = []
        self._waiting_since_ns = 0
        self._writing: asyncio.Task[None] | None = None
        self._refused = ""

    def take(self, before: Session, event: Event, decision: Decision) -> None:
        """Write down what an event did to the session, where that is more than time going by."""
        after = decision.session
        turned = before.state is not after.state
        lost = sorted(before.time_out.ticked_keys - after.time_out.ticked_keys)
        if lost and isinstance(event, TimeOutTold):
            self.note("TIME_OUT_CHANGED", by=HOST, facts={"items": ", ".join(lost)})
        if isinstance(event, _OFTEN) and not turned:
            return
        facts: dict[str, AuditFact] = {
            field.name: getattr(event, field.name) for field in fields(event) if field.name in _WRITTEN
        }
        if isinstance(event, Identified):
            facts |= {"kinds": listed(event.kinds)}
        if isinstance(event, CaseSelected):
            facts |= {"case_id": event.case.case_id, "case_digest": event.case.digest}
        if isinstance(event, PlanFound):
            facts |= {"version": 0 if event.plan is None else event.plan.version}
        if isinstance(event, PlanLocked | StageChosen):
            facts |= {"plan_digest": event.plan}
        if turned:
            facts |= {"from": before.state.value, "to": after.state.value, "why": after.why}
        if decision.refusal:
            facts |= {"refused": decision.refusal}
        by = getattr(event, "by", None)
        self.note(_kind_of(event), by=by.value if isinstance(by, Role) else HOST, facts=facts)

    def note(self, kind: str, *, by: str, facts: Mapping[str, AuditFact]) -> None:
        """Write down something else that was done."""
        if not self._waiting:
            self._waiting_since_ns = now_ns()
        self._waiting.append(noted_now(kind, by=by, facts=facts))
        self._heard(self._waiting[-1])
        self._write_soon()

    def keep_up(self) -> None:
        """Try again what the disk refused; to be called now and then."""
        if self._waiting:
            self._write_soon()

    @property
    def waiting(self) -> int:
        """Entries that are not on disk yet."""
        return len(self._waiting)

    @property
    def overdue(self) -> bool:
        """Whether entries wait for longer than a healthy disk takes."""
        return bool(self._waiting) and now_ns() - self._waiting_since_ns > OVERDUE_AFTER_NS

    async def written(self) -> None:
        """Wait until all is safely on disk, or was said not to be."""
        if self._writing is not None:
            await self._writing

    def _write_soon(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._waiting:
            batch = tuple(self._waiting)
            try:
                head = await asyncio.to_thread(self._log.write, batch)
            except OrviewError as error:
                before, self._refused = self._refused, str(error)
                if before != self._refused:
                    self._trouble(error)
                return
            self._refused = ""
            del self._waiting[: len(batch)]
            if head is not None:
                self.head = head
                self._tell(told_head(head))


def told_head(head: AuditHead) -> LogHead:
    """Return what clients are handed of a head."""
    return LogHead(sequence=head.sequence, link=head.link[:SHORT_LINK_DIGITS])


def _kind_of(event: Event) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).upper()
