"""Who may say and hear what: the table of docs/protocol.md against the host's end, every role and every message."""

import re
from pathlib import Path

import pytest

from orview.protocol.codec import CLIENT_TYPES, HOST_TYPES, PROTOCOL_VERSION, decode_from_host, encode
from orview.protocol.faults import Fault
from orview.protocol.messages import (
    ROLES_BY_CLIENT_MESSAGE,
    ROLES_BY_HOST_MESSAGE,
    Hello,
    Ping,
    Refused,
    Role,
    Welcome,
)
from orview.protocol.peer import Close, HostPeer, Received, Send
from tests.wire.messages import CLIENT_MESSAGES, HOST_MESSAGES, TOKEN

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
COLUMNS = (Role.SURGEON, Role.NURSE, Role.OBSERVER)


def table(heading: str) -> dict[str, frozenset[Role]]:
    """The roles of each message, as the page's table says."""
    found = {}
    for line in PAGE.split(f"\n{heading}\n")[1].split("\n#")[0].splitlines():
        if match := re.fullmatch(r"\| `([a-z_]+)` \|(.*)\|", line):
            marks = [cell.strip() for cell in match[2].split("|")]
            assert len(marks) == len(COLUMNS)
            assert set(marks) <= {"yes", "–"}
            assert match[1] not in found
            found[match[1]] = frozenset(role for role, mark in zip(COLUMNS, marks, strict=True) if mark == "yes")
    return found


SAID = table("### Who may say what")
HEARD = table("### Who is told what")


def open_peer(role: Role) -> HostPeer:
    peer = HostPeer(now_ns=0)
    hello = Hello(protocol=PROTOCOL_VERSION, role_wanted=role, device_name="Device", token=TOKEN, code=None, page=None)
    assert peer.receive(encode(hello), now_ns=1) == (Received(hello),)
    peer.admit(
        Welcome(
            protocol=PROTOCOL_VERSION,
            device_id="d",
            role=role,
            token=TOKEN,
            host_id="h",
            host_name="host",
            room_name="room",
            host_ns=0,
            simulated=False,
            research_use="",
        )
    )
    return peer


@pytest.mark.hazard("H31")
def test_the_tables_are_those_of_the_code_and_whole():
    assert {cls.TYPE: roles for cls, roles in ROLES_BY_CLIENT_MESSAGE.items()} == SAID
    assert {cls.TYPE: roles for cls, roles in ROLES_BY_HOST_MESSAGE.items()} == HEARD
    assert SAID.keys() == CLIENT_TYPES.keys()
    assert HEARD.keys() == HOST_TYPES.keys()
    assert {message.TYPE for message in CLIENT_MESSAGES.values()} == SAID.keys()
    assert {message.TYPE for message in HOST_MESSAGES.values()} == HEARD.keys()


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("role", COLUMNS)
@pytest.mark.parametrize("message", CLIENT_MESSAGES.values(), ids=CLIENT_MESSAGES.keys())
def test_what_each_role_says_is_heard_or_refused(role, message):
    events = open_peer(role).receive(encode(message), now_ns=2)
    if isinstance(message, Hello):
        sent, closed = events
        assert decode_from_host(sent.text).code == Fault.OUT_OF_TURN
        assert isinstance(closed, Close)
    elif isinstance(message, Ping):
        assert [type(event) for event in events] == [Send]
    elif role in SAID[message.TYPE]:
        assert events == (Received(message),)
    else:
        (sent,) = events
        refused = decode_from_host(sent.text)
        assert isinstance(refused, Refused)
        assert (refused.code, refused.about) == ("NOT_ALLOWED", message.TYPE)


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("role", COLUMNS)
@pytest.mark.parametrize("message", HOST_MESSAGES.values(), ids=HOST_MESSAGES.keys())
def test_each_role_is_told_what_concerns_it(role, message):
    assert open_peer(role).may_be_told(message) == (role in HEARD[message.TYPE])


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("message", CLIENT_MESSAGES.values(), ids=CLIENT_MESSAGES.keys())
def test_a_stranger_says_hello_and_nothing_else(message):
    events = HostPeer(now_ns=0).receive(encode(message), now_ns=1)
    if isinstance(message, Hello):
        assert all(isinstance(event, Received | Send | Close) for event in events)
    else:
        assert not [event for event in events if isinstance(event, Received)]
        assert [event for event in events if isinstance(event, Close)]
