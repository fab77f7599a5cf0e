"""Both ends of a connection: hello first, roles, pings, and every fault a close with words instead of an exception."""

import json
import random
import re

import pytest

from orview.protocol.codec import (
    CLIENT_TYPES,
    PROTOCOL_VERSION,
    decode_binary_from_client,
    decode_from_client,
    decode_from_host,
    encode,
)
from orview.protocol.faults import CloseCode, Fault
from orview.protocol.limits import HELLO_LIMIT_MS
from orview.protocol.messages import (
    ROLES_BY_CLIENT_MESSAGE,
    ROLES_BY_HOST_MESSAGE,
    Hello,
    Ping,
    Pong,
    Refused,
    Role,
    Welcome,
)
from orview.protocol.peer import ClientPeer, Close, HostPeer, PeerState, Received, Send
from orview.units import ns_from_ms
from tests.wire.messages import (
    BAD_BINARY,
    BAD_CLIENT_TEXTS,
    BAD_HOST_TEXTS,
    CLIENT_MESSAGES,
    GOOD_BINARY,
    GOOD_LOOKS,
    HOST_MESSAGES,
    TOKEN,
)

HELLO = CLIENT_MESSAGES["hello_with_code"]
NURSE_ONLY = {"select_case", "start", "confirm", "stop", "new_code", "put_out", "prepare", "stop_preparing"}
NURSE_ONLY |= {"calibrate", "stop_calibrating", "check_camera", "touch_check_point", "stop_touching"}
NURSE_ONLY |= {"touch_landmarks", "touch_again", "register_touched", "note", "take_wheel", "choose_camera", "flash"}
NURSE_ONLY |= {"wear"}
NURSE_ONLY |= {
    "lock_plan",
    "open_plan",
    "try_plane",
    "set_plane",
    "remove_plane",
    "set_root",
    "set_margin",
    "set_stage",
}
NURSE_ONLY |= {"set_stage_look", "remove_stage", "undo_plan", "redo_plan", "store_plan", "close_plan"}
NURSE_ONLY |= {"identify", "set_identity", "set_procedure", "accept_registration", "tick"}
AT_THE_TABLE = {"check_point", "patient_moved", "set_view", "looking_at", "go_to_stage"}
"""As docs/protocol.md says, written here again by hand."""
TOLD_TO_NURSES_ONLY = {"cases", "clients", "joining", "inbox", "preparing", "camera", "pointer", "landmarks"} | {
    *("nearby", "slices", "gazes", "events", "session_report", "wheel", "devices", "machine"),
    *("identity", "procedure", "registration", "time_out", "plan_draft", "plane_tried"),
}


