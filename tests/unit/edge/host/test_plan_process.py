"""The plan process loads nothing before somebody draws, does things in order, and survives what it died of."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.jobs import MAX_TRIES, DrawPlan, JobSpool
from orview.edge.host.plan_process import Drawer
from orview.edge.slots.latest_slot import LatestSlot
from orview.protocol.codec import decode_from_host, encode
from orview.protocol.drafting import (
    ClosePlan,
    DraftState,
    OpenPlan,
    PlanDraft,
    PlaneTried,
    SetMargin,
    SetPlane,
    TryPlane,
    UndoPlan,
)
from tests.bony import stored_case
from tests.solids import ball, box
from tests.unit.edge.host.test_drawing import at


def test_it_loads_nothing_heavy_before_somebody_draws() -> None:
    heavy = ("cv2", "numba", "open3d", "SimpleITK", "websockets")
    script = f"import sys, orview.edge.host.plan_process; print(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


class Desk:
    """The other side of the process: what the stream process has of it."""

    def __init__(self, folder: Path) -> None:
        self.run = RunFolder(folder / "run")
        self.run.path.mkdir()
        for path, capacity in self.run.slots().items():
            LatestSlot.create(path, capacity).close()
        self.store = CaseStore.open(folder / "store")
        self.case = stored_case(self.store, {"tumour": ball(15.0, steps=20), "sacrum": box((100.0, 60.0, 110.0))})
        self.config = HostConfig(
            store=folder / "store", camera="0", profile=folder, board="patient_flat", room_name="Room", announce=False
        )
        self.spool = JobSpool(self.run.drawing)
        self.tries = LatestSlot.attach(self.run.try_slot)

    def drawer(self) -> Drawer:
        return Drawer(self.config, self.run)

    def ask(self, *asked: object, case_id: str | None = None) -> None:
        for message in asked:
            self.spool.submit(DrawPlan(case_id=case_id or self.case.id, message=encode(message)))

    def draft(self) -> PlanDraft:
        newest = LatestSlot.attach(self.run.draft_slot).latest()
        assert newest is not None
        draft = decode_from_host(newest[1].decode())
        assert isinstance(draft, PlanDraft)
        return draft

    def tried(self) -> PlaneTried | None:
        newest = LatestSlot.attach(self.run.tried_slot).latest()
        if newest is None:
            return None
        tried = decode_from_host(newest[1].decode())
        assert isinstance(tried, PlaneTried)
        return tried

    def failures(self) -> list[str]:
        return [outcome.failure for outcome in self.spool.outcomes()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def everything(drawer: Drawer) -> None:
    while drawer.do_next():
        pass


def test_a_draft_is_opened_changed_and_let_go(desk: Desk) -> None:
    drawer = desk.drawer()
    assert not drawer.do_next()
    desk.ask(OpenPlan(), SetMargin(margin_mm=8.0), SetPlane(plane=at(30.0)), UndoPlan())
    everything(drawer)
    draft = desk.draft()
    assert (draft.state, draft.case_id, draft.margin_mm, draft.planes) == (DraftState.READY, desk.case.id, 8.0, ())
    assert draft.can_redo
    desk.ask(ClosePlan())
    everything(drawer)
    assert desk.draft().state is DraftState.CLOSED
    assert list(desk.run.drafts.iterdir()) == []
    assert desk.failures() == [""] * 5
    desk.ask(SetMargin(margin_mm=9.0))
    everything(drawer)
    assert desk.failures() == ["Nobody draws the plan of this case. Open the plan first."]


def test_only_the_newest_plane_is_tried(desk: Desk) -> None:
    drawer = desk.drawer()
    desk.ask(OpenPlan())
    everything(drawer)
    for number, height_mm in ((1, 20.0), (2, 25.0), (3, 30.0)):
        desk.tries.publish(encode(TryPlane(number=number, plane=at(height_mm))).encode())
    everything(drawer)
    tried = desk.tried()
    assert tried is not None
    assert (tried.number, tried.facts.least_mm) == (3, pytest.approx(15.0, abs=0.1))
    assert not drawer.do_next()


def test_nothing_is_tried_while_nothing_is_drawn(desk: Desk) -> None:
    drawer = desk.drawer()
    desk.tries.publish(encode(TryPlane(number=1, plane=at(30.0))).encode())
    assert not drawer.do_next()
    assert desk.tried() is None


def test_what_cannot_be_is_answered_in_words_and_changes_nothing(desk: Desk) -> None:
    drawer = desk.drawer()
    desk.ask(OpenPlan(), SetPlane(plane=replace(at(30.0), along=(0.0, 0.0, 1.0))))
    everything(drawer)
    opened, refused = desk.failures()
    assert opened == ""
    assert "does not lie in it" in refused
    assert desk.draft().state is DraftState.READY


@pytest.mark.hazard("H22")
def test_who_takes_its_place_goes_on_where_it_was(desk: Desk) -> None:
    drawer = desk.drawer()
    desk.ask(OpenPlan(), SetMargin(margin_mm=8.0))
    everything(drawer)
    before = desk.draft()
    again = desk.drawer()
    # It asks itself to open the draft, and what was asked meanwhile comes first.
    everything(again)
    assert desk.draft() == before
    desk.tries.publish(encode(TryPlane(number=4, plane=at(30.0))).encode())
    everything(again)
    tried = desk.tried()
    assert tried is not None
    assert tried.number == 4


def test_a_change_that_kills_is_given_up_and_the_draft_stays(desk: Desk) -> None:
    drawer = desk.drawer()
    desk.ask(OpenPlan(), SetMargin(margin_mm=8.0))
    everything(drawer)
    assert desk.failures() == ["", ""]
    desk.ask(SetMargin(margin_mm=9.0))
    for _ in range(MAX_TRIES):
        assert desk.spool.take() is not None
    everything(desk.drawer())
    given_up, opened = desk.failures()
    assert "stopped unexpectedly, twice" in given_up
    assert opened == ""
    assert desk.draft().margin_mm == 8.0


def test_a_case_without_a_tumour_cannot_be_drawn_on(desk: Desk) -> None:
    drawer = desk.drawer()
    desk.spool.submit(DrawPlan(case_id="0" * 12, message=encode(OpenPlan())))
    everything(drawer)
    assert "There is no case" in desk.failures()[0]
    assert desk.draft().state is DraftState.CLOSED


def test_a_file_that_holds_no_draft_is_no_hindrance(desk: Desk) -> None:
    desk.run.drafts.mkdir()
    (desk.run.drafts / f"{desk.case.id}.json").write_text(json.dumps({"now": 1}), encoding="utf-8")
    desk.ask(OpenPlan())
    everything(desk.drawer())
    assert (desk.draft().state, desk.draft().changed) == (DraftState.READY, False)


def test_a_draft_waits_while_another_case_is_drawn_on(desk: Desk) -> None:
    drawer, other = desk.drawer(), replace(desk.case, id="ba9876543210")
    desk.store.add_twin(other, of=desk.case.id)
    desk.ask(OpenPlan(), SetMargin(margin_mm=8.0))
    desk.ask(OpenPlan(), SetMargin(margin_mm=9.0), case_id=other.id)
    everything(drawer)
    assert (desk.draft().case_id, desk.draft().margin_mm) == (other.id, 9.0)
    desk.ask(OpenPlan())
    everything(drawer)
    assert (desk.draft().case_id, desk.draft().margin_mm, desk.draft().changed) == (desk.case.id, 8.0, True)


def test_a_draft_that_was_left_open_can_be_let_go(desk: Desk) -> None:
    desk.ask(OpenPlan(), SetMargin(margin_mm=8.0))
    everything(desk.drawer())
    desk.ask(ClosePlan())
    everything(desk.drawer())
    # It does not go on with what was let go meanwhile.
    assert desk.draft().state is DraftState.CLOSED
    assert desk.spool.pending() == []
