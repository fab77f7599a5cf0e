"""The desk of the pointer: one touch is asked for, one rest is taken for it, and what came of it is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.host.jobs import JobSpool
from orview.edge.host.pointer_desk import PATIENCE_NS, SILENT_AFTER_NS, PointerDesk, Touched
from orview.edge.host.register_desk import RegisterDesk
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import PointerOrders, parse_status
from orview.edge.slots.tip_record import TipRecord
from orview.protocol.touching import TipState, TouchAgain, TouchCheckPoint, TouchLandmarks
from orview.register.check_points import CheckWord
from orview.session.state import BoardsMoved, Role, State, Stopped
from orview.track.tip_sight import Rest
from orview.track.tip_sight import TipState as Seen
from tests.integration.small_room import BOARD, BOARD_FROM_PATIENT, CHECK_POINT, CHECK_POINT_MM
from tests.unit.edge.host.test_check_desk import Table
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, MS, T0
from tests.unit.edge.host.test_register_desk import LANDMARKS, PLACES_BOARD_MM

ASK = TouchCheckPoint(landmark=CHECK_POINT)
PLACE_BOARD_MM = BOARD_FROM_PATIENT.apply(CHECK_POINT_MM)


class Pointing:
    """A table with a pointer, and the tracker's part played by the test."""

    def __init__(self, folder: Path) -> None:
        self.table = Table(folder)
        self.slot = LatestSlot.create(folder / "orders.slot", 1024)
        self.spool = JobSpool(folder / "jobs")
        self.registering = RegisterDesk(self.table.keeper, self.spool, board=BOARD, board_digest=BOARD_DIGEST, run=1)
        self.desk = self.anew(self.slot)
        self.now_ns = T0 + MS

    def anew(self, slot: LatestSlot | None) -> PointerDesk:
        """Return the desk as a process that is started makes it."""
        return PointerDesk(self.table.keeper, self.table.desk, self.registering, slot)

    @property
    def orders(self) -> PointerOrders:
        newest = self.slot.latest()
        assert newest is not None
        return parse_status(newest[1], PointerOrders)

    def ask(self) -> str:
        refusal = self.desk.ask(ASK, by=Role.NURSE, now_ns=self.now_ns)
        return "" if refusal is None else refusal.message

    def see(
        self,
        state: Seen,
        *,
        off_mm: tuple[float, float, float] | None = None,
        order: int | None = None,
        place_board_mm: NDArray[np.float64] = PLACE_BOARD_MM,
        patient_seen: bool = True,
        doubted: bool = False,
        advice: str = "",
    ) -> Touched | None:
        """Let the tracker say what the tip does; `off_mm` is how far from a place it has rested just now."""
        self.now_ns += MS
        rest = None
        if off_mm is not None:
            rest = Rest(
                taken_ns=self.now_ns,
                position_board_mm=place_board_mm + np.array(off_mm),
                covariance_mm2=0.3**2 * np.eye(3),
                pictures=20,
                scatter_mm=0.1,
            )
        record = TipRecord(
            order=self.orders.number if order is None else order,
            taken_ns=self.now_ns,
            state=state,
            patient_seen=patient_seen,
            doubted=doubted,
            position_board_mm=None,
            covariance_mm2=None,
            rest=rest,
            advice=advice,
        )
        return self.desk.take(record, now_ns=self.now_ns)


@pytest.fixture
def pointing(tmp_path: Path) -> Pointing:
    return Pointing(tmp_path)


def test_nobody_looks_for_a_pointer_until_a_touch_is_asked_for(pointing: Pointing) -> None:
    assert not pointing.orders.wanted
    assert pointing.desk.message().tip is TipState.AWAY
    assert pointing.ask() == ""
    assert pointing.orders == PointerOrders(number=1, wanted=True)
    told = pointing.desk.message()
    assert (told.tip, told.landmark) == (TipState.UNSEEN, CHECK_POINT)
    pointing.desk.stop()
    assert pointing.orders == PointerOrders(number=1, wanted=False)


