"""What only a nurse can do, done by a program for demonstrations and tests: identify, accept, lock, tick.

No sockets and no clock: what the host says comes in, what the nurse says to it comes out.
"""

from collections.abc import Mapping
from types import MappingProxyType

from orview.protocol.binary import PictureMessage, PoseMessage
from orview.protocol.identifying import IdentifierKind, typed_proofs
from orview.protocol.identity import (
    IdentifierProof,
    Identify,
    Identity,
    OperatedSide,
    Procedure,
    SetIdentity,
    SetProcedure,
)
from orview.protocol.messages import ClientMessage, Message, OverlayState, Session
from orview.protocol.planning import LockPlan, Plan
from orview.protocol.registering import AcceptRegistration, Registration, RegistrationState
from orview.protocol.time_out import TickItem, TimeOutList

SYNTHETIC: Mapping[IdentifierKind, str] = MappingProxyType(
    {IdentifierKind.NAME: "Phantom, Synthetic", IdentifierKind.BIRTH_DATE: "1970-01-01"}
)
"""The identifiers given to a case whose images have none."""

_AGAIN_AFTER_S = 1.0


def waits_for_touch(session: Session) -> bool:
    """Whether a session is held and wants a check point, and nothing else but what is said about it."""
    missing = {condition.key for condition in session.conditions if not condition.ok}
    # A board that was bumped is ticked in the time-out after a check point agreed.
    wanted = "check_point" in missing and missing <= {"check_point", "time_out", "confirmed"}
    return session.state is OverlayState.HOLD and wanted


class NurseActs:
    """Knows what the host told, and what is to be said next.

    Args:
        case_id: of the case to vouch for.
        identifiers: as its wristband has them.
    """

    def __init__(self, case_id: str, identifiers: Mapping[IdentifierKind, str] = SYNTHETIC) -> None:
        self._case_id, self._identifiers = case_id, identifiers
        self._session: Session | None = None
        self._identity: Identity | None = None
        self._procedure: Procedure | None = None
        self._registration: Registration | None = None
        self._time_out: TimeOutList | None = None
        self._plan: Plan | None = None
        self._said_s: dict[ClientMessage, float] = {}

    def hear(self, message: Message | PoseMessage | PictureMessage) -> None:
        """Take what the host says."""
        match message:
            case Session():
                self._session = message
            case Identity():
                self._identity = message
            case Procedure():
                self._procedure = message
            case Registration():
                self._registration = message
            case TimeOutList():
                self._time_out = message
            case Plan():
                self._plan = message

    def due(self, *, now_s: float) -> list[ClientMessage]:
        """Return what is to be said now; what came of it is told, and it is said again where nothing did."""
        session = self._session
        if session is None or session.case_id != self._case_id or session.state is not OverlayState.HOLD:
            return []
        due = [act for act in self._missing() if now_s - self._said_s.get(act, -_AGAIN_AFTER_S) >= _AGAIN_AFTER_S]
        self._said_s |= dict.fromkeys(due, now_s)
        return due

    def _missing(self) -> list[ClientMessage]:
        identity = self._identity
        if identity is None or identity.case_id != self._case_id or identity.salt is None or self._time_out is None:
            return []
        acts: list[ClientMessage] = []
        if not identity.matched and not identity.locked:
            known = identity.kinds if len(identity.kinds) >= 2 else tuple(self._identifiers)
            proofs = tuple(
                IdentifierProof(kind=kind, any_of=typed_proofs(kind, self._identifiers[kind], salt=identity.salt))
                for kind in known
                if kind in self._identifiers
            )
            say = Identify if len(identity.kinds) >= 2 else SetIdentity
            acts.append(say(case_id=self._case_id, proofs=proofs))
        if self._procedure is None or self._procedure.side is None:
            side = OperatedSide.MIDLINE
            acts.append(SetProcedure(case_id=self._case_id, side=side, procedure="Resection of the sacrum"))
        match self._registration:
            case Registration(state=RegistrationState.ACCEPTED, digest=str(digest), accepted=False):
                acts.append(AcceptRegistration(digest=digest))
        match self._plan:
            case Plan(newest_digest=str(newest)) if not self._plan.locked or self._plan.digest != newest:
                acts.append(LockPlan(digest=newest))
        acts += [
            TickItem(key=item.key, fact=item.fact, on=True)
            for item in self._time_out.items
            if item.ready and not item.ticked
        ]
        return acts
