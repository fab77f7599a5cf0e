"""Who is at the other end of a connection, for messages and for what they may send."""

from enum import StrEnum


class Role(StrEnum):
    """What a connected device may do."""

    SURGEON = "surgeon"
    NURSE = "nurse"
    OBSERVER = "observer"
