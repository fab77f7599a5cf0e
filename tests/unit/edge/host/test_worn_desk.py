"""Heads and sights of worn boards are brought together by the board's name, and asked about one after the other."""

import dataclasses

import pytest

from orview.edge.host.worn_desk import EVERY_NS, UNANSWERED_NS, WornDesk
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.worn_records import WORN_ASK_CAPACITY, WornAnswer, WornAsk, WornRecord
from orview.protocol.placing import HeadEntry, Heads, Wear
from tests.unit.edge.slots.test_worn_records import sight
from tests.wire.messages import CLIENT_MESSAGES

T0 = 10**12
BOARD = CLIENT_MESSAGES["headset_board"]
OTHER = dataclasses.replace(BOARD, board="second")
POSE = (0.0, 1.5, 0.0, 0.0, 0.0, 0.0, 1.0)


@pytest.fixture
def slot(tmp_path):
    with LatestSlot.create(tmp_path / "ask.slot", WORN_ASK_CAPACITY) as slot:
        yield slot


@pytest.fixture
def desk(slot):
    return WornDesk(("headset", "second"), slot, room_frame_id=7)


def heads(*times_ns: int) -> Heads:
    return Heads(heads=tuple(HeadEntry(at_ns=time_ns, world_from_headset=POSE) for time_ns in times_ns))


def asked(slot: LatestSlot) -> WornAsk:
    newest = slot.latest()
    assert newest is not None
    return WornAsk.decode(newest[1])


def seen(*boards: str) -> WornRecord:
    return WornRecord(sights=tuple(dataclasses.replace(sight(1), board=board) for board in boards))


def test_several_headsets_are_told_apart_by_their_boards(desk, slot):
    assert desk.take_board(1, BOARD, device="a") is None
    assert desk.take_board(2, OTHER, device="b") is None
    desk.take_heads(1, heads(T0), now_ns=T0)
    desk.take_heads(2, heads(T0 + 1), now_ns=T0)
    assert [news.client for news in asked(slot).news] == [1]
    desk.take_record(seen("second"), now_ns=T0)
    desk.take_answer(WornAnswer(number=1, clients=()), now_ns=T0 + EVERY_NS)
    (news,) = asked(slot).news
    assert (news.client, news.worn, news.heads_ns, news.room_frame_id) == (2, OTHER, (T0 + 1,), 7)
    assert [one.board for one in news.sights] == ["second"]


def test_a_board_nobody_looks_for_is_refused_and_so_is_one_of_another_headset(desk):
    refused = desk.take_board(1, dataclasses.replace(BOARD, board="patient_flat"), device="a")
    assert "does not look for" in refused.message
    assert not desk.is_worn_by(1)
    assert desk.take_board(1, BOARD, device="a") is None
    refused = desk.take_board(2, BOARD, device="b")
    assert "Another headset" in refused.message
    assert not desk.is_worn_by(2)
    # The same device on another connection.
    assert desk.take_board(3, BOARD, device="a") is None
    assert (desk.is_worn_by(1), desk.is_worn_by(3)) == (False, True)


def wear(device: str, board: str | None) -> Wear:
    return Wear(device_id=device, board=board)


def worn(desk: WornDesk) -> dict[str, str | None]:
    return {entry.board: entry.device_id for entry in desk.wearing().boards}


def test_the_nurse_says_who_wears_a_board_and_nobody_else_may(desk, slot):
    assert worn(desk) == {"headset": None, "second": None}
    assert "does not look for" in desk.choose(wear("a", "third")).message
    assert desk.choose(wear("a", "headset")) is None
    assert worn(desk) == {"headset": "a", "second": None}
    assert "Another headset" in desk.take_board(2, BOARD, device="b").message
    assert desk.take_board(1, BOARD, device="a") is None
    desk.take_heads(1, heads(T0), now_ns=T0)
    before = asked(slot).news[0].wearer
    # Moved to the other headset, and back: it does not sit where it sat.
    assert desk.choose(wear("b", "headset")) is None
    assert (worn(desk)["headset"], desk.is_worn_by(1)) == ("b", False)
    assert desk.choose(wear("a", "headset")) is None
    assert desk.take_board(1, BOARD, device="a") is None
    desk.take_heads(1, heads(T0 + 1), now_ns=T0 + UNANSWERED_NS)
    assert asked(slot).news[0].wearer != before
    assert desk.choose(wear("a", None)) is None
    assert worn(desk) == {"headset": None, "second": None}
    assert not desk.is_worn_by(1)


def test_a_headset_that_knows_its_board_is_told_of_to_all_while_it_is_there(desk):
    desk.take_board(1, OTHER, device="b")
    assert worn(desk) == {"headset": None, "second": "b"}
    desk.forget(1)
    assert worn(desk) == {"headset": None, "second": None}


def test_what_is_not_answered_is_given_up_and_nothing_new_asks_nothing(desk, slot):
    desk.take_board(1, BOARD, device="a")
    desk.take_heads(1, heads(T0, T0 + 5, T0 + 3, T0 + 5), now_ns=T0)
    assert asked(slot).news[0].heads_ns == (T0, T0 + 5)
    desk.take_heads(1, heads(T0 + 9), now_ns=T0 + EVERY_NS)
    assert asked(slot).number == 1
    desk.pump(now_ns=T0 + UNANSWERED_NS)
    assert (asked(slot).number, asked(slot).news[0].heads_ns) == (2, (T0 + 9,))
    desk.take_answer(WornAnswer(number=2, clients=()), now_ns=T0 + 2 * UNANSWERED_NS)
    assert asked(slot).number == 2


def test_what_was_seen_before_the_room_camera_was_moved_is_left_out(desk, slot):
    desk.take_board(1, BOARD, device="a")
    desk.take_heads(1, heads(T0), now_ns=T0)
    desk.take_record(seen("headset"), now_ns=T0)
    desk.room_moved(8)
    desk.take_heads(1, heads(T0 + 7), now_ns=T0)
    desk.take_answer(WornAnswer(number=1, clients=()), now_ns=T0 + EVERY_NS)
    (news,) = asked(slot).news
    assert (news.room_frame_id, news.sights) == (8, ())


def test_heads_of_who_wears_nothing_or_is_gone_say_nothing(desk, slot):
    desk.take_heads(1, heads(T0), now_ns=T0)
    desk.take_board(1, BOARD, device="a")
    desk.forget(1)
    desk.take_heads(1, heads(T0 + 1), now_ns=T0)
    desk.take_record(seen("headset"), now_ns=T0)
    assert slot.latest() is None
