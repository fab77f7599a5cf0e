"""Placing headsets against truth: aligned by what they see or touch, ended by drift, void when unseen for too long."""

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.edge.host.world_desk import HeadsetPlace, WorldDesk, corners_to_touch
from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.placing import BoardSeen, Corner, CornersTouched, HeadsetWorld, WorldState
from orview.protocol.poses import rigid_from_wire, wire_from_rigid
from orview.session.checks import CheckNeed
from orview.session.state import Role, Session
from tests.integration.small_room import BOARD, CENTROID_MM, ROOM_FROM_PATIENT, add_case, verdict
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, MS, ROOM_FROM_BOARD, T0, sight

ROOM = 7
CORNERS = corners_to_touch(load_board(BOARD))
WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(
    Frame.WORLD, Frame.ROOM, [0.2, 1.1, -0.4], [300.0, -500.0, -900.0]
)
TARGET_ROOM_MM = ROOM_FROM_PATIENT.apply(CENTROID_MM)


class Wearer:
    """A headset in a room whose camera sees the board all the time."""

    def __init__(self, folder) -> None:
        self.keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=ROOM)
        case = add_case(CaseStore.open(folder), registered=False)
        self.keeper.select(case, by=Role.NURSE, checks=CheckNeed(known=1), now_ns=T0)
        self.keeper.take_verdict(case.id, verdict(BOARD_DIGEST), now_ns=T0)
        self.desk = WorldDesk(self.keeper, corners_board_mm=CORNERS, room_frame_id=ROOM)
        self.place = HeadsetPlace(self.desk)
        self.now_ns = T0
        self.rng = np.random.default_rng(5)
        self.world_from_room = WORLD_FROM_ROOM

    def film(self) -> None:
        """The room camera sees the board now."""
        record = sight(self.now_ns)
        self.desk.take_record(record)
        self.keeper.take_record(record, now_ns=self.now_ns)

    def look(self, *, seen_ms_ago: int = 0, room_frame_id: int = ROOM, gross: bool = False) -> None:
        self.now_ns += 100 * MS
        self.film()
        board = self.world_from_room @ ROOM_FROM_BOARD.transform
        wrong = self.rng.normal(size=6) * ([0.003] * 3 + [0.4] * 3)
        if gross:
            wrong += np.array([0.3, 0.0, 0.0, 50.0, 0.0, 0.0])
        turned = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.WORLD, wrong[:3], [0.0, 0.0, 0.0])
        seen = RigidTransform(
            Frame.WORLD, Frame.BOARD, turned.rotation @ board.rotation, board.translation_mm + wrong[3:]
        )
        head = RigidTransform.from_rotation_vector(
            Frame.WORLD, Frame.HEADSET, self.rng.normal(0.0, 0.2, 3), self.rng.normal(0.0, 100.0, 3)
        )
        message = BoardSeen(
            room_frame_id=room_frame_id,
            seen_ns=self.now_ns - seen_ms_ago * MS,
            world_from_board=numbers(seen),
            world_from_headset=numbers(head),
            sigma_mm=0.4,
            sigma_rad=0.003,
        )
        self.place.see(message, now_ns=self.now_ns)

    def told(self) -> HeadsetWorld:
        return self.place.message(now_ns=self.now_ns)

    def error_mm(self) -> float:
        pose = self.told().world_from_room
        found = rigid_from_wire(to_frame=Frame.WORLD, from_frame=Frame.ROOM, position_m=pose[:3], quat_xyzw=pose[3:])
        return float(np.linalg.norm(found.apply(TARGET_ROOM_MM) - self.world_from_room.apply(TARGET_ROOM_MM)))


def numbers(transform: RigidTransform) -> tuple[float, ...]:
    position_m, quat_xyzw = wire_from_rigid(transform)
    return (*position_m, *quat_xyzw)


@pytest.fixture
def wearer(tmp_path):
    return Wearer(tmp_path)


