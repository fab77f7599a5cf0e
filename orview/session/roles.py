"""Who is at the other end of a connection, as far as a session cares."""

from enum import StrEnum


class Role(StrEnum):
    """Who is at the other end of a connection; the values are those of the wire."""

    SURGEON = "surgeon"
    NURSE = "nurse"
    OBSERVER = "observer"
