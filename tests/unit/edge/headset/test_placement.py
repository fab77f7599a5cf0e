"""A reference headset stands where it was told, where the host proposes, or where the host found it by its looks."""

from dataclasses import replace

import numpy as np

from orview.edge.headset.placement import Placement
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.placing import HeadsetWorld, WorldState
from tests.wire.messages import HOST_MESSAGES, POSE

ROOM = next(message for message in HOST_MESSAGES.values() if message.TYPE == "room" and message.world_from_room)
WORLD = HeadsetWorld(
    state=WorldState.ALIGNED,
    version=3,
    room_frame_id=7,
    world_from_room=POSE,
    covariance=(),
    expected_error_mm=1.4,
    structure_errors=(),
    words="",
    corners=(),
)
PLACE_MM = np.array(POSE[:3]) * 1000.0


def test_a_proposal_is_taken_unless_somebody_told_better() -> None:
    placement = Placement(None)
    told = placement.take_proposal(ROOM)
    assert (told.version, told.room_frame_id, told.sigma_mm) == (1, ROOM.room_frame_id, 0.0)
    assert np.allclose(placement.world_from_room.translation_mm, np.array(ROOM.world_from_room[:3]) * 1000.0)
    given = RigidTransform(Frame.WORLD, Frame.ROOM, np.eye(3), np.array([1.0, 2.0, 3.0]))
    placement = Placement(given)
    placement.take_proposal(ROOM)
    assert np.array_equal(placement.world_from_room.matrix, given.matrix)


def test_what_the_host_finds_is_taken_and_told_once_a_version() -> None:
    placement = Placement(None)
    room_frame_id, told = placement.take_world(WORLD)
    assert (room_frame_id, told.room_frame_id, told.sigma_mm) == (7, 7, 1.4 / 2.8)
    assert np.allclose(placement.world_from_room.translation_mm, PLACE_MM)
    assert placement.take_world(replace(WORLD, expected_error_mm=2.0)) == (7, None)
    assert placement.error_mm == 2.0
    assert placement.take_world(replace(WORLD, version=4))[1].version == 2
    placement.begin_connection()
    assert placement.take_world(replace(WORLD, version=4))[1].version == 3


def test_what_is_no_longer_aligned_is_not_drawn() -> None:
    placement = Placement(None)
    placement.take_world(WORLD)
    assert placement.take_world(replace(WORLD, state=WorldState.DRIFTED, world_from_room=None)) == (None, None)
    assert placement.take_world(replace(WORLD, state=WorldState.DRIFTED)) == (None, None)
    assert placement.take_world(WORLD)[0] == 7
