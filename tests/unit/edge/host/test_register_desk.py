"""The desk of registering by touch: asks in order, keeps what was touched, and has the work process judge it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orview.edge.host.jobs import JobSpool, Outcome, RegisterTouched
from orview.edge.host.register_desk import RegisterDesk
from orview.edge.host.touch_keeper import encode_touches
from orview.protocol.codec import encode
from orview.protocol.touching import RegisteringState
from orview.register.landmark_list import LandmarkList
from orview.register.landmarks import Landmark
from orview.register.touching import SPOT_SIGMA_MM
from orview.session.state import Confirmed, Role, State
from orview.track.tip_sight import Rest
from tests.integration.small_room import BOARD, BOARD_FROM_PATIENT, CENTROID_MM, touch
from tests.unit.edge.host.test_check_desk import ROOM, Table
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, MS, T0

PLACES_MM = {
    name: np.array(CENTROID_MM) + arm
    for name, arm in {
        "Crest, left": (60.0, 10.0, 5.0),
        "Crest, right": (-60.0, 12.0, 0.0),
        "Sacral tip": (0.0, 30.0, -70.0),
        "Spine": (5.0, 55.0, 20.0),
        "Promontory": (-8.0, -40.0, 30.0),
    }.items()
}
PLACES_BOARD_MM = {name: BOARD_FROM_PATIENT.apply(place) for name, place in PLACES_MM.items()}
LANDMARKS = LandmarkList(
    landmarks=tuple(
        Landmark(name=name, position_patient_mm=place, covariance_mm2=0.09 * np.eye(3))
        for name, place in PLACES_MM.items()
    )
)


class Registering:
    """A desk with a case that has landmarks."""

    def __init__(self, folder: Path, *, before: str | None = None, table: Table | None = None, run: int = 1) -> None:
        self.table = table or Table(folder)
        self.spool = JobSpool(folder / "jobs")
        self.desk = RegisterDesk(
            self.table.keeper, self.spool, board=BOARD, board_digest=BOARD_DIGEST, run=run, before=before
        )
        self.desk.take_landmarks(self.table.case, LANDMARKS)

    def touch(self, name: str) -> str:
        return self.desk.take(
            Rest(
                taken_ns=T0,
                position_board_mm=PLACES_BOARD_MM[name],
                covariance_mm2=0.1 * np.eye(3),
                pictures=20,
                scatter_mm=0.1,
                shared_mm2=0.04 * np.eye(3),
            )
        )

    def touch_all(self) -> list[str]:
        """Touch what is asked for until nothing is; returns the order."""
        self.desk.begin()
        order = []
        while (name := self.desk.wanted) is not None:
            order.append(name)
            self.touch(name)
        return order


@pytest.fixture
def registering(tmp_path: Path) -> Registering:
    return Registering(tmp_path)


def test_landmarks_are_asked_for_in_the_order_that_helps_most_and_the_promise_grows(registering: Registering) -> None:
    desk = registering.desk
    told = desk.message()
    assert (told.state, told.expected_error_mm, told.words) == (RegisteringState.IDLE, None, "")
    order = [entry.name for entry in told.landmarks]
    desk.begin()
    promised = []
    for name in order:
        assert desk.message().state is RegisteringState.TOUCHING
        assert desk.wanted == name
        assert registering.touch(name) == f"{name} is taken."
        promised.append(desk.message().expected_error_mm)
    assert promised[:3] == [None, None, None]
    assert promised[3] is not None
    assert promised[4] is not None
    assert 0.5 < promised[4] < promised[3] < 2.5
    assert encode(desk.message())
    assert (desk.wanted, desk.message().state) == (None, RegisteringState.IDLE)


def test_the_touches_go_to_the_work_process_with_their_errors(registering: Registering) -> None:
    desk = registering.desk
    assert "Touch 4 landmarks" in desk.register()
    order = registering.touch_all()
    assert desk.register() == ""
    ((job_id, job),) = registering.spool.pending()
    assert isinstance(job, RegisterTouched)
    assert (job.case_id, job.board, [touch.name for touch in job.touches]) == (registering.table.case.id, BOARD, order)
    np.testing.assert_allclose(job.touches[0].position_board_mm, PLACES_BOARD_MM[order[0]])
    hand = (0.1 + SPOT_SIGMA_MM**2) * np.eye(3)
    np.testing.assert_allclose(np.reshape(job.touches[0].covariance_mm2, (3, 3)), hand)
    np.testing.assert_allclose(np.reshape(job.touches[0].shared_mm2, (3, 3)), 0.04 * np.eye(3))
    assert desk.message().state is RegisteringState.WORKING
    assert desk.register() == desk.refusal() == "The case is being registered."
    desk.take_outcome(Outcome(job_id="another", job=job, failure="Not this one."))
    assert desk.message().state is RegisteringState.WORKING
    desk.take_outcome(Outcome(job_id=job_id, job=job, case_id=job.case_id, failure="They lie in a line. Spread them."))
    told = desk.message()
    assert (told.state, told.words) == (RegisteringState.IDLE, "They lie in a line. Spread them.")
    assert desk.refusal() == ""


def test_one_is_touched_again_and_beginning_anew_forgets_all(registering: Registering) -> None:
    desk = registering.desk
    order = registering.touch_all()
    assert desk.again(order[2]) == ""
    assert desk.wanted == order[2]
    assert sum(entry.touched for entry in desk.message().landmarks) == 4
    desk.wait_no_longer()
    assert (desk.wanted, desk.message().state) == (None, RegisteringState.IDLE)
    assert "no landmark of that name" in desk.again("Elsewhere")
    desk.begin()
    assert not any(entry.touched for entry in desk.message().landmarks)


@pytest.mark.hazard("H10")
def test_what_was_touched_before_a_bump_or_for_another_case_is_forgotten(registering: Registering) -> None:
    desk = registering.desk
    registering.touch_all()
    desk.forget("A board was bumped: touch the landmarks anew.")
    told = desk.message()
    assert not any(entry.touched for entry in told.landmarks)
    assert "bumped" in told.words
    registering.touch_all()
    desk.take_landmarks(registering.table.case, LANDMARKS)
    assert all(entry.touched for entry in desk.message().landmarks)
    desk.take_landmarks(registering.table.case, LandmarkList(landmarks=LANDMARKS.landmarks[:4]))
    assert not any(entry.touched for entry in desk.message().landmarks)
    desk.take_landmarks(registering.table.case, LandmarkList())
    assert "orview landmarks" in desk.refusal()


def test_nothing_is_registered_anew_while_the_overlay_stands(registering: Registering) -> None:
    table = registering.table
    table.touch(touch(ROOM))
    table.keeper.apply(Confirmed(by=Role.NURSE), now_ns=T0 + 2 * MS)
    assert table.keeper.session.state is State.LIVE
    assert registering.desk.refusal() == "Stop the session before registering anew."


@pytest.mark.hazard("H22")
def test_what_was_touched_survives_a_restart_in_the_middle(tmp_path: Path) -> None:
    first = Registering(tmp_path)
    first.desk.begin()
    for _ in range(3):
        first.touch(str(first.desk.wanted))
    left = first.desk.wanted
    record = encode_touches(first.desk.kept)
    after = Registering(tmp_path, before=record, table=first.table)
    entries = {entry.name for entry in after.desk.message().landmarks if entry.touched}
    assert entries == {entry.name for entry in first.desk.message().landmarks if entry.touched}
    assert after.desk.wanted is None
    assert "The host restarted" in after.desk.message().words
    assert str(left) in after.desk.message().words
    assert after.desk.again(str(left)) == ""
    while (name := after.desk.wanted) is not None:
        after.touch(name)
    assert after.desk.register() == ""
    ((_, job),) = after.spool.pending()
    assert {touch.name for touch in job.touches} == set(PLACES_MM)


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("other", ["run", "landmarks", "board", "damage", "nothing"])
def test_touches_of_another_run_case_or_board_are_passed_over(tmp_path: Path, other: str) -> None:
    """Over a night, or with other landmarks or another board, nobody vouches for what was touched."""
    first = Registering(tmp_path)
    first.touch_all()
    kept = first.desk.kept
    record: str | None = encode_touches(kept)
    if other == "landmarks":
        record = encode_touches(replace(kept, of=replace(kept.of, landmarks="{}")))
    elif other == "board":
        record = encode_touches(replace(kept, of=replace(kept.of, board_digest="cd" * 32)))
    elif other == "damage":
        record = record[:-40]
    elif other == "nothing":
        record = None
    after = Registering(tmp_path, before=record, table=first.table, run=2 if other == "run" else 1)
    assert not any(entry.touched for entry in after.desk.message().landmarks)
    assert after.desk.message().words == ""
