"""The desk of the patient: who it is, by two identifiers, and what is to be done where.

Identifiers are compared as proofs; who tries too often waits. The session is told which kinds match, never what was
given.
"""

import asyncio

from orview.edge.case_identity import CaseIdentities, KnownIdentity, PlannedProcedure
from orview.edge.host.keeper import Keeper
from orview.protocol.identifying import IdentifierKind
from orview.protocol.identity import IdentifierProof, Identify, Identity, Procedure, SetIdentity, SetProcedure
from orview.session.state import Role, State
from orview.session.vouching import FEWEST_IDENTIFIERS, Identified, identity_words, listed
from orview.units import NS_PER_S, ns_from_s

MOST_WRONG = 5
LOCKED_NS = ns_from_s(30.0)

_OTHER_CASE = "Another case is chosen now: look at it again."
_AGAIN = "Type or scan the identifiers again, from the wristband."


class PatientDesk:
    """The patient of the selected case.

    Args:
        keeper: the session.
        identities: proofs and procedures of the store.
    """

    def __init__(self, keeper: Keeper, identities: CaseIdentities) -> None:
        self._keeper, self._identities = keeper, identities
        self._known: KnownIdentity | None = None
        self._planned = PlannedProcedure()
        self._wrong = 0
        self._locked_until_ns = 0

    async def look_up(self) -> None:
        """Learn what the store knows of the selected case's patient.

        Raises:
            StoreError: the store cannot be read.
        """
        case = self._keeper.case
        if case is None:
            self._known, self._planned = None, PlannedProcedure()
            return
        known, planned = await asyncio.to_thread(self._learn, case.id)
        if self._keeper.case is case:
            self._known, self._planned = known, planned

    def _learn(self, case_id: str) -> tuple[KnownIdentity, PlannedProcedure]:
        return self._identities.known(case_id), self._identities.procedure(case_id)

    @property
    def planned(self) -> PlannedProcedure:
        """What is to be done with the selected case."""
        return PlannedProcedure() if self._of_selected is None else self._planned

    def identify(self, message: Identify, *, by: Role, now_ns: int) -> str:
        """Compare identifiers a person gave with the case's; returns why they are not taken, or nothing."""
        known = self._of_selected
        if known is None or message.case_id != known.case_id:
            return _OTHER_CASE
        if refusal := self._locked(now_ns) or _unfit(message.proofs):
            return refusal
        missing = [proof.kind for proof in message.proofs if proof.kind not in known.proofs]
        if missing:
            return f"This case has no {listed(tuple(kind.value for kind in missing))}: use another identifier."
        return self._compare(known, message.proofs, by=by, now_ns=now_ns)

    async def set_identity(self, message: SetIdentity, *, by: Role, now_ns: int) -> str:
        """Take what a person says of whose this case is; returns why not, or nothing.

        Raises:
            StoreError: the disk refuses.
        """
        known = self._of_selected
        if known is None or message.case_id != known.case_id:
            return _OTHER_CASE
        if len(known.recorded) >= FEWEST_IDENTIFIERS:
            return "The images of this case say whose they are: identify the patient by that."
        if self._keeper.session.state in (State.LIVE, State.LOST):
            return "Stop the session before identifying the patient anew."
        if refusal := self._locked(now_ns) or _unfit(message.proofs):
            return refusal
        told = tuple(proof for proof in message.proofs if proof.kind in known.recorded)
        if _mismatches(known, told):
            return self._compare(known, told, by=by, now_ns=now_ns)
        given = {proof.kind: frozenset(proof.any_of) for proof in message.proofs if proof.kind not in known.recorded}
        await asyncio.to_thread(self._identities.put, known.case_id, given)
        await self.look_up()
        # What was set is compared with nothing yet: a slip of the pen would confirm itself.
        return self._identified(known.case_id, (), _AGAIN, by=by, now_ns=now_ns)

    async def set_procedure(self, message: SetProcedure) -> str:
        """Take what is to be done; returns why not, or nothing.

        Raises:
            StoreError: the disk refuses.
        """
        known = self._of_selected
        if known is None or message.case_id != known.case_id:
            return _OTHER_CASE
        if self._keeper.session.state in (State.LIVE, State.LOST):
            return "Stop the session before changing side or procedure."
        planned = PlannedProcedure(side=message.side, procedure=message.procedure.strip())
        if not planned.procedure:
            return "Say what is to be done."
        await asyncio.to_thread(self._identities.put_procedure, known.case_id, planned)
        await self.look_up()
        return ""

    def identity(self, *, now_ns: int) -> Identity:
        """Return by what the patient can be identified, and by what that was done."""
        known, session = self._of_selected, self._keeper.session
        if known is None:
            words = "Choose a case first."
            return Identity(case_id=None, salt=None, kinds=(), matched=(), settable=False, locked=False, words=words)
        locked = self._locked(now_ns)
        return Identity(
            case_id=known.case_id,
            salt=known.salt,
            kinds=tuple(kind for kind in IdentifierKind if kind in known.proofs),
            matched=tuple(kind for kind in IdentifierKind if kind in session.identified_by),
            settable=len(known.recorded) < FEWEST_IDENTIFIERS,
            locked=bool(locked),
            words=self._words(known) if not locked else "Too many wrong tries: wait half a minute.",
        )

    def procedure(self) -> Procedure:
        """Return what is to be done."""
        return Procedure(side=self.planned.side, procedure=self.planned.procedure)

    def _words(self, known: KnownIdentity) -> str:
        session = self._keeper.session
        if not session.identified_by and not session.identity_fault and len(known.proofs) < FEWEST_IDENTIFIERS:
            return "The images of this case do not say whose they are: enter two identifiers of the patient."
        return identity_words(session.identified_by, session.identity_fault)

    @property
    def _of_selected(self) -> KnownIdentity | None:
        case = self._keeper.case
        return self._known if self._known is not None and case is not None and case.id == self._known.case_id else None

    def _compare(self, known: KnownIdentity, proofs: tuple[IdentifierProof, ...], *, by: Role, now_ns: int) -> str:
        wrong = _mismatches(known, proofs)
        if not wrong:
            self._wrong = 0
            kinds = tuple(proof.kind.value for proof in proofs)
            fault = _too_little(known, frozenset(proof.kind for proof in proofs))
            return self._identified(known.case_id, () if fault else kinds, fault, by=by, now_ns=now_ns) or fault
        given = listed(wrong)
        verb = "does" if len(wrong) == 1 else "do"
        fault = f"{given[0].upper()}{given[1:]} {verb} not match this case: is this the right patient?"
        refusal = self._identified(known.case_id, (), fault, by=by, now_ns=now_ns)
        if refusal:
            return refusal
        self._wrong += 1
        if self._wrong >= MOST_WRONG:
            self._wrong, self._locked_until_ns = 0, now_ns + LOCKED_NS
        return fault

    def _identified(self, case_id: str, kinds: tuple[str, ...], fault: str, *, by: Role, now_ns: int) -> str:
        event = Identified(by=by, case_id=case_id, kinds=kinds, fault=fault)
        return self._keeper.apply(event, now_ns=now_ns).refusal

    def _locked(self, at_ns: int) -> str:
        left_ns = self._locked_until_ns - at_ns
        if left_ns <= 0:
            return ""
        return f"Too many wrong tries: wait {-(-left_ns // NS_PER_S)} s and try again."


def _unfit(proofs: tuple[IdentifierProof, ...]) -> str:
    kinds = [proof.kind for proof in proofs]
    return "" if len(set(kinds)) == len(kinds) else "Give each identifier once."


def _mismatches(known: KnownIdentity, proofs: tuple[IdentifierProof, ...]) -> tuple[str, ...]:
    return tuple(proof.kind.value for proof in proofs if not known.proofs[proof.kind] & set(proof.any_of))


def _too_little(known: KnownIdentity, given: frozenset[IdentifierKind]) -> str:
    """Return what is to be given too, because another patient here has all of this as well; or nothing."""
    if not any(given <= shared for shared in known.shared):
        return ""
    alike = listed(tuple(kind.value for kind in IdentifierKind if kind in given))
    others = listed(tuple(kind.value for kind in IdentifierKind if kind in known.proofs and kind not in given))
    return f"Another patient here has the same {alike}: give the {others} too."
