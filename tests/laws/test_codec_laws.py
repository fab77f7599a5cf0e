"""Laws of the wire: what is said is understood, and whatever comes in, only `WireError` comes out."""

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orview.protocol.binary import MAX_AGE_MS, MAX_ERROR_MM, POSE_BYTES, PoseMessage
from orview.protocol.codec import (
    CLIENT_TYPES,
    HOST_TYPES,
    decode_binary,
    decode_from_client,
    decode_from_host,
    encode,
    encode_binary,
)
from orview.protocol.faults import WireError
from orview.protocol.limits import MAX_NS
from orview.protocol.messages import OverlayState
from orview.protocol.schema import (
    MAX_POSITION_M,
    Choice,
    Flag,
    Items,
    Kind,
    Maybe,
    Number,
    Part,
    PoseNumbers,
    Text,
    Whole,
    field_kinds,
)

SHOWABLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))


def unit_quaternions() -> st.SearchStrategy[tuple[float, ...]]:
    part = st.floats(-1.0, 1.0)
    return (
        st.tuples(part, part, part, part)
        .filter(lambda quat: math.hypot(*quat) > 0.1)
        .map(lambda quat: tuple(value / math.hypot(*quat) for value in quat))
    )


def texts_of(kind: Text) -> st.SearchStrategy[str]:
    """Texts of a pattern like `/m/[0-9a-f]+`: a beginning, and characters of one class."""
    start, _, characters = kind.pattern.rstrip("+*").partition("[")
    few = max(kind.least, min(kind.most, 8)) - len(start)
    return st.from_regex(f"{start}[{characters}{{{max(0, kind.least - len(start))},{few}}}", fullmatch=True)


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Everything a kind allows (lists kept short)."""
    match kind:
        case Text():
            if kind.pattern:
                return texts_of(kind)
            return st.text(SHOWABLE, min_size=kind.least, max_size=min(kind.most, 8))
        case Whole():
            return st.integers(kind.low, kind.high)
        case Number():
            return st.floats(kind.low, kind.high)
        case Flag():
            return st.booleans()
        case Choice():
            return st.sampled_from(list(kind.enum))
        case PoseNumbers():
            metres = st.floats(-MAX_POSITION_M, MAX_POSITION_M)
            return st.tuples(st.tuples(metres, metres, metres), unit_quaternions()).map(lambda pair: pair[0] + pair[1])
        case Maybe():
            return st.none() | values_of(kind.of)
        case Items():
            assert kind.of is not None
            return st.lists(values_of(kind.of), min_size=kind.least, max_size=max(kind.least, min(kind.most, 2))).map(
                tuple
            )
        case Part():
            return messages_of(kind.cls)
    raise AssertionError(kind)


def messages_of(cls: type) -> st.SearchStrategy[Any]:
    return st.builds(cls, **{name: values_of(kind) for name, kind in field_kinds(cls).items()})


@pytest.mark.parametrize("name", list(CLIENT_TYPES))
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_what_a_client_says_is_understood(name: str, data: st.DataObject) -> None:
    message = data.draw(messages_of(CLIENT_TYPES[name]))
    assert decode_from_client(encode(message)) == message


@pytest.mark.parametrize("name", list(HOST_TYPES))
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_what_a_host_says_is_understood(name: str, data: st.DataObject) -> None:
    message = data.draw(messages_of(HOST_TYPES[name]))
    assert decode_from_host(encode(message)) == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.hazard("H29")
@given(st.text(max_size=300) | JSON.map(json.dumps))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_message_or_a_wire_error(text: str) -> None:
    for decode in (decode_from_client, decode_from_host):
        with pytest.raises(WireError):
            decode(text)


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("types", [CLIENT_TYPES, HOST_TYPES], ids=["client", "host"])
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_message_with_a_field_of_anything_is_one_or_a_wire_error(types: dict[str, type], data: st.DataObject) -> None:
    decode = decode_from_client if types is CLIENT_TYPES else decode_from_host
    name = data.draw(st.sampled_from(list(types)))
    document = json.loads(encode(data.draw(messages_of(types[name]))))
    document[data.draw(st.sampled_from(sorted(document)) | st.text(max_size=5))] = data.draw(JSON)
    try:
        message = decode(json.dumps(document))
    except WireError:
        return
    assert decode(encode(message)) == message


@pytest.mark.hazard("H29")
@pytest.mark.hazard("H30")
@given(st.binary(max_size=200) | st.binary(min_size=POSE_BYTES - 2, max_size=POSE_BYTES - 2).map(b"\x01\x01".__add__))
@settings(max_examples=1000, deadline=None)
def test_any_bytes_are_a_message_or_a_wire_error(data: bytes) -> None:
    try:
        message = decode_binary(data)
    except WireError:
        return
    assert encode_binary(message) == data


def f32(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, width=32)


@st.composite
def poses(draw: st.DrawFn) -> PoseMessage:
    capture_ns, send_ns = sorted(draw(st.tuples(st.integers(0, MAX_NS), st.integers(0, MAX_NS))))
    u32 = st.integers(0, 2**32 - 1)
    live = draw(st.booleans())
    metres = f32(-MAX_POSITION_M, MAX_POSITION_M)
    quat = tuple(struct.unpack("<4f", struct.pack("<4f", *draw(unit_quaternions()))))
    return PoseMessage(
        state=OverlayState.LIVE if live else draw(st.sampled_from([OverlayState.OFF, OverlayState.HOLD])),
        thing_id=draw(u32),
        sequence=draw(u32),
        room_frame_id=draw(u32),
        capture_ns=capture_ns,
        send_ns=send_ns,
        model_prefix=draw(st.binary(min_size=8, max_size=8).filter(any)),
        sight_age_ms=draw(f32(0.0, MAX_AGE_MS)),
        position_m=draw(st.tuples(metres, metres, metres)) if live else (0.0, 0.0, 0.0),
        quat_xyzw=quat if live else (0.0, 0.0, 0.0, 1.0),
        expected_error_mm=draw(f32(0.0, MAX_ERROR_MM)) if live else 0.0,
    )


@given(poses())
@settings(max_examples=300, deadline=None)
def test_a_pose_is_understood_to_the_last_bit(pose: PoseMessage) -> None:
    assert decode_binary(encode_binary(pose)) == pose
