"""A recording read for being played again: the poses as they were sent and the session as it was told, in their order.

From a recording of the store, or from the MCAP file it was written to.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mcap.exceptions import McapError
from mcap.reader import make_reader

from orview.edge.recording.frames import MAGIC, FrameKind, FrameReader, RecordingHead
from orview.errors import InputError
from orview.protocol.binary import PoseMessage
from orview.protocol.codec import decode_binary, decode_from_host
from orview.protocol.faults import WireError
from orview.protocol.messages import Session
from orview.protocol.planning import Plan
from orview.units import NS_PER_S

_TOPICS = ["/pose", "/session", "/plan"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something that was said: when it was recorded (ns, the clock of the host that recorded), and what."""

    at_ns: int
    said: PoseMessage | Session | Plan


class Recording:
    """A file that can be played.

    Args:
        path: the file.

    Attributes:
        head: what it begins with.

    Raises:
        InputError: it is no recording, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                self._is_mcap = file.read(len(MAGIC)) != MAGIC
                file.seek(0)
                self.head = _head_of_mcap(path) if self._is_mcap else FrameReader(file).head
        except OSError as error:
            raise InputError(f"The recording cannot be read ({error.strerror}).") from error

    def parts(self) -> Iterator[Part]:
        """Return what was said, oldest first.

        Raises:
            InputError: what is in it is not of this version's protocol.
        """
        for at_ns, data in self._mcap_rows() if self._is_mcap else self._frames():
            try:
                said = decode_binary(data) if isinstance(data, bytes) else decode_from_host(data)
            except WireError as error:
                raise InputError(
                    f"This recording speaks another version of the protocol ({self.head.protocol}).",
                    mend=f"Play it with the orview that recorded it ({self.head.orview}).",
                ) from error
            if isinstance(said, PoseMessage | Session | Plan):
                yield Part(at_ns=at_ns, said=said)

    def _frames(self) -> Iterator[tuple[int, bytes | str]]:
        with self._path.open("rb") as file:
            for frame in FrameReader(file).frames():
                if frame.kind is FrameKind.POSE:
                    yield frame.at_ns, frame.content
                elif frame.kind in (FrameKind.SESSION, FrameKind.PLAN):
                    yield frame.at_ns, frame.content.decode(errors="replace")

    def _mcap_rows(self) -> Iterator[tuple[int, bytes | str]]:
        started_ns = _utc_ns(self.head.started_utc)
        try:
            with self._path.open("rb") as file:
                for _, channel, message in make_reader(file).iter_messages(topics=_TOPICS):
                    at_ns = message.log_time - started_ns + self.head.started_ns
                    if channel.topic in ("/session", "/plan"):
                        yield at_ns, message.data.decode()
                    else:
                        yield at_ns, bytes.fromhex(json.loads(message.data)["wire"])
        except (McapError, ValueError, KeyError) as error:
            raise InputError(
                "This MCAP file does not hold poses as they were sent.",
                mend="Write it anew: `orview recording export`.",
            ) from error


def _head_of_mcap(path: Path) -> RecordingHead:
    try:
        with path.open("rb") as file:
            told = next((entry.metadata for entry in make_reader(file).iter_metadata() if entry.name == "orview"), {})
        return RecordingHead(
            orview=told["orview"],
            protocol=told["protocol"],
            room_name=told["room_name"],
            started_utc=told["started_utc"],
            started_ns=int(told["started_ns"]),
            simulated=told["simulated"] == "true",
        )
    except (McapError, ValueError, KeyError) as error:
        raise InputError(
            "This file is no recording of orview.", mend="Choose one that `orview recording list` names."
        ) from error


def _utc_ns(started_utc: str) -> int:
    return round(datetime.fromisoformat(started_utc).timestamp() * NS_PER_S)
