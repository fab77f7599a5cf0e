"""Everybody is told the locked plan, else the newest, of the selected case and no other."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.edge.host.plan_desk import PlanDesk
from orview.model.case import Case
from orview.protocol.planning import NO_PLAN
from orview.session.checks import CheckNeed
from orview.session.staging import PlanLocked, StageChosen
from orview.session.state import Role, Session, Stopped
from tests.cases import BLOBS, a_case
from tests.plans import GLB, put_plan
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, T0


class Room:
    """A session and the desk of its plan."""

    def __init__(self, store: CaseStore) -> None:
        self.keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1)
        self.desk = PlanDesk(self.keeper, store)

    def select(self, case: Case) -> None:
        self.keeper.select(case, by=Role.NURSE, checks=CheckNeed(), now_ns=T0)
        self.look_up()

    def look_up(self) -> None:
        asyncio.run(self.desk.look_up())

    def do(self, event: object) -> str:
        return self.keeper.apply(event, now_ns=T0).refusal  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    return store


def test_a_case_without_a_plan_has_none(store: CaseStore) -> None:
    room = Room(store)
    assert room.desk.message() == NO_PLAN
    room.select(a_case())
    assert room.desk.message() == NO_PLAN
    assert room.keeper.session.staging.newest is None


def test_the_newest_version_is_told_until_one_is_locked_and_then_that_one(store: CaseStore) -> None:
    room, first = Room(store), put_plan(store, a_case())
    room.select(a_case())
    told = room.desk.message()
    assert (told.digest, told.locked) == (first.digest, False)
    assert told.model is not None
    assert (told.model.sha256, told.model.bytes) == (hashlib.sha256(GLB).hexdigest(), len(GLB))
    assert room.do(PlanLocked(by=Role.NURSE, plan=first.digest)) == ""
    assert room.desk.message().locked
    second = put_plan(store, a_case(), version=2)
    room.look_up()
    told = room.desk.message()
    assert (told.digest, told.newest_digest, told.newest_version) == (first.digest, second.digest, 2)
    assert room.do(PlanLocked(by=Role.NURSE, plan=second.digest)) == ""
    assert (room.desk.message().digest, room.desk.message().locked) == (second.digest, True)
    room.do(Stopped(by=Role.NURSE))
    assert (room.desk.message().digest, room.desk.message().locked) == (second.digest, False)


def test_after_a_restart_the_locked_version_is_told_although_there_is_a_newer_one(store: CaseStore) -> None:
    before, first = Room(store), put_plan(store, a_case())
    before.select(a_case())
    before.do(PlanLocked(by=Role.NURSE, plan=first.digest))
    before.do(StageChosen(by=Role.NURSE, plan=first.digest, stage=2))
    put_plan(store, a_case(), version=2)
    after = Room(store)
    after.keeper = Keeper(session=before.keeper.session, board_digest=BOARD_DIGEST, room_frame_id=1)
    after.keeper.adopt_case(a_case())
    after.desk = PlanDesk(after.keeper, store)
    after.look_up()
    assert (after.desk.message().digest, after.desk.message().locked) == (first.digest, True)
    assert after.keeper.session.staging.stage == 2


@pytest.mark.hazard("H17")
def test_between_the_choice_of_another_case_and_the_look_into_the_store_no_plan_is_told(store: CaseStore) -> None:
    room = Room(store)
    put_plan(store, a_case())
    room.select(a_case())
    other = a_case(case_id="ba9876543210")
    store.add(other, BLOBS)
    room.keeper.select(other, by=Role.NURSE, checks=CheckNeed(), now_ns=T0)
    assert room.desk.message() == NO_PLAN
    room.look_up()
    assert room.desk.message() == NO_PLAN
