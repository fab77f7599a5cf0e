"""The desk of cases: which there are, which one is chosen, its check points, and its registration with the board.

Reads of the store happen in threads, so what follows them reads the clock anew. What changes here changes in the
keeper; telling it is the room's.
"""

import asyncio
import contextlib

from orview.edge.case_store import CaseStore
from orview.edge.host.check_desk import CheckDesk, need_of
from orview.edge.host.clock import now_ns
from orview.edge.host.jobs import JobSpool, Outcome, RegisterCase, RegisterTouched
from orview.edge.host.keeper import Keeper, case_entry
from orview.edge.host.patient_desk import PatientDesk
from orview.edge.host.register_desk import RegisterDesk
from orview.errors import OrviewError
from orview.protocol import messages
from orview.register.verdict import Verdict
from orview.session.state import Role

MOST_LISTED = 500


class CaseDesk:
    """The cases of the store, and the selected one.

    Args:
        keeper: the session.
        store: the cases.
        spool: where registrations are asked for.
        patient: whose the selected case is.
        checks: the check points of the selected case.
        registering: its landmarks that are touched.
        board: name or file of the patient's board, for jobs; `board_digest` its digest.
    """

    def __init__(
        self,
        keeper: Keeper,
        store: CaseStore,
        spool: JobSpool,
        patient: PatientDesk,
        checks: CheckDesk,
        registering: RegisterDesk,
        *,
        board: str,
        board_digest: str,
    ) -> None:
        self._keeper = keeper
        self._store = store
        self._spool = spool
        self._patient = patient
        self._checks = checks
        self._registering = registering
        self._board = board
        self._board_digest = board_digest
        self._verdict_text: str | None = None

    async def select(self, case_id: str, *, by: Role) -> str:
        """A person chose a case; returns why not, or nothing.

        Raises:
            OrviewError: the case or its check points cannot be read.
        """
        case = await asyncio.to_thread(self._store.case, case_id)
        plan = await asyncio.to_thread(self._store.check_plan, case_id)
        landmarks = await asyncio.to_thread(self._store.landmarks, case_id)
        decision = self._keeper.select(case, by=by, checks=need_of(plan), now_ns=now_ns())
        if not decision.refusal:
            self._checks.take_plan(case, plan, now_ns=now_ns())
            self._registering.take_landmarks(case, landmarks)
            await self._patient.look_up()
            await self.look_up_registration()
        return decision.refusal

    async def look_up_case(self) -> None:
        """Take patient, check points and landmarks of the selected case as the store has them.

        What it cannot read stays as it was.
        """
        case = self._keeper.case
        if case is not None:
            with contextlib.suppress(OrviewError):
                await self._patient.look_up()
            with contextlib.suppress(OrviewError):
                plan = await asyncio.to_thread(self._store.check_plan, case.id)
                self._checks.take_plan(case, plan, now_ns=now_ns())
            with contextlib.suppress(OrviewError):
                self._registering.take_landmarks(case, await asyncio.to_thread(self._store.landmarks, case.id))

    async def look_up_registration(self) -> None:
        """Take the stored verdict of the selected case, or have the case registered."""
        case = self._keeper.case
        if case is None:
            return
        self._verdict_text = None
        if not await self.take_stored_verdict():
            self._spool.submit(RegisterCase(case_id=case.id, board=self._board))
            self._keeper.take_no_verdict(case.id, "The case is being registered with the board.", now_ns=now_ns())

    async def take_stored_verdict(self) -> bool:
        """Take the stored verdict of the selected case unless it is the one in use; returns whether there is one."""
        case = self._keeper.case
        if case is None:
            return False
        try:
            text = await asyncio.to_thread(self._store.registration, case.id, self._board_digest)
            verdict = None if text is None else Verdict.from_json(text)
        except OrviewError:
            return False
        if verdict is None:
            return False
        if text != self._verdict_text:
            self._verdict_text = text
            self._keeper.take_verdict(case.id, verdict, now_ns=now_ns())
        return True

    async def take(self, outcome: Outcome) -> None:
        """Take what came of a registration of the selected case; other outcomes are passed over."""
        case = self._keeper.case
        touched = isinstance(outcome.job, RegisterTouched)
        if not (touched or isinstance(outcome.job, RegisterCase)):
            return
        if touched:
            self._registering.take_outcome(outcome)
        if case is None or outcome.case_id != case.id:
            return
        if not outcome.failure:
            await self.take_stored_verdict()
        elif not touched:
            self._keeper.take_no_verdict(case.id, outcome.failure, now_ns=now_ns())

    async def message(self) -> messages.Cases:
        """Return which cases there are.

        Raises:
            OrviewError: the store cannot be read.
        """
        return messages.Cases(cases=await asyncio.to_thread(self._entries))

    def _entries(self) -> tuple[messages.CaseEntry, ...]:
        return tuple(
            case_entry(
                case,
                verdict_json=self._store.registration(case.id, self._board_digest),
                picture=self._store.thumbnail(case.id),
            )
            for case in self._store.cases()[:MOST_LISTED]
        )