def test_eight_looks_align_a_headset_that_is_told_nothing_else(wearer):
    for _ in range(7):
        wearer.look()
    assert (wearer.told().state, wearer.told().world_from_room) == (WorldState.LOOKING, None)
    wearer.look()
    told = wearer.told()
    assert (told.state, told.version, len(told.covariance)) == (WorldState.ALIGNED, 1, 36)
    assert wearer.error_mm() < told.expected_error_mm < 4.0


def test_a_gross_look_among_the_first_moves_nothing(wearer):
    for number in range(12):
        wearer.look(gross=number == 3)
    assert wearer.told().state is WorldState.ALIGNED
    assert wearer.error_mm() < wearer.told().expected_error_mm


@pytest.mark.hazard("H09")
def test_a_jump_of_8_mm_ends_the_alignment_in_one_look_and_further_looks_bring_it_back(wearer):
    for _ in range(20):
        wearer.look()
    jump = RigidTransform(Frame.WORLD, Frame.WORLD, np.eye(3), np.array([0.0, 8.0, 0.0]))
    wearer.world_from_room = jump @ WORLD_FROM_ROOM
    wearer.look()
    told = wearer.told()
    assert (told.state, told.world_from_room) == (WorldState.DRIFTED, None)
    assert "moved by" in told.words
    for _ in range(10):
        wearer.look()
    assert wearer.told().state is WorldState.ALIGNED
    assert wearer.error_mm() < wearer.told().expected_error_mm


@pytest.mark.hazard("H09")
def test_a_gross_look_hides_for_one_look_and_the_next_bears_the_alignment_out(wearer):
    for _ in range(20):
        wearer.look()
    wearer.look(gross=True)
    assert wearer.told().state is WorldState.DRIFTED
    wearer.look()
    assert wearer.told().state is WorldState.ALIGNED
    assert wearer.error_mm() < wearer.told().expected_error_mm


@pytest.mark.hazard("H09")
def test_unseen_the_error_grows_until_the_alignment_is_void(wearer):
    for _ in range(20):
        wearer.look()
    fresh = wearer.told().expected_error_mm
    wearer.now_ns += 5_000 * MS
    wearer.film()
    assert wearer.told().expected_error_mm > fresh
    wearer.now_ns += 120_000 * MS
    wearer.film()
    told = wearer.told()
    assert (told.state, told.world_from_room) == (WorldState.LOOKING, None)


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("change", [{"seen_ms_ago": 250}, {"room_frame_id": 8}])
def test_a_look_of_another_moment_or_room_frame_says_nothing(wearer, change):
    wearer.now_ns += 1000 * MS
    for _ in range(12):
        wearer.now_ns += 300 * MS
        wearer.look(**change)
    assert wearer.told().state is WorldState.LOOKING


def test_touched_corners_align_a_headset_at_once(wearer):
    wearer.film()
    world_from_board = WORLD_FROM_ROOM @ ROOM_FROM_BOARD.transform
    touched = world_from_board.apply(CORNERS) + wearer.rng.normal(0.0, 0.3, CORNERS.shape)
    message = CornersTouched(
        room_frame_id=ROOM,
        touched=tuple(Corner(place_m=tuple(float(value) / 1000.0 for value in place)) for place in touched),
        sigma_mm=0.3,
    )
    wearer.place.touch(message, now_ns=wearer.now_ns)
    assert wearer.told().state is WorldState.ALIGNED
    assert wearer.error_mm() < wearer.told().expected_error_mm
    assert len(wearer.told().corners) == len(CORNERS)
    wrong = (*message.touched[1:], message.touched[0])
    with pytest.raises(RefusedError):
        wearer.place.touch(CornersTouched(room_frame_id=ROOM, touched=wrong, sigma_mm=0.3), now_ns=wearer.now_ns)


def test_a_touch_by_an_aligned_headset_is_as_unsure_as_its_alignment(wearer):
    assert not wearer.place.covariance_room_mm2(TARGET_ROOM_MM, now_ns=T0).any()
    for _ in range(10):
        wearer.look()
    covariance = wearer.place.covariance_room_mm2(TARGET_ROOM_MM, now_ns=wearer.now_ns)
    assert 0.05 < np.sqrt(np.trace(covariance)) < 3.0
