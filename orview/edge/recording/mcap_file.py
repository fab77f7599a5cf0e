"""A recording as an MCAP file (mcap.dev), which Foxglove, PlotJuggler and Python read.

Topics: `/patient` and `/board` carry transforms in the room as Foxglove's FrameTransform, `/pose` and `/track` what was
said beside them, `/session` and `/request` the protocol's own JSON. Log times are UTC.
"""

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mcap.writer import Writer

from orview import __version__
from orview.edge.recording.frames import Frame, FrameKind, FrameReader, RecordingHead
from orview.edge.slots.records import SightState, TrackRecord
from orview.errors import InputError, OrviewError, StoreError
from orview.geometry.rigid import RigidTransform
from orview.protocol.binary import PoseMessage, unpack_pose
from orview.protocol.messages import OverlayState
from orview.protocol.poses import wire_from_rigid
from orview.units import NS_PER_S

ReportProgress = Callable[[float], None]

_NUMBERS = {"type": "number"}
_TRANSFORM_SCHEMA = {
    "title": "foxglove.FrameTransform",
    "type": "object",
    "properties": {
        "timestamp": {"type": "object", "properties": {"sec": {"type": "integer"}, "nsec": {"type": "integer"}}},
        "parent_frame_id": {"type": "string"},
        "child_frame_id": {"type": "string"},
        "translation": {"type": "object", "properties": dict.fromkeys("xyz", _NUMBERS)},
        "rotation": {"type": "object", "properties": dict.fromkeys("xyzw", _NUMBERS)},
    },
}
_TRANSFORMS = {"/patient", "/board"}
_TOPICS = ("/patient", "/board", "/pose", "/track", "/session", "/plan", "/request", "/dropped")
_SCHEMA_OF = {
    "/pose": "orview.Pose",
    "/track": "orview.Track",
    "/session": "orview.Session",
    "/plan": "orview.Plan",
    "/request": "orview.Request",
    "/dropped": "orview.Dropped",
}


