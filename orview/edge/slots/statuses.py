"""What processes of a host tell one another about themselves: small JSON documents in slots."""

import json
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from orview.edge.slots.latest_slot import LatestSlot

_Status = TypeVar("_Status", "TrackStatus", "StreamStatus")


@dataclass(frozen=True, kw_only=True)
class TrackStatus:
    """What the track process knows of its camera.

    Attributes:
        started_ns: when the process began; another value is another process.
        fits: the profile belongs to this camera and mode; None while there is no camera.
        words: one short sentence: what the camera is, or what is wrong with it and what to do.
    """

    started_ns: int
    fits: bool | None
    words: str


@dataclass(frozen=True, kw_only=True)
class StreamStatus:
    """How the host is doing, for its own terminal.

    Attributes:
        started_ns: when the process began; another value is another process.
        state, why: of the session.
        clients: devices that are in.
        poses_hz: poses sent in the last second.
        pose_age_ms: median from exposure to sending in the last second, None without poses.
        code: the joining code that stands, None when there is none.
        code_expires_ns: when it ends, host clock.
    """

    started_ns: int
    state: str
    why: str
    clients: int
    poses_hz: float
    pose_age_ms: float | None
    code: str | None
    code_expires_ns: int | None


def publish_status(slot: LatestSlot, status: TrackStatus | StreamStatus) -> None:
    """Make `status` the newest of its slot."""
    slot.publish(json.dumps(asdict(status)).encode())


def parse_status(payload: bytes, kind: type[_Status]) -> _Status:
    """Rebuild what `publish_status` wrote."""
    document: dict[str, Any] = json.loads(payload)
    return kind(**document)