def welcome(role: Role) -> Welcome:
    return Welcome(
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


def open_host(role: Role) -> HostPeer:
    peer = HostPeer(now_ns=0)
    assert peer.receive(encode(HELLO), now_ns=1) == (Received(HELLO),)
    peer.admit(welcome(role))
    return peer


def open_client() -> ClientPeer:
    assert isinstance(HELLO, Hello)
    peer = ClientPeer(HELLO)
    assert peer.start() == (Send(encode(HELLO)),)
    message = welcome(Role.SURGEON)
    assert peer.receive(encode(message)) == (Received(message),)
    return peer


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", list(CLIENT_MESSAGES))
def test_every_role_with_every_message(role: Role, name: str) -> None:
    """What a role must not send is refused and goes no further."""
    message = CLIENT_MESSAGES[name]
    peer = open_host(role)
    events = peer.receive(encode(message), now_ns=5)
    if isinstance(message, Hello):
        assert isinstance(events[-1], Close)
    elif isinstance(message, Ping):
        assert events == (Send(encode(Pong(id=message.id, client_ns=message.client_ns, host_ns=5))),)
    elif (message.TYPE in NURSE_ONLY and role is not Role.NURSE) or (
        message.TYPE in AT_THE_TABLE and role is Role.OBSERVER
    ):
        (sent,) = events
        assert isinstance(sent, Send)
        refused = decode_from_host(sent.text)
        assert isinstance(refused, Refused)
        assert (refused.code, refused.about) == ("NOT_ALLOWED", message.TYPE)
        assert peer.state is PeerState.OPEN
    else:
        assert events == (Received(message),)


def test_the_table_of_roles_names_every_message_once() -> None:
    assert {cls.TYPE for cls in ROLES_BY_CLIENT_MESSAGE} == set(CLIENT_TYPES)
    assert {cls.TYPE for cls, roles in ROLES_BY_CLIENT_MESSAGE.items() if roles == {Role.NURSE}} == NURSE_ONLY
    assert {cls.TYPE for cls, roles in ROLES_BY_HOST_MESSAGE.items() if roles == {Role.NURSE}} == TOLD_TO_NURSES_ONLY


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("role", list(Role))
def test_only_a_nurse_is_told_cases_clients_and_codes(role: Role) -> None:
    peer = open_host(role)
    for message in HOST_MESSAGES.values():
        assert peer.may_be_told(message) == (role is Role.NURSE or message.TYPE not in TOLD_TO_NURSES_ONLY)


def test_nobody_is_told_anything_before_the_welcome() -> None:
    assert not any(HostPeer(now_ns=0).may_be_told(message) for message in HOST_MESSAGES.values())


@pytest.mark.parametrize("name", [name for name in CLIENT_MESSAGES if not name.startswith("hello")])
def test_the_first_message_is_a_hello(name: str) -> None:
    peer = HostPeer(now_ns=0)
    events = peer.receive(encode(CLIENT_MESSAGES[name]), now_ns=1)
    assert isinstance(events[-1], Close)
    assert events[-1].code is CloseCode.BAD_MESSAGE
    assert peer.state is PeerState.CLOSED
    assert peer.receive(encode(HELLO), now_ns=2) == ()


def test_a_client_waits_for_the_welcome() -> None:
    peer = HostPeer(now_ns=0)
    peer.receive(encode(HELLO), now_ns=1)
    assert peer.state is PeerState.DECIDING
    events = peer.receive(encode(CLIENT_MESSAGES["ping"]), now_ns=2)
    assert isinstance(events[-1], Close)


def test_a_hello_of_another_version_is_refused_with_both_versions() -> None:
    """Whatever else such a hello holds: only its type and version are looked at."""
    text = json.dumps({"type": "hello", "protocol": "feedbeef0000", "who": {"knows": [1]}})
    sent, close = HostPeer(now_ns=0).receive(text, now_ns=1)
    assert isinstance(sent, Send)
    refused = decode_from_host(sent.text)
    assert isinstance(refused, Refused)
    assert refused.code == "PROTOCOL_MISMATCH"
    assert "feedbeef0000" in refused.message
    assert PROTOCOL_VERSION in refused.message
    assert refused.mend
    assert isinstance(close, Close)
    assert close.code is CloseCode.PROTOCOL_MISMATCH


@pytest.mark.parametrize("version", [None, 1, "x" * 500, "<script>", ["a"]])
def test_an_odd_version_is_not_repeated(version: object) -> None:
    sent, _ = HostPeer(now_ns=0).receive(json.dumps({"type": "hello", "protocol": version}), now_ns=1)
    assert isinstance(sent, Send)
    assert "version unknown" in sent.text


def test_a_client_that_says_no_hello_is_put_out() -> None:
    peer = HostPeer(now_ns=0)
    assert peer.tick(now_ns=ns_from_ms(HELLO_LIMIT_MS)) == ()
    (close,) = peer.tick(now_ns=ns_from_ms(HELLO_LIMIT_MS) + 1)
    assert isinstance(close, Close)
    assert close.code is CloseCode.HELLO_TIMEOUT
    assert peer.tick(now_ns=ns_from_ms(HELLO_LIMIT_MS) + 2) == ()


def test_a_client_that_is_in_has_no_hello_limit() -> None:
    assert open_host(Role.OBSERVER).tick(now_ns=10**15) == ()


def test_refusing_says_why_and_closes() -> None:
    peer = HostPeer(now_ns=0)
    peer.receive(encode(HELLO), now_ns=1)
    refused = Refused(code="CODE_WRONG", message="The joining code is wrong.", mend="Type it again.", about="hello")
    assert peer.refuse(refused) == (
        Send(encode(refused)),
        Close(CloseCode.NOT_PAIRED, "The joining code is wrong."),
    )
    assert peer.refuse(refused) == ()
    assert peer.admit(welcome(Role.NURSE)) == ()


@pytest.mark.parametrize("name", list(BAD_CLIENT_TEXTS))
def test_a_bad_text_closes_with_its_fault(name: str) -> None:
    text, fault, _ = BAD_CLIENT_TEXTS[name]
    peer = open_host(Role.NURSE)
    sent, close = peer.receive(text, now_ns=5)
    assert isinstance(sent, Send)
    assert isinstance(close, Close)
    refused = decode_from_host(sent.text)
    assert isinstance(refused, Refused)
    assert refused.code == fault
    assert close.code is CloseCode.BAD_MESSAGE
    assert fault in close.reason
    assert len(close.reason.encode()) <= 123
    assert peer.state is PeerState.CLOSED


def test_a_client_sends_looks_and_no_other_binary() -> None:
    for data, _ in GOOD_LOOKS.values():
        assert open_host(Role.SURGEON).receive(data, now_ns=5) == (Received(decode_binary_from_client(data)),)
    for data, _ in GOOD_BINARY.values():
        events = open_host(Role.NURSE).receive(data, now_ns=5)
        assert isinstance(events[-1], Close)


def test_a_look_before_the_hello_closes() -> None:
    (_, close) = HostPeer(now_ns=0).receive(GOOD_LOOKS["look"][0], now_ns=1)
    assert isinstance(close, Close)
    assert close.code is CloseCode.BAD_MESSAGE


def test_the_client_takes_what_a_host_says() -> None:
    peer = open_client()
    for message in HOST_MESSAGES.values():
        assert peer.receive(encode(message)) == (Received(message),)
    for data, _ in GOOD_BINARY.values():
        (event,) = peer.receive(data)
        assert isinstance(event, Received)


@pytest.mark.parametrize(
    "first", [encode(HOST_MESSAGES["session_live"]), GOOD_BINARY["pose_live"][0], "{}", "nonsense"]
)
def test_the_client_wants_a_welcome_first(first: str | bytes) -> None:
    assert isinstance(HELLO, Hello)
    peer = ClientPeer(HELLO)
    (close,) = peer.receive(first)
    assert isinstance(close, Close)
    assert close.code is CloseCode.BAD_MESSAGE
    assert peer.receive(encode(welcome(Role.SURGEON))) == ()


def test_the_client_hands_a_refusal_on_and_is_done() -> None:
    assert isinstance(HELLO, Hello)
    peer = ClientPeer(HELLO)
    refused = HOST_MESSAGES["refused"]
    assert peer.receive(encode(refused)) == (Received(refused),)
    assert peer.state is PeerState.CLOSED


def test_the_client_refuses_a_welcome_of_another_version() -> None:
    assert isinstance(HELLO, Hello)
    document = json.loads(encode(welcome(Role.SURGEON)))
    document.update(protocol="feedbeef0000", novelty=True)
    (close,) = ClientPeer(HELLO).receive(json.dumps(document))
    assert isinstance(close, Close)
    assert close.code is CloseCode.PROTOCOL_MISMATCH
    assert "feedbeef0000" in close.reason


@pytest.mark.parametrize(
    "bad", [*(text for text, _, _ in BAD_HOST_TEXTS.values()), *(d for d, _, _ in BAD_BINARY.values())]
)
def test_the_client_closes_on_what_is_no_message(bad: str | bytes) -> None:
    peer = open_client()
    (close,) = peer.receive(bad)
    assert isinstance(close, Close)
    assert close.code is CloseCode.BAD_MESSAGE
    assert peer.state is PeerState.CLOSED


@pytest.mark.hazard("H29")
def test_mutated_messages_raise_nothing() -> None:
    """10,000 messages with bytes changed, cut and doubled: events come out, never an exception (H29 in small)."""
    chance = random.Random(29)
    texts = [encode(message) for message in CLIENT_MESSAGES.values()]
    faults = set()
    taken = 0
    for _ in range(10_000):
        data = bytearray(chance.choice(texts).encode())
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(data))
            match chance.randrange(5):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randrange(1, 8)]
                    data = data or bytearray(b"{")
                case 2:
                    data[at:at] = data[at : at + chance.randrange(1, 40)]
                case 3:
                    data[at:at] = chance.choice([b"null", b"1e999", b'"', b"[[[[", b"{", b"-", b"\\u0000"])
                case 4:
                    value = chance.choice([b"null", b"[]", b"{}", b"true", b"-1.5", b'"text"', b"1e999"])
                    data = bytearray(re.sub(rb":[^,}]*", b":" + value, bytes(data), count=chance.randrange(1, 4)))
        peer = open_host(chance.choice(list(Role)))
        events = peer.receive(data.decode(errors="replace"), now_ns=5)
        if peer.state is PeerState.CLOSED:
            assert isinstance(events[-1], Close)
            assert isinstance(events[0], Send)
            faults.add(decode_from_host(events[0].text).code)  # type: ignore[union-attr]
        else:
            taken += 1
    assert taken > 0
    assert {Fault.NOT_JSON, Fault.UNKNOWN_FIELD, Fault.UNKNOWN_TYPE, Fault.BAD_TEXT, Fault.WRONG_TYPE} <= faults


def test_messages_a_client_encodes_a_host_decodes() -> None:
    for message in CLIENT_MESSAGES.values():
        assert decode_from_client(encode(message)) == message
