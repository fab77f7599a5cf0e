"""The desk of drafts: hands on what consoles ask, in words refuses what cannot be now, tells what comes back."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from orview.edge.host.draft_desk import DraftDesk, StoredDraft
from orview.edge.host.jobs import DrawPlan, JobSpool, Outcome
from orview.edge.slots.latest_slot import LatestSlot
from orview.protocol.codec import decode_from_client, encode
from orview.protocol.drafting import NO_DRAFT, ClosePlan, DraftState, OpenPlan, SetMargin, StorePlan, TryPlane
from orview.protocol.limits import MAX_CLIENT_TEXT_BYTES
from orview.protocol.messages import Refused
from orview.session.state import Session, State
from tests.wire.messages import CLIENT_MESSAGES

TRY = CLIENT_MESSAGES["try_plane"]


class Link:
    """A client that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def tell(self, message: object) -> None:
        self.told.append(message)


class Keeper:
    """As much of a keeper as the desk asks."""

    def __init__(self) -> None:
        self.case: SimpleNamespace | None = SimpleNamespace(id="case1")
        self.session = Session()


class Drafting:
    """A desk with a case that is chosen."""

    def __init__(self, folder: Path) -> None:
        self.keeper = Keeper()
        self.spool = JobSpool(folder / "drawing")
        self.tries = LatestSlot.create(folder / "tries", MAX_CLIENT_TEXT_BYTES)
        self.woken = 0
        self.link = Link()
        self.desk = DraftDesk(self.keeper, self.spool, self.tries, self._wake)
        self.case_id = "case1"

    def _wake(self) -> None:
        self.woken += 1

    def ask(self, message: object) -> Refused | None:
        return self.desk.ask(self.link, message)

    def open(self) -> None:
        """Have a draft open."""
        assert self.ask(OpenPlan()) is None
        job_id, job = self.spool.take()
        self.spool.finish(Outcome(job_id=job_id, job=job, case_id=self.case_id))
        self.desk.take_draft(replace(NO_DRAFT, state=DraftState.READY, case_id=self.case_id))
        assert self.desk.take_outcomes() == []

    def answered(self, **fields: object) -> list[StoredDraft]:
        """Let the process that draws answer the oldest job."""
        job_id, job = self.spool.take()
        self.spool.finish(Outcome(job_id=job_id, job=job, case_id=self.case_id, **fields))
        return self.desk.take_outcomes()


@pytest.fixture
def drafting(tmp_path: Path) -> Drafting:
    return Drafting(tmp_path)


def test_opening_is_told_at_once_and_asked_for(drafting: Drafting) -> None:
    assert drafting.desk.message() == NO_DRAFT
    assert drafting.ask(OpenPlan()) is None
    told = drafting.desk.message()
    assert (told.state, told.case_id) == (DraftState.LOADING, drafting.case_id)
    assert drafting.desk.waits
    assert drafting.woken == 1
    ((_, job),) = drafting.spool.pending()
    assert job == DrawPlan(case_id=drafting.case_id, message=encode(OpenPlan()))


def test_changes_go_as_jobs_and_tries_by_the_slot(drafting: Drafting) -> None:
    drafting.open()
    for margin_mm in (8.0, 9.0):
        assert drafting.ask(SetMargin(margin_mm=margin_mm)) is None
    for number in (1, 2, 3):
        assert drafting.ask(replace(TRY, number=number)) is None
    jobs = [decode_from_client(job.message) for _, job in drafting.spool.pending()]
    assert jobs == [SetMargin(margin_mm=8.0), SetMargin(margin_mm=9.0)]
    newest = decode_from_client(drafting.tries.latest()[1].decode())
    assert isinstance(newest, TryPlane)
    assert newest.number == 3
    assert drafting.woken == 6


def test_nothing_is_drawn_that_is_not_open(drafting: Drafting) -> None:
    for message in (TRY, SetMargin(margin_mm=8.0), StorePlan()):
        refused = drafting.ask(message)
        assert refused is not None
        assert (refused.message, refused.about) == ("Nobody draws the plan of this case.", message.TYPE)
    assert drafting.spool.pending() == []


@pytest.mark.parametrize("state", [State.LIVE, State.LOST])
def test_nothing_is_drawn_while_the_overlay_is_on(drafting: Drafting, state: State) -> None:
    drafting.open()
    drafting.keeper.session = replace(drafting.keeper.session, state=state)
    for message in (OpenPlan(), TRY, SetMargin(margin_mm=8.0), StorePlan()):
        refused = drafting.ask(message)
        assert refused is not None
        assert refused.mend == "Stop first, then draw."
    assert drafting.desk.message().state is DraftState.READY
    assert drafting.ask(ClosePlan()) is None


def test_who_asked_hears_why_not_and_the_draft_stays(drafting: Drafting) -> None:
    drafting.open()
    drafting.ask(SetMargin(margin_mm=8.0))
    assert drafting.answered(failure="The margin asked for is 8 mm. Ask for more.") == []
    (refused,) = drafting.link.told
    assert isinstance(refused, Refused)
    assert (refused.message, refused.about) == ("The margin asked for is 8 mm. Ask for more.", "set_margin")
    assert drafting.desk.message().state is DraftState.READY
    assert not drafting.desk.waits


def test_a_case_that_cannot_be_opened_says_why(drafting: Drafting) -> None:
    drafting.ask(OpenPlan())
    drafting.answered(failure="The case has no tumour to plan for.")
    drafting.desk.take_draft(NO_DRAFT)
    assert drafting.desk.message().state is DraftState.CLOSED
    assert drafting.link.told[0].message == "The case has no tumour to plan for."


def test_what_was_stored_is_told(drafting: Drafting) -> None:
    drafting.open()
    drafting.ask(StorePlan())
    stored = drafting.answered(found=("ab" * 32, 4))
    assert stored == [StoredDraft(case_id=drafting.case_id, digest="ab" * 32, version=4)]
    assert drafting.link.told == []


def test_of_another_case_nothing_is_told(drafting: Drafting) -> None:
    drafting.desk.take_draft(replace(NO_DRAFT, state=DraftState.READY, case_id="another"))
    assert drafting.desk.message() == NO_DRAFT
    assert drafting.ask(SetMargin(margin_mm=8.0)) is not None


def test_without_a_case_there_is_nothing_to_draw(drafting: Drafting) -> None:
    drafting.keeper.case = None
    refused = drafting.ask(OpenPlan())
    assert refused is not None
    assert refused.message == "No case is chosen."