@pytest.mark.hazard("H10")
def test_a_rest_at_the_check_point_opens_the_way_to_live(pointing: Pointing) -> None:
    table = pointing.table
    table.keeper.apply(BoardsMoved(words="One of the two boards was bumped."), now_ns=pointing.now_ns)
    assert "bumped" in table.confirm()
    pointing.ask()
    for seen, words in (
        (Seen.LIFT, "Lift the tip"),
        (Seen.MOVING, f"Rest the tip on {CHECK_POINT}"),
        (Seen.STILL, f"Stay on {CHECK_POINT}."),
    ):
        assert pointing.see(seen) is None
        told = pointing.desk.message()
        assert told.tip.value == seen.value
        assert words in told.words
    touched = pointing.see(Seen.TAKEN, off_mm=(0.6, 0.0, 0.3))
    assert touched is not None
    assert (touched.check.word, touched.by) == (CheckWord.AGREES, Role.NURSE)
    entry = table.entry()
    assert entry is not None
    assert entry.misfit_mm == pytest.approx(np.hypot(0.6, 0.3), abs=1e-6)
    # Registration, landmark, tip and hand, three degrees of freedom at 95 %, in the direction it was off.
    told = pointing.desk.message()
    assert (told.tip, told.landmark, told.words) == (TipState.TAKEN, None, touched.check.words)
    assert not pointing.orders.wanted
    assert table.confirm() == ""
    assert table.keeper.session.state is State.LIVE


@pytest.mark.hazard("H10")
def test_a_rest_far_off_ends_live(pointing: Pointing) -> None:
    table = pointing.table
    pointing.ask()
    pointing.see(Seen.TAKEN, off_mm=(0.0, 0.0, 0.0))
    table.confirm()
    pointing.now_ns += 3 * MS
    pointing.ask()
    touched = pointing.see(Seen.TAKEN, off_mm=(0.0, 8.0, 0.0))
    assert touched is not None
    assert touched.check.word is CheckWord.DISAGREES
    assert table.keeper.session.state is State.HOLD
    assert table.keeper.session.why.startswith(f"{CHECK_POINT}: 8.0 mm off where")


def test_a_doubtful_touch_is_asked_for_again_and_each_rest_counts_once(pointing: Pointing) -> None:
    pointing.ask()
    touched = pointing.see(Seen.TAKEN, off_mm=(0.0, 3.2, 0.0))
    assert touched is not None
    assert touched.check.word is CheckWord.AGAIN
    assert pointing.orders.wanted
    assert "touch it again. Lift the tip, then rest it on" in pointing.desk.message().words
    record = TipRecord(
        order=1,
        taken_ns=pointing.now_ns + MS,
        state=Seen.MOVING,
        patient_seen=True,
        doubted=False,
        position_board_mm=None,
        covariance_mm2=None,
        rest=Rest(
            taken_ns=pointing.now_ns,
            position_board_mm=PLACE_BOARD_MM,
            covariance_mm2=np.eye(3),
            pictures=20,
            scatter_mm=0.1,
        ),
    )
    assert pointing.desk.take(record, now_ns=pointing.now_ns + MS) is None
    touched = pointing.see(Seen.TAKEN, off_mm=(0.0, 0.3, 0.0))
    assert touched is not None
    assert touched.check.word is CheckWord.AGREES


def test_a_rest_of_an_earlier_order_is_no_touch(pointing: Pointing) -> None:
    pointing.ask()
    pointing.ask()
    assert pointing.see(Seen.TAKEN, off_mm=(0.0, 0.0, 0.0), order=1) is None
    assert pointing.table.entry() is None
    pointing.desk.stop()
    assert pointing.see(Seen.TAKEN, off_mm=(0.0, 0.0, 0.0)) is None


def test_what_cannot_be_touched_is_refused_in_words(pointing: Pointing) -> None:
    keeper, without = pointing.table.keeper, pointing.anew(None)
    refusal = without.ask(ASK, by=Role.NURSE, now_ns=T0)
    assert refusal is not None
    assert "without a pointer" in refusal.message
    assert without.message().tip is TipState.ABSENT
    refusal = pointing.desk.ask(replace(ASK, landmark="Elsewhere"), by=Role.NURSE, now_ns=T0)
    assert refusal is not None
    assert "no check point" in refusal.message
    keeper.take_no_verdict(pointing.table.case.id, "Being registered.", now_ns=pointing.now_ns)
    assert "not registered" in pointing.ask()
    keeper.apply(Stopped(by=Role.NURSE), now_ns=pointing.now_ns)
    assert "no session" in pointing.ask()


