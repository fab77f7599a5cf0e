"""The format of a recording: a head and then frames, each with its length and checksum, appended and never changed.

Little endian. The file begins with the 8 bytes `ORVREC1` and a line feed. Each frame is a u32 length of its body, a u32
CRC-32 of the body (zlib's), and the body: a u8 kind, a u64 time in ns of the host's monotonic clock, and the content.
The first frame is of kind HEAD. A file that ends within a frame was cut there by a crash: all before it is whole.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import BinaryIO

from orview.errors import ContractError, InputError

MAGIC = b"ORVREC1\n"
MAX_BODY_BYTES = 1024 * 1024
_LENGTH_AND_SUM = struct.Struct("<II")
_KIND_AND_TIME = struct.Struct("<BQ")
FRAME_BYTES = _LENGTH_AND_SUM.size + _KIND_AND_TIME.size
"""Of a frame beside its content."""


class FrameKind(IntEnum):
    """What a frame holds."""

    HEAD = 0
    """`RecordingHead` as JSON."""
    TRACK = 1
    """A `TrackRecord` as it crossed from the tracker."""
    POSE = 2
    """A pose as it was sent to every client (docs/protocol.md)."""
    SESSION = 3
    """The session as clients were told, JSON text of the protocol."""
    MESSAGE = 4
    """What a client asked: JSON of `role` and the protocol's text `message`."""
    DROPPED = 5
    """How many frames before this one were lost because the disk was too slow, decimal text."""
    PLAN = 6
    """The plan as clients were told, JSON text of the protocol."""


@dataclass(frozen=True, kw_only=True)
class RecordingHead:
    """What a recording begins with.

    Attributes:
        orview: version that wrote it.
        protocol: of its poses and messages.
        room_name: of the host's room.
        started_utc: ISO 8601.
        started_ns: the same moment on the host's monotonic clock.
        simulated: whether the room was.
    """

    orview: str
    protocol: str
    room_name: str
    started_utc: str
    started_ns: int
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame: its kind, when it was written (ns, host's monotonic clock) and its content."""

    kind: FrameKind
    at_ns: int
    content: bytes

    def encode(self) -> bytes:
        """Return the frame as it stands in the file.

        Raises:
            ContractError: the content is too large.
        """
        body = _KIND_AND_TIME.pack(self.kind, self.at_ns) + self.content
        if len(body) > MAX_BODY_BYTES:
            raise ContractError("A frame of a recording is too large.")
        return _LENGTH_AND_SUM.pack(len(body), zlib.crc32(body)) + body


def head_frame(head: RecordingHead) -> Frame:
    """Return the frame a recording begins with."""
    return Frame(kind=FrameKind.HEAD, at_ns=head.started_ns, content=json.dumps(asdict(head)).encode())


class FrameReader:
    """Reads a recording from its beginning.

    Args:
        file: opened for reading, at its beginning.

    Attributes:
        head: what it begins with.
        lost_bytes: at its end, that belong to no whole frame; known once all frames were read.

    Raises:
        InputError: this is no recording, or one of another version.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.lost_bytes = 0
        if file.read(len(MAGIC)) != MAGIC:
            raise InputError(
                "This file is no recording of orview.", mend="Choose one that `orview recording list` names."
            )
        first = self._next()
        if first is None or first.kind is not FrameKind.HEAD:
            raise InputError("This recording ends before it begins.", mend="The host ended at once; nothing is in it.")
        self.head = _head_of(first)

    def frames(self) -> Iterator[Frame]:
        """Return every whole frame after the head; what a crash left behind them is counted, not returned."""
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        start = self._file.read(_LENGTH_AND_SUM.size)
        body = b""
        if len(start) == _LENGTH_AND_SUM.size:
            length, checksum = _LENGTH_AND_SUM.unpack(start)
            if _KIND_AND_TIME.size <= length <= MAX_BODY_BYTES:
                body = self._file.read(length)
                if len(body) == length and zlib.crc32(body) == checksum:
                    return self._of(body)
        # Nothing behind a frame that is not whole can be found again.
        self.lost_bytes += len(start) + len(body)
        while rest := self._file.read(1024 * 1024):
            self.lost_bytes += len(rest)
        return None

    def _of(self, body: bytes) -> Frame:
        kind, at_ns = _KIND_AND_TIME.unpack_from(body)
        try:
            return Frame(kind=FrameKind(kind), at_ns=at_ns, content=body[_KIND_AND_TIME.size :])
        except ValueError:
            raise InputError(
                f"This recording holds a frame of kind {kind}, which this version does not know.", mend="Update orview."
            ) from None


def _head_of(frame: Frame) -> RecordingHead:
    try:
        return RecordingHead(**json.loads(frame.content))
    except (ValueError, TypeError):
        raise InputError(
            "The head of this recording is not that of this version.", mend="Read it with the orview that wrote it."
        ) from None
