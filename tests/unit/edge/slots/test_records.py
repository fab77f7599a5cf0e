"""Records between processes come out as they went in, and nothing else comes out."""

import numpy as np
import pytest

from orview.edge.slots.records import (
    PICTURE_CAPACITY,
    TRACK_CAPACITY,
    CameraPicture,
    PictureRecord,
    SightState,
    TrackRecord,
    camera_picture_capacity,
)
from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose

ROOM_FROM_CAMERA = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, [0.1, -2.0, 0.4], [10.0, -20.0, 600.0])
ROOM_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.BOARD, [3.0, 0.2, 0.1], [1.5, 2.5, 3.5])


def same_pose(a, b):
    return (
        a.to_frame is b.to_frame
        and a.from_frame is b.from_frame
        and np.allclose(a.matrix, b.matrix, rtol=0, atol=1e-12)
    )


def track_record(**changes):
    noise = np.random.default_rng(1).normal(size=(6, 6))
    fields = {
        "sequence": 7,
        "taken_ns": 1_000_000_000_123,
        "finished_ns": 1_000_004_000_123,
        "state": SightState.TRACKED,
        "room_from_board": UncertainPose(ROOM_FROM_BOARD, noise @ noise.T),
        "rms_px": 0.25,
        "corner_count": 24,
        "camera_digest": "00112233445566ff",
        "profile_digest": "aa" * 8,
        "board_digest": "bb" * 8,
    }
    return TrackRecord(**(fields | changes))


@pytest.mark.parametrize("shape", [(48, 64, 3), (48, 64)])
def test_camera_picture_round_trip(shape):
    image = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    payload = CameraPicture(image=image, taken_ns=5, room_from_camera=ROOM_FROM_CAMERA).encode()
    channels = 3 if len(shape) == 3 else 1
    assert len(payload) == camera_picture_capacity(width=64, height=48, channels=channels)
    back = CameraPicture.decode(payload)
    assert np.array_equal(back.image, image)
    assert back.taken_ns == 5
    assert same_pose(back.room_from_camera, ROOM_FROM_CAMERA)


def test_picture_cut_out_of_a_larger_one_is_written_whole():
    image = np.arange(40 * 40, dtype=np.uint32).astype(np.uint8).reshape(40, 40)[::2, 5:25]
    back = CameraPicture.decode(CameraPicture(image=image, taken_ns=0, room_from_camera=ROOM_FROM_CAMERA).encode())
    assert np.array_equal(back.image, image)


def test_track_record_round_trip():
    record = track_record()
    payload = record.encode()
    assert len(payload) == TRACK_CAPACITY
    back = TrackRecord.decode(payload)
    for name in ("sequence", "taken_ns", "finished_ns", "state", "rms_px", "corner_count"):
        assert getattr(back, name) == getattr(record, name)
    for name in ("camera_digest", "profile_digest", "board_digest"):
        assert getattr(back, name) == getattr(record, name)
    assert same_pose(back.room_from_board.transform, ROOM_FROM_BOARD)
    assert np.array_equal(back.room_from_board.covariance, record.room_from_board.covariance)


@pytest.mark.parametrize("state", [SightState.AMBIGUOUS, SightState.LOST, SightState.NO_CAMERA])
def test_record_without_a_pose_round_trip(state):
    back = TrackRecord.decode(track_record(state=state, room_from_board=None).encode())
    assert back.state is state
    assert back.room_from_board is None


@pytest.mark.parametrize(
    "changes",
    [
        {"room_from_board": None},
        {"state": SightState.LOST},
        {"board_digest": "bb"},
    ],
)
def test_record_that_contradicts_itself_is_refused(changes):
    with pytest.raises(ContractError):
        track_record(**changes)


def test_picture_record_round_trip():
    record = PictureRecord(
        taken_ns=9,
        room_from_camera=ROOM_FROM_CAMERA,
        fx=500.5,
        fy=501.5,
        cx=319.5,
        cy=179.5,
        width=640,
        height=360,
        jpeg=b"\xff\xd8 jpeg \xff\xd9",
    )
    payload = record.encode()
    assert len(payload) <= PICTURE_CAPACITY
    back = PictureRecord.decode(payload)
    assert (back.taken_ns, back.fx, back.fy, back.cx, back.cy) == (9, 500.5, 501.5, 319.5, 179.5)
    assert (back.width, back.height, back.jpeg) == (640, 360, record.jpeg)
    assert same_pose(back.room_from_camera, ROOM_FROM_CAMERA)


@pytest.mark.parametrize("kind", [CameraPicture, TrackRecord, PictureRecord])
@pytest.mark.parametrize("payload", [b"", b"OVT1", b"\0" * 1000, b"OVC1" + b"\xff" * 1000, b"OVT1" + b"\xff" * 1000])
def test_bytes_that_are_no_record_are_refused(kind, payload):
    with pytest.raises(ContractError):
        kind.decode(payload)


@pytest.mark.parametrize("kind", [CameraPicture, TrackRecord, PictureRecord])
def test_every_shortened_record_is_refused(kind):
    picture = CameraPicture(image=np.zeros((4, 4), np.uint8), taken_ns=0, room_from_camera=ROOM_FROM_CAMERA)
    small = PictureRecord(
        taken_ns=0, room_from_camera=ROOM_FROM_CAMERA, fx=1, fy=1, cx=0, cy=0, width=2, height=2, jpeg=b"jpeg"
    )
    whole = {CameraPicture: picture, TrackRecord: track_record(), PictureRecord: small}[kind].encode()
    for length in range(len(whole)):
        with pytest.raises(ContractError):
            kind.decode(whole[:length])