def test_nobody_is_waited_for_after_the_end_or_for_too_long(pointing: Pointing) -> None:
    pointing.ask()
    pointing.see(Seen.MOVING)
    pointing.desk.keep_up(now_ns=pointing.now_ns + SILENT_AFTER_NS + MS)
    assert pointing.desk.message().tip is TipState.UNSEEN
    pointing.desk.keep_up(now_ns=pointing.now_ns + PATIENCE_NS + MS)
    assert not pointing.orders.wanted
    assert pointing.desk.message().words == f"Nobody touched {CHECK_POINT}: ask again."
    pointing.ask()
    pointing.table.keeper.apply(Stopped(by=Role.NURSE), now_ns=pointing.now_ns)
    pointing.desk.keep_up(now_ns=pointing.now_ns)
    assert not pointing.orders.wanted


def test_a_process_that_is_started_anew_waits_for_nothing_and_counts_on(pointing: Pointing) -> None:
    pointing.ask()
    again = pointing.anew(pointing.slot)
    assert pointing.orders == PointerOrders(number=1, wanted=False)
    assert again.ask(ASK, by=Role.NURSE, now_ns=pointing.now_ns) is None
    assert pointing.orders.number == 2


def test_landmarks_are_asked_for_one_after_the_other_and_each_rest_is_one(pointing: Pointing) -> None:
    refusal = pointing.desk.ask(TouchLandmarks(), by=Role.NURSE, now_ns=pointing.now_ns)
    assert refusal is not None
    assert "has no landmarks" in refusal.message
    pointing.registering.take_landmarks(pointing.table.case, LANDMARKS)
    assert pointing.desk.ask(TouchLandmarks(), by=Role.NURSE, now_ns=pointing.now_ns) is None
    asked = []
    while (landmark := pointing.desk.message().landmark) is not None:
        asked.append(landmark)
        assert pointing.see(Seen.TAKEN, off_mm=(0.3, 0.0, -0.2), place_board_mm=PLACES_BOARD_MM[landmark]) is None
        words = pointing.desk.message().words
        assert words.startswith(f"{landmark} is taken.")
    assert sorted(asked) == sorted(PLACES_BOARD_MM)
    assert not pointing.orders.wanted
    assert all(entry.touched for entry in pointing.registering.message().landmarks)
    # No touch of a landmark is one of a check point.
    assert pointing.table.entry() is None
    again = TouchAgain(landmark=asked[1])
    assert pointing.desk.ask(again, by=Role.NURSE, now_ns=pointing.now_ns) is None
    assert pointing.desk.message().landmark == asked[1]
    # A check point that is asked for meanwhile comes first; what was touched stays.
    pointing.ask()
    assert pointing.registering.wanted is None
    assert pointing.desk.message().landmark == CHECK_POINT
    assert sum(entry.touched for entry in pointing.registering.message().landmarks) == len(asked) - 1


def test_a_touch_that_lies_wrong_is_told_and_asked_for_again(pointing: Pointing) -> None:
    pointing.registering.take_landmarks(pointing.table.case, LANDMARKS)
    pointing.desk.ask(TouchLandmarks(), by=Role.NURSE, now_ns=pointing.now_ns)
    first = pointing.desk.message().landmark
    assert first is not None
    pointing.see(Seen.TAKEN, off_mm=(0.0, 0.0, 0.0), place_board_mm=PLACES_BOARD_MM[first])
    second = pointing.desk.message().landmark
    assert second is not None
    pointing.see(Seen.TAKEN, off_mm=(25.0, 0.0, 0.0), place_board_mm=PLACES_BOARD_MM[first])
    told = pointing.desk.message()
    assert told.landmark == second
    assert f"The tip rested 25 mm from {first}" in told.words


def test_why_the_tip_is_not_seen_is_said(pointing: Pointing) -> None:
    pointing.ask()
    pointing.see(Seen.UNSEEN)
    assert pointing.desk.message().words == "Show the camera the pointer's board."
    pointing.see(Seen.UNSEEN, advice="The camera is too far away: come nearer.")
    assert pointing.desk.message().words.endswith("The camera is too far away: come nearer.")
    pointing.see(Seen.UNSEEN, patient_seen=False)
    assert pointing.desk.message().words == "The camera does not see the board on the patient."
    pointing.see(Seen.UNSEEN, doubted=True)
    assert "its print may be bent" in pointing.desk.message().words
