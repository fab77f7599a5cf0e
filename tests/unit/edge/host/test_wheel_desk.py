"""One console changes things: every message of a console that only watches is refused, but for what only hides."""

from dataclasses import replace

import pytest

from orview.edge.host.wheel_desk import FREED_AFTER_NS, WheelDesk
from orview.protocol.messages import SENT_WITHOUT_THE_WHEEL, Confirm, Notice, Role, Start
from orview.protocol.pairing import Device
from orview.protocol.viewing import SetView
from orview.protocol.wheel import Wheel
from tests.integration.small_room import UNCHANGED
from tests.wire.messages import CLIENT_MESSAGES

CONSOLE = "00112233445566aa"
WATCHING_MAY = {"hello", "ping", "aligned", "watch", "report", "take_wheel"}
WATCHING_MAY |= {"board_seen", "corners_touched", "headset_camera", "headset_board", "heads", "looking_at"}
"""As docs/protocol.md means it, written here by hand."""


class Console:
    """A console's link as the desk sees it."""

    numbers = 0

    def __init__(self, *, page: str | None, role: Role = Role.NURSE, name: str = "Linux console") -> None:
        Console.numbers += 1
        self.number, self.page = Console.numbers, page
        self.device = Device(device_id=CONSOLE, name=name, role=role, room_name="OR", token_digest="")
        self.told = []

    def tell(self, message) -> None:
        self.told.append(message)

    @property
    def wheel(self) -> Wheel:
        return next(message for message in reversed(self.told) if isinstance(message, Wheel))


class Log:
    def __init__(self) -> None:
        self.notes = []

    def __call__(self, kind, facts) -> None:
        self.notes.append((kind, dict(facts)))


def desk_of(*consoles, log=None, **options) -> WheelDesk:
    desk = WheelDesk(log or Log(), **options)
    for console in consoles:
        desk.come(console)
    return desk


@pytest.mark.hazard("H31")
def test_a_console_that_watches_changes_nothing_with_any_message():
    first, second = Console(page="a" * 16), Console(page="b" * 16)
    desk = desk_of(first, second)
    for name, message in CLIENT_MESSAGES.items():
        refused = desk.refusal(second, message)
        assert (refused is None) == (message.TYPE in WATCHING_MAY or name == "set_view_cleared"), name
        if refused is not None:
            assert (refused.code, refused.about) == ("NO_WHEEL", message.TYPE)
        assert desk.refusal(first, message) is None, name
    assert {cls.TYPE for cls in SENT_WITHOUT_THE_WHEEL} == WATCHING_MAY
    assert first.wheel == Wheel(holder_name="Linux console", yours=True)
    assert second.wheel == Wheel(holder_name="Linux console", yours=False)


def test_hiding_all_needs_no_wheel_and_nothing_beside_it_goes_along():
    first, second = Console(page="a" * 16), Console(page="b" * 16)
    desk = desk_of(first, second)
    hides = replace(UNCHANGED, cleared=True)
    assert desk.refusal(second, hides) is None
    for more in ({"cleared": False}, {"twin": True}, {"window": True}, {"clip_off": True}):
        assert desk.refusal(second, replace(hides, **more)) is not None
    assert isinstance(hides, SetView)


def test_surgeons_and_observers_are_not_asked_for_the_wheel():
    first, headset = Console(page="a" * 16), Console(page=None, role=Role.SURGEON)
    desk = desk_of(first, headset)
    assert desk.refusal(headset, CLIENT_MESSAGES["check_point"]) is None
    assert headset.told == []


def test_taking_it_over_is_written_down_and_told_to_both():
    log = Log()
    first, second = Console(page="a" * 16, name="One"), Console(page="b" * 16, name="Two")
    desk = desk_of(first, second, log=log)
    desk.take(second)
    assert (first.wheel, second.wheel) == (Wheel(holder_name="Two", yours=False), Wheel(holder_name="Two", yours=True))
    assert [message.text for message in first.told if isinstance(message, Notice)] == [
        "Two took the wheel: you only watch now."
    ]
    assert not any(isinstance(message, Notice) for message in second.told)
    assert log.notes[-1] == ("WHEEL_TAKEN", {"device": CONSOLE, "page": "b" * 16, "from_page": "a" * 16})
    assert desk.refusal(first, Confirm()) is not None
    entries = len(log.notes)
    desk.take(second)
    assert len(log.notes) == entries


def test_a_reload_keeps_it_and_a_new_socket_beside_the_old_one_too():
    first, second = Console(page="a" * 16), Console(page="b" * 16)
    desk = desk_of(first, second)
    racing = Console(page="a" * 16)
    desk.come(racing)
    desk.leave(first, now_ns=0)
    desk.watch(now_ns=10 * FREED_AFTER_NS)
    assert racing.wheel.yours
    desk.leave(racing, now_ns=10 * FREED_AFTER_NS)
    reloaded = Console(page="a" * 16)
    desk.come(reloaded)
    desk.watch(now_ns=30 * FREED_AFTER_NS)
    assert reloaded.wheel.yours
    assert desk.refusal(second, Start()) is not None


def test_ten_seconds_after_its_holder_left_it_is_free_for_who_acts():
    log = Log()
    first, second, third = (Console(page=letter * 16) for letter in "abc")
    desk = desk_of(first, second, third, log=log)
    desk.leave(first, now_ns=5)
    desk.watch(now_ns=5 + FREED_AFTER_NS)
    assert desk.refusal(second, Start()) is not None
    desk.watch(now_ns=6 + FREED_AFTER_NS)
    assert second.wheel == Wheel(holder_name=None, yours=False)
    assert log.notes[-1][0] == "WHEEL_FREED"
    assert desk.refusal(third, Start()) is None
    assert (second.wheel.yours, third.wheel.yours) == (False, True)


def test_a_program_gets_a_free_wheel_by_acting_only_and_leaves_it_free_at_once():
    helper, console = Console(page=None), Console(page="a" * 16)
    desk = desk_of(helper)
    assert helper.wheel == Wheel(holder_name=None, yours=False)
    desk.come(console)
    assert console.wheel.yours
    log = Log()
    nurse, again, waiting = Console(page=None), Console(page=None), Console(page="b" * 16)
    other = desk_of(nurse, log=log)
    assert other.refusal(nurse, Start()) is None
    assert nurse.wheel.yours
    other.come(again)
    assert other.refusal(again, Start()) is None
    other.come(waiting)
    reader = Console(page=None)
    other.come(reader)
    other.leave(nurse, now_ns=0)
    assert waiting.wheel == Wheel(holder_name="Linux console", yours=False), "a program that acted is still here"
    other.leave(again, now_ns=0)
    assert log.notes[-1][0] == "WHEEL_FREED"
    assert waiting.wheel == Wheel(holder_name=None, yours=False)
    late = Console(page="c" * 16)
    other.come(late)
    assert late.wheel.yours


def test_a_restart_keeps_it_for_whoever_comes_back_of_this_run():
    first = Console(page="a" * 16)
    record = desk_of(first).record()
    second = Console(page="b" * 16)
    desk = desk_of(second, record=record, consoles=frozenset({CONSOLE}), now_ns=7)
    assert not second.wheel.yours
    desk.come(first)
    assert first.wheel.yours
    for lost in ({"consoles": frozenset({"another"})}, {"record": "{"}, {"record": "[1]"}, {"record": None}):
        other = Console(page="c" * 16)
        desk_of(other, **{"record": record, "consoles": frozenset({CONSOLE})} | lost)
        assert other.wheel.yours
