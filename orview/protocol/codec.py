"""Messages to text and bytes and back. Whatever comes in, a decoder returns a message or raises `WireError`."""

import json
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any, TypeVar, get_args

from orview.errors import ContractError
from orview.protocol import binary, limits, looking
from orview.protocol.binary import PictureMessage, PoseMessage
from orview.protocol.faults import Fault, WireError
from orview.protocol.layout import PACKING_ERROR
from orview.protocol.limits import MAX_CLIENT_TEXT_BYTES, MAX_DEPTH, MAX_HOST_TEXT_BYTES
from orview.protocol.looking import LookMessage
from orview.protocol.messages import (
    ROLES_BY_CLIENT_MESSAGE,
    ROLES_BY_HOST_MESSAGE,
    ClientMessage,
    HostMessage,
    Message,
)
from orview.protocol.schema import describe_fields, read_fields

BinaryMessage = PoseMessage | PictureMessage

CLIENT_TYPES: dict[str, type[ClientMessage]] = {cls.TYPE: cls for cls in get_args(ClientMessage)}
HOST_TYPES: dict[str, type[HostMessage]] = {cls.TYPE: cls for cls in get_args(HostMessage)}

_T = TypeVar("_T")
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def describe_protocol() -> dict[str, object]:
    """Return all that the two ends must agree on, as plain data: the fields, kinds, limits, roles and layouts."""
    return {
        "client": {
            name: {"fields": describe_fields(cls), "roles": sorted(ROLES_BY_CLIENT_MESSAGE[cls])}
            for name, cls in CLIENT_TYPES.items()
        },
        "host": {
            name: {"fields": describe_fields(cls), "roles": sorted(ROLES_BY_HOST_MESSAGE[cls])}
            for name, cls in HOST_TYPES.items()
        },
        "binary": {
            "version": binary.BINARY_VERSION,
            "states": {state.value: number for state, number in binary.STATE_NUMBERS.items()},
            "pose": [[slot.name, slot.type, slot.count] for slot in binary.POSE_LAYOUT],
            "picture": [[slot.name, slot.type, slot.count] for slot in binary.PICTURE_LAYOUT],
            "look_version": looking.LOOK_VERSION,
            "look": [[slot.name, slot.type, slot.count] for slot in looking.LOOK_LAYOUT],
            "head": [[slot.name, slot.type, slot.count] for slot in looking.HEAD_LAYOUT],
        },
        "limits": {name: getattr(limits, name) for name in dir(limits) if name.isupper()},
    }


