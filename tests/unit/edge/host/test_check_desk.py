"""The desk of check points: what a touch does, what is told of it, and what is logged."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.check_desk import CheckDesk, need_of
from orview.edge.host.keeper import Keeper
from orview.edge.host.store import HostStore
from orview.geometry.rigid import rotation_from_vector
from orview.protocol.checking import CheckEntry, CheckWord
from orview.register.check_points import AGAIN_CHI2, FLOOR_MM, NO_CHECK_POINTS, Check
from orview.register.touched import register_touched
from orview.register.touching import SPOT_SIGMA_MM
from orview.session.state import CalibrationChecked, Confirmed, Fact, PatientMoved, Role, Session, Started, State
from orview.track.tip_sight import Rest
from tests.integration.small_room import (
    BOARD_FROM_PATIENT,
    CHECK_POINT,
    CHECK_POINT_MM,
    PLAN,
    add_case,
    touch,
    verdict,
)
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, MS, T0, sight
from tests.unit.register.test_landmarks import BOARD_FROM_PATIENT as TRUE_BOARD_FROM_PATIENT
from tests.unit.register.test_landmarks import LANDMARKS, TUMOUR, touches
from tests.vouching import vouch

CERTAIN = np.zeros((3, 3))
ROOM = 7


class Table:
    """A keeper in HOLD with all but check point and confirmation, and its desk."""

    def __init__(self, folder) -> None:
        store = CaseStore.open(folder)
        self.case = add_case(store, registered=False)
        self.log = HostStore(store)
        self.keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=ROOM)
        self.desk = CheckDesk(self.keeper, self.log, room_frame_id=ROOM)
        self.keeper.select(self.case, by=Role.NURSE, checks=need_of(PLAN), now_ns=T0)
        self.desk.take_plan(self.case, PLAN, now_ns=T0)
        self.keeper.take_verdict(self.case.id, verdict(BOARD_DIGEST), now_ns=T0)
        self.keeper.apply(CalibrationChecked(fact=Fact(holds=True, words="Good.")), now_ns=T0)
        self.keeper.take_record(sight(T0 - 10 * MS), now_ns=T0)
        self.keeper.apply(Started(by=Role.NURSE), now_ns=T0)
        vouch(self.keeper, now_ns=T0)

    def touch(self, message, *, at_ns: int = T0 + MS) -> str:
        return asyncio.run(self.desk.touch(message, by=Role.SURGEON, world_mm2=CERTAIN, now_ns=at_ns))

    def entry(self) -> CheckEntry | None:
        (landmark,) = self.desk.message().landmarks
        return landmark.touched

    def confirm(self) -> str:
        return self.keeper.apply(Confirmed(by=Role.NURSE), now_ns=T0 + 2 * MS).refusal


@pytest.fixture
def table(tmp_path):
    return Table(tmp_path)


def test_a_touch_that_agrees_opens_the_way_to_live_and_is_told_and_logged(table):
    assert table.confirm() == "Touch a check point."
    assert table.touch(touch(ROOM, off_mm=(0.2, 0.0, 0.0))) == ""
    entry = table.entry()
    assert (entry.word, entry.by.value) == (CheckWord.AGREES, "surgeon")
    assert entry.misfit_mm == pytest.approx(0.2, abs=1e-6)
    assert table.desk.message().due_ns == T0 + MS + 30 * 60 * 10**9
    assert table.confirm() == ""
    assert table.keeper.session.state is State.LIVE
    (logged,) = table.log.checks(table.case.id)
    assert (logged.landmark, logged.role, logged.word) == (CHECK_POINT, "surgeon", "agrees")
    assert logged.utc.endswith("+00:00")


@pytest.mark.hazard("H10")
def test_a_touch_that_disagrees_ends_live_and_says_by_how_much(table):
    table.touch(touch(ROOM))
    table.confirm()
    table.touch(touch(ROOM, off_mm=(0.0, 8.0, 0.0)), at_ns=T0 + 3 * MS)
    session = table.keeper.session
    assert session.state is State.HOLD
    assert session.why.startswith(f"{CHECK_POINT}: 8.0 mm off where")
    assert table.entry().word is CheckWord.DISAGREES
    assert [one.word for one in table.log.checks(table.case.id)] == ["agrees", "disagrees"]


def test_moving_the_patient_voids_what_was_touched(table):
    table.touch(touch(ROOM))
    table.confirm()
    table.keeper.apply(PatientMoved(by=Role.SURGEON), now_ns=T0 + 3 * MS)
    assert (table.entry(), table.desk.message().due_ns) == (None, None)
    assert table.confirm() == "The patient was moved. Touch a check point."


@pytest.mark.parametrize(
    ("change", "words"),
    [({"landmark": "Elsewhere"}, "no check point of that name"), ({"room_frame_id": 8}, "align the headset again")],
)
def test_a_touch_of_nothing_known_is_refused_and_not_logged(table, change, words):
    assert words in table.touch(replace(touch(ROOM), **change))
    assert table.log.checks(table.case.id) == []


def test_a_touch_while_the_board_is_out_of_sight_is_refused(table):
    table.keeper.watch(now_ns=T0 + 400 * MS)
    assert "the board must be seen" in table.touch(touch(ROOM))


def test_a_coarse_touch_changes_nothing_but_is_told(table):
    table.touch(replace(touch(ROOM), sigma_mm=6.0))
    assert table.entry().word is CheckWord.TOO_COARSE
    assert table.confirm() == "Touch a check point."


def test_new_check_points_void_the_old_ones(table):
    table.touch(touch(ROOM))
    table.desk.take_plan(table.case, PLAN, now_ns=T0)
    assert table.entry() is not None
    table.desk.take_plan(table.case, NO_CHECK_POINTS, now_ns=T0)
    assert table.desk.message().landmarks == ()
    assert "No check points are known" in table.confirm()


def rest_at(place_board_mm: np.ndarray) -> Rest:
    return Rest(
        taken_ns=T0,
        position_board_mm=place_board_mm,
        covariance_mm2=np.diag([0.1, 0.2, 0.3]),
        pictures=20,
        scatter_mm=0.1,
    )


@pytest.mark.hazard("H10")
def test_a_rest_of_the_pointer_is_judged_on_the_board_whatever_the_camera_says(table):
    there = BOARD_FROM_PATIENT.apply(CHECK_POINT_MM)
    check = table.desk.rest(CHECK_POINT, rest_at(there + np.array([1.2, 0.0, 0.0])), by=Role.NURSE, now_ns=T0 + MS)
    assert isinstance(check, Check)
    assert (check.word, table.entry().by.value) == (CheckWord.AGREES, "nurse")
    assert check.misfit_mm == pytest.approx(1.2, abs=1e-6)
    # Along x: registration 0.2, landmark 0.5, tip 0.1 as a variance, hand 0.6, the floor; nothing of the camera.
    sigma_mm = np.sqrt(0.04 + 0.25 + 0.1 + SPOT_SIGMA_MM**2 + FLOOR_MM**2)
    assert check.expected_mm == pytest.approx(np.sqrt(AGAIN_CHI2) * sigma_mm, rel=1e-3)
    asyncio.run(table.desk.log(table.case.id, check, by=Role.NURSE))
    (logged,) = table.log.checks(table.case.id)
    assert (logged.landmark, logged.role, logged.word) == (CHECK_POINT, "nurse", "agrees")
    assert table.desk.rest("Elsewhere", rest_at(there), by=Role.NURSE, now_ns=T0 + MS).startswith("The chosen case")
    table.keeper.take_no_verdict(table.case.id, "Being registered.", now_ns=T0 + MS)
    assert "must be registered" in table.desk.rest(CHECK_POINT, rest_at(there), by=Role.NURSE, now_ns=T0 + MS)


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("turn_deg", [0.0, 40.0, 75.0])
def test_what_the_pointer_is_wrong_by_is_counted_once_where_it_also_registered(table, turn_deg):
    """A tip found 0.6 mm off along each axis registers the case and touches the check point, held alike or turned."""
    rng, tip_mm, hand_mm = np.random.default_rng(int(turn_deg)), 0.6, SPOT_SIGMA_MM
    shared = tip_mm**2 * np.eye(3)
    squares, agreed = [], []
    for _ in range(60):
        off = rng.normal(0.0, tip_mm, 3)
        given = [
            replace(
                one,
                position_board_mm=one.position_board_mm + off,
                covariance_mm2=hand_mm**2 * np.eye(3) + shared,
                shared_mm2=shared,
            )
            for one in touches(rng, sigma_mm=hand_mm)
        ]
        found = register_touched(
            LANDMARKS, given, targets={"tumour": TUMOUR}, target_key="tumour", board_digest=BOARD_DIGEST, limit_mm=5.0
        )
        assert found.accepted
        table.keeper.take_verdict(table.case.id, found, now_ns=T0)
        axis = rng.normal(size=3)
        turned = rotation_from_vector(np.radians(turn_deg) * axis / np.linalg.norm(axis)) @ off
        spot = CHECK_POINT_MM + rng.normal(0.0, 0.5, 3)
        there = TRUE_BOARD_FROM_PATIENT.apply(spot) + turned + rng.normal(0.0, hand_mm, 3)
        rest = Rest(
            taken_ns=T0,
            position_board_mm=there,
            covariance_mm2=shared + 1e-4 * np.eye(3),
            pictures=20,
            scatter_mm=0.1,
            shared_mm2=shared,
        )
        check = table.desk.rest(CHECK_POINT, rest, by=Role.NURSE, now_ns=T0 + MS)
        assert isinstance(check, Check)
        squares.append(AGAIN_CHI2 * (check.misfit_mm / check.expected_mm) ** 2)
        agreed.append(check.word == CheckWord.AGREES)
    # Held alike the tip cancels and the claim is wide; turned it is nearly exact, and 3 is expected. Counted twice they
    # are 1.7, 2.4 and 2.4, and every single touch agrees.
    assert {0.0: 1.85, 40.0: 2.5, 75.0: 2.5}[turn_deg] < np.mean(squares) < 3.7
    assert np.mean(agreed) >= 0.9