def write_mcap(recording: Path, out: Path, *, progress: ReportProgress = lambda fraction: None) -> dict[str, int]:
    """Write a recording as MCAP, whole or not at all; returns how many messages each topic has.

    Args:
        recording: the file.
        out: where to; it must not be there yet.
        progress: told how much is done, 0 to 1.

    Raises:
        InputError: the recording cannot be read, or `out` is there already.
        StoreError: the disk refuses.
    """
    if out.exists():
        raise InputError("There is a file of that name already.", mend="Choose another name with --out.")
    partial = out.with_name(out.name + ".partial")
    counts: dict[str, int] = dict.fromkeys(_TOPICS, 0)
    try:
        size = max(recording.stat().st_size, 1)
        with recording.open("rb") as source, partial.open("wb") as target:
            reader = FrameReader(source)
            topics = _Topics(target, reader.head)
            for frame in reader.frames():
                for topic, document in _messages(frame):
                    topics.add(topic, frame.at_ns, document)
                    counts[topic] += 1
                progress(source.tell() / size)
            topics.end({"bytes_lost_at_the_end": str(reader.lost_bytes)})
            target.flush()
            os.fsync(target.fileno())
        partial.replace(out)
    except OSError as error:
        raise StoreError(
            f"The recording cannot be written as MCAP ({error.strerror}).", mend="Check the disk."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return counts


class _Topics:
    """The channels of one MCAP file."""

    def __init__(self, target: Any, head: RecordingHead) -> None:
        self._head = head
        self._started_utc_ns = round(datetime.fromisoformat(head.started_utc).timestamp() * NS_PER_S)
        self._writer = Writer(target)
        self._writer.start(library=f"orview {__version__}")
        transform = self._writer.register_schema(
            "foxglove.FrameTransform", "jsonschema", json.dumps(_TRANSFORM_SCHEMA).encode()
        )
        self._channels = {
            topic: self._writer.register_channel(
                topic, "json", transform if topic in _TRANSFORMS else self._plain(_SCHEMA_OF[topic])
            )
            for topic in _TOPICS
        }

    def _plain(self, name: str) -> int:
        schema = json.dumps({"title": name, "type": "object"}).encode()
        return int(self._writer.register_schema(name, "jsonschema", schema))

    def add(self, topic: str, at_ns: int, document: Mapping[str, Any]) -> None:
        utc_ns = self._started_utc_ns + at_ns - self._head.started_ns
        if topic in _TRANSFORMS:
            sec, nsec = divmod(utc_ns, NS_PER_S)
            document = {"timestamp": {"sec": sec, "nsec": nsec}, **document}
        self._writer.add_message(
            channel_id=self._channels[topic], log_time=utc_ns, publish_time=utc_ns, data=json.dumps(document).encode()
        )

    def end(self, said: Mapping[str, str]) -> None:
        head = self._head
        self._writer.add_metadata(
            "orview",
            {
                "orview": head.orview,
                "protocol": head.protocol,
                "room_name": head.room_name,
                "started_utc": head.started_utc,
                "started_ns": str(head.started_ns),
                "simulated": str(head.simulated).lower(),
                "research_use": "Research use only; not a medical device.",
                **said,
            },
        )
        self._writer.finish()  # type: ignore[no-untyped-call]


def _messages(frame: Frame) -> list[tuple[str, dict[str, Any]]]:
    """Return what a frame says, by topic.

    Raises:
        InputError: its content is not what its kind says.
    """
    try:
        match frame.kind:
            case FrameKind.TRACK:
                return _of_track(TrackRecord.decode(frame.content))
            case FrameKind.POSE:
                return _of_pose(unpack_pose(frame.content), frame.content)
            case FrameKind.SESSION:
                return [("/session", json.loads(frame.content))]
            case FrameKind.PLAN:
                return [("/plan", json.loads(frame.content))]
            case FrameKind.MESSAGE:
                return [("/request", json.loads(frame.content))]
            case FrameKind.DROPPED:
                return [("/dropped", {"frames": int(frame.content)})]
            case FrameKind.HEAD:
                return []
    except (OrviewError, ValueError):
        raise InputError(
            f"A frame of kind {frame.kind.name} in this recording is not what it should be.",
            mend="It was written by another version: read it with that one.",
        ) from None


def _of_track(record: TrackRecord) -> list[tuple[str, dict[str, Any]]]:
    said: dict[str, Any] = {
        "state": record.state.name.lower(),
        "sequence": record.sequence,
        "taken_ns": record.taken_ns,
        "finished_ns": record.finished_ns,
        "rms_px": record.rms_px,
        "corners": record.corner_count,
    }
    if record.state is not SightState.TRACKED or record.room_from_board is None:
        return [("/track", said)]
    return [("/track", said), ("/board", _transform("board", record.room_from_board.transform))]


def _of_pose(pose: PoseMessage, wire: bytes) -> list[tuple[str, dict[str, Any]]]:
    said = {
        "state": pose.state.name,
        "sequence": pose.sequence,
        "capture_ns": pose.capture_ns,
        "send_ns": pose.send_ns,
        "expected_error_mm": pose.expected_error_mm,
        "sight_age_ms": pose.sight_age_ms,
        "wire": wire.hex(),
    }
    if pose.state is not OverlayState.LIVE:
        return [("/pose", said)]
    return [("/pose", said), ("/patient", _placed("patient", pose.position_m, pose.quat_xyzw))]


def _transform(child: str, room_from_child: RigidTransform) -> dict[str, Any]:
    return _placed(child, *wire_from_rigid(room_from_child))


def _placed(child: str, position_m: tuple[float, ...], quat_xyzw: tuple[float, ...]) -> dict[str, Any]:
    return {
        "parent_frame_id": "room",
        "child_frame_id": child,
        "translation": dict(zip("xyz", position_m, strict=True)),
        "rotation": dict(zip("xyzw", quat_xyzw, strict=True)),
    }
