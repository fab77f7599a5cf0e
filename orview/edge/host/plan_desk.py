"""The desk of the plan: which version the selected case has, which one is locked, and what everybody is told of it."""

import asyncio
from dataclasses import dataclass

from orview.edge.case_store import CaseStore, StoredPlan
from orview.edge.host.clock import now_ns
from orview.edge.host.keeper import Keeper
from orview.edge.host.plan_news import facts_of_plan, plan_message
from orview.errors import OrviewError
from orview.model.case import Case
from orview.protocol.planning import NO_PLAN, Plan, PlanModel
from orview.session.staging import PlanFacts, PlanFound


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shelved:
    """One version of a plan, what the session knows of it, and where its model is to be had.

    A plan's digest is made anew each time it is asked for; here it is in the facts.
    """

    stored: StoredPlan
    facts: PlanFacts
    model: PlanModel | None


class PlanDesk:
    """The plan of the selected case.

    Args:
        keeper: the session.
        store: of the cases.
    """

    def __init__(self, keeper: Keeper, store: CaseStore) -> None:
        self._keeper = keeper
        self._store = store
        self._case: Case | None = None
        self._newest: _Shelved | None = None
        self._locked: _Shelved | None = None
        self._made: tuple[tuple[object, ...], Plan] = ((), NO_PLAN)

    async def look_up(self) -> None:
        """Take the newest version of the selected case's plan, and the one that is locked, as the store has them.

        What cannot be read is as if it were not there: without a plan nobody is shown one.
        """
        case = self._keeper.case
        newest = locked = None
        if case is not None:
            newest, locked = await asyncio.to_thread(self._read, case, self._keeper.session.staging.locked_digest)
        if self._keeper.case is not case:
            # Another case was chosen while the disk was read: whoever chose it looks up its own.
            return
        self._case, self._newest = case, newest
        self._locked = locked or self._locked
        if case is not None:
            facts = None if newest is None else newest.facts
            if facts != self._keeper.session.staging.newest:
                self._keeper.apply(PlanFound(case_id=case.id, plan=facts), now_ns=now_ns())

    def message(self) -> Plan:
        """Return the plan as it stands: the locked one, else the newest."""
        case, staging = self._keeper.case, self._keeper.session.staging
        if case is None or case is not self._case or self._newest is None:
            return NO_PLAN
        if self._newest.facts == staging.locked:
            self._locked = self._newest
        shelved = self._newest if staging.locked is None else self._locked
        if shelved is None or staging.locked not in (None, shelved.facts):
            return NO_PLAN
        verdict = self._keeper.verdict
        error_mm = None if verdict is None else verdict.expected_error_at_target_mm
        made_of = (case, shelved, self._newest, staging.locked is not None, error_mm)
        if self._made[0] != made_of:
            told = plan_message(
                case,
                shelved.stored,
                newest=self._newest.stored.plan,
                locked=staging.locked is not None,
                expected_error_mm=error_mm,
                model=shelved.model,
            )
            self._made = (made_of, told)
        return self._made[1]

    def _read(self, case: Case, locked: str | None) -> tuple[_Shelved | None, _Shelved | None]:
        newest = self._shelved(case, None)
        if locked is None or (newest is not None and newest.facts.digest == locked):
            return newest, None
        return newest, self._shelved(case, locked)

    def _shelved(self, case: Case, digest: str | None) -> _Shelved | None:
        try:
            stored = self._store.stored_plan(case.id, digest=digest)
        except OrviewError:
            return None
        if stored is None or stored.plan.case_digest != case.digest:
            return None
        return _Shelved(stored=stored, facts=facts_of_plan(stored.plan), model=self._model(stored.model))

    def _model(self, sha256: str | None) -> PlanModel | None:
        if sha256 is None:
            return None
        try:
            size = self._store.blob_path(sha256).stat().st_size
        except OSError:
            return None
        return PlanModel(sha256=sha256, bytes=size, url=f"/m/{sha256}")
