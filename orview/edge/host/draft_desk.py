"""The desk of drafts: hands what consoles ask of a plan's draft to the process that draws, and tells what it answers.

Runs in the stream process and knows no geometry. Changes go as jobs, in their order; planes that are tried go through a
slot, so that only the newest is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from orview.edge.host.client_link import ClientLink
from orview.edge.host.jobs import DrawPlan, JobSpool, Outcome
from orview.edge.host.keeper import Keeper
from orview.edge.host.prepare_desk import one_line
from orview.edge.slots.latest_slot import LatestSlot
from orview.protocol.codec import decode_from_client, encode
from orview.protocol.drafting import NO_DRAFT, ClosePlan, DraftAsk, DraftState, OpenPlan, PlanDraft, TryPlane
from orview.protocol.messages import Refused
from orview.session.state import State

_NEVER_WHILE = frozenset({State.LIVE, State.LOST})
LOADING_WORDS = "Reading the structures of the case."


@dataclass(frozen=True, kw_only=True)
class StoredDraft:
    """A draft became a version of the plan of a case."""

    case_id: str
    digest: str
    version: int


class DraftDesk:
    """What is drawn, and who asked for it.

    Args:
        keeper: the session.
        spool: where changes are asked for.
        tries: slot of planes that are tried.
        wake: wakes the process that draws.
    """

    def __init__(self, keeper: Keeper, spool: JobSpool, tries: LatestSlot, wake: Callable[[], object]) -> None:
        self._keeper = keeper
        self._spool = spool
        self._tries = tries
        self._wake = wake
        self._told = NO_DRAFT
        self._askers: dict[str, ClientLink] = {}

    @property
    def waits(self) -> bool:
        """Whether something was asked that is not answered yet."""
        return bool(self._askers)

    @property
    def drawn(self) -> bool:
        """Whether there is a draft of the selected case."""
        return self.message().state is not DraftState.CLOSED

    def message(self) -> PlanDraft:
        """Return what is told of the draft: nothing, while another case is chosen."""
        case = self._keeper.case
        return self._told if case is not None and self._told.case_id == case.id else NO_DRAFT

    def ask(self, link: ClientLink, message: DraftAsk) -> Refused | None:
        """Have something done to the draft; returns why not."""
        case, drawn = self._keeper.case, self.message()
        if case is None:
            return _refused(message, "No case is chosen.", "Choose the case whose plan is to be drawn.")
        if self._keeper.session.state in _NEVER_WHILE and not isinstance(message, ClosePlan):
            return _refused(message, "Plans are not drawn while the overlay is on.", "Stop first, then draw.")
        if drawn.state is DraftState.CLOSED and not isinstance(message, OpenPlan):
            return _refused(message, "Nobody draws the plan of this case.", "Open the plan first.")
        if isinstance(message, TryPlane):
            self._tries.publish(encode(message).encode())
        else:
            if isinstance(message, OpenPlan) and drawn.state is DraftState.CLOSED:
                self._told = replace(NO_DRAFT, state=DraftState.LOADING, words=LOADING_WORDS, case_id=case.id)
            self._askers[self._spool.submit(DrawPlan(case_id=case.id, message=encode(message)))] = link
        self._wake()
        return None

    def take_draft(self, draft: PlanDraft) -> None:
        """Take how the draft stands."""
        self._told = draft

    def take_outcomes(self) -> list[StoredDraft]:
        """Tell whoever asked what could not be done, and return what was stored."""
        stored = []
        for outcome in self._spool.outcomes():
            assert isinstance(outcome.job, DrawPlan)
            asker = self._askers.pop(outcome.job_id, None)
            if outcome.failure:
                self._take_failure(outcome, outcome.job, asker)
            elif outcome.found:
                digest, version = outcome.found
                stored.append(StoredDraft(case_id=outcome.case_id, digest=str(digest), version=int(version)))
        return stored

    def _take_failure(self, outcome: Outcome, job: DrawPlan, asker: ClientLink | None) -> None:
        about = _type_of(job.message)
        if about == OpenPlan.TYPE:
            self._told = replace(NO_DRAFT, words=one_line(outcome.failure))
        if asker is not None:
            asker.tell(Refused(code="NOT_NOW", message=one_line(outcome.failure), mend="", about=about))


def _type_of(text: str) -> str:
    """Return the type of a message as it stands on the wire."""
    return decode_from_client(text).TYPE


def _refused(message: DraftAsk, why: str, mend: str) -> Refused:
    return Refused(code="NOT_NOW", message=why, mend=mend, about=message.TYPE)
