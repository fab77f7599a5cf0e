"""The encoder refuses what this end must not say; the version follows the messages."""

import copy
import json
import pickle
from dataclasses import replace

import pytest

from orview.errors import ContractError, ProtocolError
from orview.protocol.binary import PICTURE_HEADER_BYTES, POSE_BYTES, PictureMessage, PoseMessage
from orview.protocol.codec import (
    PROTOCOL_VERSION,
    _digest,
    decode_binary,
    decode_from_client,
    describe_protocol,
    encode,
    encode_binary,
)
from orview.protocol.faults import Fault, WireError
from orview.protocol.limits import MAX_PICTURE_BYTES
from orview.protocol.messages import Aligned, Notice, NoticeWeight, Ping, SelectCase
from tests.wire.messages import GOOD_BINARY, HOST_MESSAGES, JPEG, picture_bytes


def pose() -> PoseMessage:
    message = decode_binary(GOOD_BINARY["pose_live"][0])
    assert isinstance(message, PoseMessage)
    return message


def test_a_pose_fits_the_contract() -> None:
    assert POSE_BYTES <= 96
    assert len(encode_binary(pose())) == POSE_BYTES
    assert len(picture_bytes()) == PICTURE_HEADER_BYTES + len(JPEG)


@pytest.mark.parametrize(
    "message",
    [
        SelectCase(case_id=""),
        SelectCase(case_id="../secret"),
        Ping(id=-1, client_ns=0),
        Notice(weight=NoticeWeight.INFO, text="x" * 401),
        Notice(weight=NoticeWeight.INFO, text="a\x00b"),
        Aligned(version=1, room_frame_id=1, world_from_room=(0.0,) * 7, sigma_mm=0.0),
        Aligned(version=1, room_frame_id=1, world_from_room=(float("nan"),) * 7, sigma_mm=0.0),
    ],
)
def test_a_message_that_breaks_its_limits_is_not_sent(message: SelectCase | Ping | Notice | Aligned) -> None:
    with pytest.raises(ContractError, match="cannot be sent"):
        encode(message)


@pytest.mark.hazard("H30")
@pytest.mark.parametrize(
    "change",
    [
        {"position_m": (float("nan"), 0.0, 0.0)},
        {"position_m": (0.0, 0.0, 1e39)},
        {"position_m": (0.0, 0.0)},
        {"quat_xyzw": (0.0, 0.0, 0.0, 0.0)},
        {"sequence": -1},
        {"sequence": 2**32},
        {"capture_ns": 10**19},
        {"model_prefix": bytes(8)},
        {"expected_error_mm": float("inf")},
    ],
)
def test_a_pose_that_is_none_is_not_sent(change: dict[str, object]) -> None:
    with pytest.raises(ContractError, match="cannot be sent"):
        encode_binary(replace(pose(), **change))  # type: ignore[arg-type]


def test_a_picture_that_is_too_large_is_not_sent() -> None:
    picture = decode_binary(GOOD_BINARY["picture"][0])
    assert isinstance(picture, PictureMessage)
    with pytest.raises(ContractError, match="cannot be sent"):
        encode_binary(replace(picture, jpeg=JPEG + bytes(MAX_PICTURE_BYTES)))


def test_a_field_that_stands_twice_is_refused() -> None:
    with pytest.raises(WireError) as caught:
        decode_from_client('{"type":"watch","pictures":true,"pictures":false}')
    assert caught.value.fault is Fault.DUPLICATE_FIELD


def test_a_whole_number_may_be_written_with_a_point() -> None:
    """C# and C++ libraries do so."""
    assert decode_from_client('{"type":"ping","id":3.0,"client_ns":2e9}') == Ping(id=3, client_ns=2_000_000_000)


def test_a_number_of_five_thousand_digits_is_no_exception() -> None:
    with pytest.raises(WireError):
        decode_from_client('{"type":"ping","id":' + "9" * 4000 + ',"client_ns":1}')
    with pytest.raises(WireError):
        decode_from_client('{"type":"aligned","version":1,"room_frame_id":1,"world_from_room":[' + "9" * 3900 + "]}")


def test_the_version_changes_with_any_field_and_with_nothing_else() -> None:
    description = describe_protocol()
    assert _digest(description) == PROTOCOL_VERSION
    changed = json.loads(json.dumps(description))
    assert _digest(changed) == PROTOCOL_VERSION
    for path in (("client", "ping", "fields", "id", "high"), ("limits", "LINK_LIMIT_MS"), ("binary", "version")):
        other = copy.deepcopy(changed)
        place = other
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] += 1
        assert _digest(other) != PROTOCOL_VERSION


def test_a_wire_error_survives_the_border_of_a_process() -> None:
    error = WireError(Fault.BAD_TEXT, "The text is wrong.", where="a.b", mend="Mend it.")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, ProtocolError)
    assert (str(again), again.fault, again.where) == (str(error), Fault.BAD_TEXT, "a.b")
    assert str(error) == "The text is wrong. (BAD_TEXT at a.b) Mend it."


def test_every_message_survives_pickling() -> None:
    for message in HOST_MESSAGES.values():
        assert pickle.loads(pickle.dumps(message)) == message
