"""Looks wait in turn, the newest of each client; what is no picture is refused in words and never handed on."""

import dataclasses

import cv2
import numpy as np
import pytest

from orview.edge.host.look_desk import STALE_NS, UNANSWERED_NS, LookDesk
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.look_records import LOOK_CAPACITY, LookAnswer, LookRecord
from orview.protocol.looking import HeadPose, LookMessage
from orview.protocol.placing import HeadsetCamera
from orview.units import NS_PER_MS
from tests.wire.messages import CLIENT_MESSAGES

T0 = 10**12
CAMERA = dataclasses.replace(CLIENT_MESSAGES["headset_camera"], width_px=64, height_px=48)
JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()


def look(at_ns: int, sequence: int = 1, *, jpeg: bytes = JPEG, size: tuple[int, int] = (64, 48)) -> LookMessage:
    heads = (
        HeadPose(at_ns=at_ns - 10, position_m=(0.0, 1.5, 0.0), quat_xyzw=(0.0, 0.0, 0.0, 1.0)),
        HeadPose(at_ns=at_ns, position_m=(0.25, 1.5, 0.0), quat_xyzw=(0.5, 0.5, 0.5, 0.5)),
    )
    return LookMessage(width_px=size[0], height_px=size[1], sequence=sequence, taken_ns=at_ns, heads=heads, jpeg=jpeg)


@pytest.fixture
def slot(tmp_path):
    with LatestSlot.create(tmp_path / "look.slot", LOOK_CAPACITY) as slot:
        yield slot


@pytest.fixture
def desk(slot):
    desk = LookDesk(slot)
    for client in (1, 2):
        assert isinstance(CAMERA, HeadsetCamera)
        desk.take_camera(client, CAMERA, device=f"device-{client}")
    return desk


def asked(slot: LatestSlot) -> LookRecord:
    newest = slot.latest()
    assert newest is not None
    return LookRecord.decode(newest[1])


def answer(record: LookRecord) -> LookAnswer:
    return LookAnswer(number=record.number, client=record.client, words="")


def test_a_look_is_handed_on_with_its_camera_and_heads(desk, slot):
    assert desk.take(1, look(T0), now_ns=T0) is None
    record = asked(slot)
    assert (record.client, record.taken_ns, record.camera, record.jpeg) == (1, T0, CAMERA, JPEG)
    assert record.heads_ns.tolist() == [T0 - 10, T0]
    assert record.heads[1].tolist() == [0.25, 1.5, 0.0, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.hazard("H27")
def test_one_look_at_a_time_the_newest_of_each_client_and_all_heads(desk, slot):
    for number in range(20):
        now_ns = T0 + number * 100 * NS_PER_MS
        for client in (1, 2):
            desk.take(client, look(now_ns + client, number), now_ns=now_ns)
    first = asked(slot)
    assert (first.client, first.taken_ns) == (1, T0 + 1)
    desk.take_answer(answer(first), now_ns=now_ns)
    second = asked(slot)
    # Client 1 had its turn; of the other the newest look is taken, with the heads of all twenty.
    assert (second.client, second.taken_ns, len(second.heads_ns)) == (2, now_ns + 2, 40)
    desk.take_answer(answer(second), now_ns=now_ns)
    third = asked(slot)
    assert (third.client, third.taken_ns, len(third.heads_ns)) == (1, now_ns + 1, 38)
    desk.take_answer(answer(third), now_ns=now_ns)
    assert asked(slot).number == third.number


@pytest.mark.hazard("H27")
def test_a_client_that_sends_too_fast_is_looked_at_as_often_as_others(desk, slot):
    count = 0
    for number in range(1000):
        now_ns = T0 + number * NS_PER_MS
        desk.take(1, look(now_ns), now_ns=now_ns)
        if asked(slot).number > count:
            count = asked(slot).number
            desk.take_answer(answer(asked(slot)), now_ns=now_ns)
    assert 10 <= count <= 13


def test_a_look_nobody_answers_is_given_up(desk, slot):
    desk.take(1, look(T0), now_ns=T0)
    later_ns = T0 + UNANSWERED_NS - 1
    desk.take(2, look(later_ns), now_ns=later_ns)
    assert asked(slot).client == 1
    desk.pump(now_ns=T0 + UNANSWERED_NS)
    assert asked(slot).client == 2


@pytest.mark.hazard("H01")
def test_a_look_that_waited_too_long_is_left_out(desk, slot):
    desk.take(1, look(T0), now_ns=T0)
    desk.take(2, look(T0), now_ns=T0)
    late_ns = T0 + STALE_NS + 1
    desk.take_answer(answer(asked(slot)), now_ns=late_ns)
    assert asked(slot).number == 1


@pytest.mark.hazard("H28")
def test_what_cannot_be_used_is_said_once_and_not_handed_on(desk, slot):
    broken = look(T0, jpeg=JPEG[:40])
    refused = desk.take(1, broken, now_ns=T0)
    assert (refused.code, refused.about) == ("BAD_LOOK", "look")
    assert "no JPEG" in refused.message
    assert refused.mend
    assert desk.take(1, broken, now_ns=T0 + 200 * NS_PER_MS) is None
    assert "pixels where" in desk.take(1, look(T0, size=(65, 48)), now_ns=T0 + 400 * NS_PER_MS).message
    assert slot.latest() is None
    assert desk.take(1, look(T0), now_ns=T0 + 600 * NS_PER_MS) is None
    assert asked(slot).client == 1


def test_looks_without_a_camera_or_of_who_is_gone_say_nothing(desk, slot):
    assert "camera" in desk.take(3, look(T0), now_ns=T0).message
    desk.take(1, look(T0), now_ns=T0)
    desk.take(2, look(T0), now_ns=T0)
    desk.forget(2)
    desk.take_answer(answer(asked(slot)), now_ns=T0)
    assert asked(slot).client == 1
