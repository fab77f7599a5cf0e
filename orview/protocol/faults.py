"""What can be wrong with something that came over the wire, as stable codes, and how a connection ends.

`WireError` is the only exception the decoders raise.
"""

from enum import IntEnum, StrEnum

from orview.errors import ProtocolError


class Fault(StrEnum):
    """Stable code of one kind of wrong message."""

    TOO_LONG = "TOO_LONG"
    NOT_JSON = "NOT_JSON"
    TOO_DEEP = "TOO_DEEP"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    DUPLICATE_FIELD = "DUPLICATE_FIELD"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    MISSING_FIELD = "MISSING_FIELD"
    WRONG_TYPE = "WRONG_TYPE"
    NOT_FINITE = "NOT_FINITE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    BAD_TEXT = "BAD_TEXT"
    UNKNOWN_CHOICE = "UNKNOWN_CHOICE"
    WRONG_COUNT = "WRONG_COUNT"
    NOT_A_POSE = "NOT_A_POSE"
    WRONG_LENGTH = "WRONG_LENGTH"
    WRONG_VERSION = "WRONG_VERSION"
    OUT_OF_TURN = "OUT_OF_TURN"


class CloseCode(IntEnum):
    """WebSocket close codes orview uses; 4000 and above are its own (RFC 6455 section 7.4.2)."""

    GOING_AWAY = 1001
    TOO_SLOW = 1013
    BAD_MESSAGE = 4400
    NOT_PAIRED = 4401
    NOT_ALLOWED = 4403
    HELLO_TIMEOUT = 4408
    PROTOCOL_MISMATCH = 4409


class WireError(ProtocolError):
    """Something that came over the wire is not a message of the protocol.

    Attributes:
        fault: the stable code.
        where: the field it was found in ("session.structures[3].key"), or the type of message, or empty.
    """

    def __init__(self, fault: Fault, message: str, *, where: str = "", mend: str = "") -> None:
        super().__init__(f"{message} ({fault}{' at ' + where if where else ''})", mend=mend)
        self.fault = fault
        self.where = where
        self._words = message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.fault, self._words, self.where, self.mend))


def _rebuild(fault: Fault, words: str, where: str, mend: str) -> WireError:
    return WireError(fault, words, where=where, mend=mend)