def _digest(description: dict[str, object]) -> str:
    return sha256(json.dumps(description, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]


PROTOCOL_VERSION = _digest(describe_protocol())
"""The first 12 hex digits of the SHA-256 over `describe_protocol`: it changes when, and only when, a message does."""


def encode(message: Message) -> str:
    """Return a control message as JSON text.

    Raises:
        ContractError: the message does not keep its own limits (a mistake of this end, not of the other).
    """
    document = {"type": message.TYPE, **_plain(message)}
    try:
        read_fields(type(message), {name: value for name, value in document.items() if name != "type"}, message.TYPE)
    except WireError as error:
        raise ContractError(f"A message of type {message.TYPE} cannot be sent: {error}") from error
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    limit = MAX_CLIENT_TEXT_BYTES if message.TYPE in CLIENT_TYPES else MAX_HOST_TEXT_BYTES
    if len(text.encode()) > limit:
        raise ContractError(f"A message of type {message.TYPE} is longer than {limit} bytes.")
    return text


def encode_binary(message: BinaryMessage) -> bytes:
    """Return a pose or a picture as bytes.

    Raises:
        ContractError: the message does not keep its own limits.
    """
    # What is sent is read back as the other end will read it: once per tick, whatever the number of clients.
    try:
        data = binary.pack_pose(message) if isinstance(message, PoseMessage) else binary.pack_picture(message)
        decode_binary(data)
    except (WireError, ArithmeticError, LookupError, TypeError, ValueError, PACKING_ERROR) as error:
        raise ContractError(f"A {type(message).__name__} cannot be sent: {error}") from error
    return data


def encode_look(look: LookMessage) -> bytes:
    """Return a look as bytes.

    Raises:
        ContractError: it does not keep its own limits.
    """
    try:
        data = looking.pack_look(look)
        decode_binary_from_client(data)
    except (WireError, ArithmeticError, LookupError, TypeError, ValueError, PACKING_ERROR) as error:
        raise ContractError(f"A look cannot be sent: {error}") from error
    return data


def decode_from_client(text: str) -> ClientMessage:
    """Read what a client sent.

    Raises:
        WireError: it is no message a client may send.
    """
    return _decode(text, CLIENT_TYPES, MAX_CLIENT_TEXT_BYTES)


def decode_from_host(text: str) -> HostMessage:
    """Read what a host sent.

    Raises:
        WireError: it is no message a host may send.
    """
    return _decode(text, HOST_TYPES, MAX_HOST_TEXT_BYTES)


def decode_binary(data: bytes) -> BinaryMessage:
    """Read a pose or a picture.

    Raises:
        WireError: the bytes are neither.
    """
    if not data:
        raise WireError(Fault.WRONG_LENGTH, "A binary message is empty.")
    if data[0] == binary.POSE_TYPE:
        return binary.unpack_pose(data)
    if data[0] == binary.PICTURE_TYPE:
        return binary.unpack_picture(data)
    raise WireError(Fault.UNKNOWN_TYPE, "A binary message has a type nobody knows.")


def decode_binary_from_client(data: bytes) -> LookMessage:
    """Read a look.

    Raises:
        WireError: the bytes are none.
    """
    if not data:
        raise WireError(Fault.WRONG_LENGTH, "A binary message is empty.")
    if data[0] != looking.LOOK_TYPE:
        raise WireError(Fault.UNKNOWN_TYPE, "A binary message has a type no client sends.")
    return looking.unpack_look(data)


def read_object(text: str, *, limit_bytes: int) -> dict[str, object]:
    """Read one JSON object within the limits of length and depth, without looking at its fields.

    Raises:
        WireError: it is none, it is too long or too deep, or a field stands twice.
    """
    # A text of n code points has at least n bytes, so hopeless ones are not encoded first.
    if len(text) > limit_bytes or len(text.encode("utf-8", "surrogatepass")) > limit_bytes:
        raise WireError(Fault.TOO_LONG, f"A message is longer than {limit_bytes} bytes.")
    if _depth(text) > MAX_DEPTH:
        raise WireError(Fault.TOO_DEEP, f"A message nests deeper than {MAX_DEPTH}.")
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except WireError:
        raise
    except ValueError:
        raise WireError(Fault.NOT_JSON, "A message is not JSON.") from None
    if not isinstance(document, dict):
        raise WireError(Fault.NOT_AN_OBJECT, "A message is not a JSON object.")
    return document


def _decode(text: str, types: dict[str, type[_T]], limit_bytes: int) -> _T:
    document = read_object(text, limit_bytes=limit_bytes)
    name = document.pop("type", None)
    if name is None:
        raise WireError(Fault.MISSING_FIELD, "A message does not say its type.", where="type")
    if not isinstance(name, str):
        raise WireError(Fault.WRONG_TYPE, "A message's type is no text.", where="type")
    cls = types.get(name)
    if cls is None:
        raise WireError(Fault.UNKNOWN_TYPE, "A message has a type nobody knows.", where="type")
    return cls(**read_fields(cls, document, name))


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _BRACKETS.finditer(text):
        character = match.group()
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise WireError(Fault.DUPLICATE_FIELD, "A field stands twice in one object.")
    return document


def _no_constant(name: str) -> object:
    raise WireError(Fault.NOT_FINITE, "A number is not finite.")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
