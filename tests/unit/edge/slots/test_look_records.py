"""Looks and their answers come out of slots as they went in, and nothing else comes out."""

import numpy as np
import pytest

from orview.edge.slots.look_records import (
    ANSWER_CAPACITY,
    LOOK_CAPACITY,
    MOST_PLACED,
    LookAnswer,
    LookRecord,
    PlacedLook,
)
from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.protocol.limits import MAX_LOOK_BYTES
from orview.register.exposure import MOST_HEADS
from tests.wire.messages import CLIENT_MESSAGES

RNG = np.random.default_rng(4)


def record(*, camera: str = "headset_camera", heads: int = 3, jpeg: bytes = b"\xff\xd8\xff jpeg") -> LookRecord:
    return LookRecord(
        number=5,
        client=17,
        taken_ns=10**15,
        camera=CLIENT_MESSAGES[camera],
        device="device-1",
        begun=0,
        heads_ns=np.arange(heads) + 10**15,
        heads=RNG.normal(size=(heads, 7)),
        jpeg=jpeg,
    )


@pytest.mark.parametrize("camera", ["headset_camera", "headset_camera_without_lens"])
@pytest.mark.parametrize("heads", [0, 3])
def test_a_look_round_trip(camera, heads):
    before = record(camera=camera, heads=heads)
    after = LookRecord.decode(before.encode())
    assert (after.number, after.client, after.taken_ns, after.camera, after.jpeg) == (
        before.number,
        before.client,
        before.taken_ns,
        before.camera,
        before.jpeg,
    )
    assert np.array_equal(after.heads_ns, before.heads_ns)
    assert np.array_equal(after.heads, before.heads)


def test_the_largest_look_fits_its_slot():
    assert len(record(heads=MOST_HEADS, jpeg=bytes(MAX_LOOK_BYTES)).encode()) <= LOOK_CAPACITY


def test_bytes_that_are_no_look_are_refused():
    whole = record().encode()
    for payload in (b"", b"OVL1", b"\0" * 1000, whole[:-1], whole + b"\0"):
        with pytest.raises(ContractError):
            LookRecord.decode(payload)


def pose(to_frame: Frame, from_frame: Frame) -> UncertainPose:
    root = RNG.normal(size=(6, 6))
    transform = RigidTransform.from_rotation_vector(to_frame, from_frame, RNG.normal(size=3), RNG.normal(size=3))
    return UncertainPose(transform, root @ root.T)


def test_an_answer_round_trip_and_it_fits_however_much_is_placed():
    placed = tuple(
        PlacedLook(
            exposed_ns=10**17 + n,
            world_from_camera=pose(Frame.WORLD, Frame.CAMERA),
            camera_from_board=pose(Frame.CAMERA, Frame.BOARD),
            shared=RNG.normal(size=(6, 16)),
            bias=RNG.normal(size=(6, 6)),
        )
        for n in range(2 * MOST_PLACED)
    )
    before = LookAnswer(number=9, client=3, words="w" * 400, placed=placed)
    payload = before.encode()
    assert len(payload) <= ANSWER_CAPACITY
    after = LookAnswer.decode(payload)
    assert (after.number, after.client, after.words) == (9, 3, before.words)
    assert [look.exposed_ns for look in after.placed] == [look.exposed_ns for look in placed[-MOST_PLACED:]]
    for one, other in zip(after.placed, placed[-MOST_PLACED:], strict=True):
        assert np.array_equal(one.bias, other.bias)
        assert np.array_equal(one.shared, other.shared)
        for name in ("world_from_camera", "camera_from_board"):
            assert np.allclose(getattr(one, name).transform.matrix, getattr(other, name).transform.matrix, atol=1e-12)
            assert np.array_equal(getattr(one, name).covariance, getattr(other, name).covariance)
