"""Headsets are placed each by what it alone saw or showed, and forgotten when they go."""

from types import SimpleNamespace

import numpy as np
import pytest

from orview.edge.host.look_desk import LookDesk
from orview.edge.host.places import Places
from orview.edge.host.worn_desk import WornDesk
from orview.edge.host.worn_looker import WornLooker
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.look_records import LOOK_CAPACITY, LookAnswer, LookRecord
from orview.edge.slots.worn_records import WORN_ASK_CAPACITY, WornAnswer, WornAsk, WornRecord
from orview.protocol.messages import Refused
from orview.protocol.placing import Corner, CornersTouched, HeadEntry, Heads, HeadsetWorld, WorldState
from orview.sim.headset import HEADSET_FROM_CAMERA
from tests.unit.edge.host.test_headset_place import MS, TARGET_ROOM_MM, Wearer, placed_look
from tests.unit.edge.host.test_look_desk import CAMERA, look
from tests.unit.edge.host.worn import WornOne


class Link:
    """What a place needs of a connection."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.device = SimpleNamespace(device_id=f"device-{number}")
        self.told: list[object] = []

    def tell(self, message: object) -> None:
        self.told.append(message)


@pytest.fixture
def wearer(tmp_path):
    return Wearer(tmp_path)


@pytest.fixture
def slot(tmp_path):
    with LatestSlot.create(tmp_path / "look.slot", LOOK_CAPACITY) as slot:
        yield slot


@pytest.fixture
def worn_desk(tmp_path):
    with LatestSlot.create(tmp_path / "ask.slot", WORN_ASK_CAPACITY) as slot:
        yield WornDesk(("headset",), slot, room_frame_id=7)


def test_a_headset_is_aligned_by_the_answers_to_its_own_pictures(wearer, slot, worn_desk):
    places, rng = Places(wearer.desk, LookDesk(slot), worn_desk), np.random.default_rng(1)
    first, second = Link(1), Link(2)
    for link in (first, second):
        places.hear(link, CAMERA, now_ns=wearer.now_ns)
    for _ in range(12):
        wearer.now_ns += 200 * MS
        wearer.film()
        places.hear(first, look(wearer.now_ns), now_ns=wearer.now_ns)
        record = LookRecord.decode(slot.latest()[1])
        answer = placed_look(rng, exposed_ns=wearer.now_ns, told_from_camera=HEADSET_FROM_CAMERA)
        assert record.client == 1
        places.take_answer(
            type(answer)(number=record.number, client=1, words="", placed=answer.placed), now_ns=wearer.now_ns
        )
    assert isinstance(first.told[-1], HeadsetWorld)
    assert first.told[-1].state is WorldState.ALIGNED
    assert {message.state for message in second.told} == {WorldState.LOOKING}
    assert places.room_shared(first) is not None
    assert places.room_shared(second) is None
    assert places.covariance_room_mm2(first, TARGET_ROOM_MM, now_ns=wearer.now_ns).any()
    assert not places.covariance_room_mm2(second, TARGET_ROOM_MM, now_ns=wearer.now_ns).any()
    places.forget(first)
    assert places.room_shared(first) is None
    places.take_answer(type(answer)(number=99, client=1, words=""), now_ns=wearer.now_ns)
    assert first.told[-1].state is WorldState.ALIGNED


def test_a_headset_that_comes_in_is_told_the_corners_and_again_after_the_room_moved(wearer, slot, worn_desk):
    places, link = Places(wearer.desk, LookDesk(slot), worn_desk), Link(1)
    places.greet(link, now_ns=wearer.now_ns)
    (told,) = link.told
    assert told.state is WorldState.LOOKING
    assert len(told.corners) == 4
    places.room_moved(9)
    places.tell(now_ns=wearer.now_ns)
    assert link.told[-1].room_frame_id == 9


@pytest.mark.hazard("H09")
def test_a_camera_told_again_begins_anew_and_answers_to_older_looks_say_nothing(wearer, slot, worn_desk):
    places, rng, link = Places(wearer.desk, LookDesk(slot), worn_desk), np.random.default_rng(3), Link(1)
    places.hear(link, CAMERA, now_ns=wearer.now_ns)

    def see(*, from_now_on: bool = True) -> None:
        wearer.now_ns += 200 * MS
        wearer.film()
        places.hear(link, look(wearer.now_ns), now_ns=wearer.now_ns)
        number = LookRecord.decode(slot.latest()[1]).number
        if not from_now_on:
            places.hear(link, CAMERA, now_ns=wearer.now_ns)
        placed = placed_look(rng, exposed_ns=wearer.now_ns, told_from_camera=HEADSET_FROM_CAMERA).placed
        answer = LookAnswer(number=number, client=1, words="", placed=placed)
        places.take_answer(answer, now_ns=wearer.now_ns)

    for _ in range(12):
        see()
    assert link.told[-1].state is WorldState.ALIGNED
    for _ in range(12):
        see(from_now_on=False)
        assert link.told[-1].state is WorldState.LOOKING
        assert link.told[-1].world_from_room is None


def test_touches_are_answered_each_time_also_in_the_same_words(wearer, slot, worn_desk):
    places, link = Places(wearer.desk, LookDesk(slot), worn_desk), Link(1)
    corners = tuple(
        Corner(place_m=place) for place in ((0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.1, 0.1, 0.0), (0.0, 0.1, 0.0))
    )
    for _ in range(2):
        places.hear(link, CornersTouched(room_frame_id=7, touched=corners, sigma_mm=1.0), now_ns=wearer.now_ns)
    first, second = link.told
    assert first == second
    assert "must see the board" in first.words


def test_a_picture_that_cannot_be_used_is_refused_to_who_sent_it(wearer, slot, worn_desk):
    places, link = Places(wearer.desk, LookDesk(slot), worn_desk), Link(1)
    places.hear(link, look(wearer.now_ns), now_ns=wearer.now_ns)
    assert isinstance(link.told[-1], Refused)
    assert link.told[-1].code == "BAD_LOOK"


def test_a_room_that_moved_places_everybody_anew(wearer, slot, worn_desk):
    places, rng, link = Places(wearer.desk, LookDesk(slot), worn_desk), np.random.default_rng(2), Link(1)
    places.hear(link, CAMERA, now_ns=wearer.now_ns)
    for _ in range(12):
        wearer.now_ns += 200 * MS
        wearer.film()
        answer = placed_look(rng, exposed_ns=wearer.now_ns, told_from_camera=HEADSET_FROM_CAMERA)
        places.take_answer(answer, now_ns=wearer.now_ns)
    assert places.room_shared(link) is not None
    places.room_moved(wearer.desk.room_frame_id + 1)
    assert places.room_shared(link) is None


def test_a_headset_is_aligned_by_the_board_it_wears_and_no_other_is(wearer, slot, tmp_path):
    with LatestSlot.create(tmp_path / "asks.slot", WORN_ASK_CAPACITY) as asks:
        one, looker = WornOne(np.random.default_rng(5), begin_s=10.0), WornLooker()
        places = Places(wearer.desk, LookDesk(slot), WornDesk(("headset",), asks, room_frame_id=7))
        first, second = Link(1), Link(2)
        for link in (first, second):
            places.hear(link, one.told, now_ns=one.now_ns)
        assert isinstance(second.told[-1], Refused)
        for _ in range(40):
            news = one.news()
            entries = [
                HeadEntry(at_ns=at_ns, world_from_headset=head)
                for at_ns, head in zip(news.heads_ns, news.heads, strict=True)
            ]
            places.hear(first, Heads(heads=tuple(entries)), now_ns=one.now_ns)
            places.take_worn(WornRecord(sights=news.sights), now_ns=one.now_ns)
            answer = looker.take(WornAsk.decode(asks.latest()[1]))
            places.take_worn_answer(WornAnswer.decode(answer.encode()), now_ns=one.now_ns)
        assert first.told[-1].state is WorldState.ALIGNED
        assert places.room_shared(first) is not None
        assert places.room_shared(second) is None
        places.room_moved(8)
        assert places.room_shared(first) is None
        places.take_worn_answer(answer, now_ns=one.now_ns)
        assert places.room_shared(first) is None
