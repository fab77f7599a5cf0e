"""What processes of a host tell one another: small JSON documents in slots."""

import json
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from orview.edge.slots.latest_slot import LatestSlot

_Status = TypeVar(
    "_Status", "TrackStatus", "StreamStatus", "TrackOrders", "CalibrationStatus", "PointerOrders", "ProcessStatus"
)

MAX_OUTLINES = 64
CALIBRATION_CAPACITY = 1 << 16
"""Bytes a slot of `CalibrationStatus` needs."""


@dataclass(frozen=True, kw_only=True)
class TrackStatus:
    """What the track process knows of its camera.

    Attributes:
        started_ns: when the process began; another value is another process.
        fits: the profile belongs to this camera and mode; None while there is no camera.
        words: one short sentence: what the camera is, or what is wrong with it and what to do.
        doubt: how it was moved or refocused: nothing is followed until a person has looked after it; or empty.
        checking: it is being measured whether the lens still fits.
        moved: how boards on the patient moved against each other, empty where they did not.
        boards_trusted, camera_checks, cameras_chosen: the orders of that number were obeyed.
        profile: name of the profile in use, empty where none belongs to the camera; with it the day of the calibration
            (ISO), the error it allows for at a target, None where nobody worked it out, and the limit, both mm.
    """

    started_ns: int
    fits: bool | None
    words: str
    doubt: str = ""
    checking: bool = False
    moved: str = ""
    boards_trusted: int = 0
    camera_checks: int = 0
    cameras_chosen: int = 0
    profile: str = ""
    calibrated_on: str = ""
    profile_error_mm: float | None = None
    profile_limit_mm: float = 0.0


@dataclass(frozen=True, kw_only=True)
class TrackOrders:
    """What the track process is asked for. Counts, so that none is obeyed twice and none is lost.

    Attributes:
        boards_trusted: how often the boards were taken for right as they stand.
        camera_checks: how often a person said that a doubted camera may be measured.
        calibrations: how often a calibration was begun; `calibrating` while the newest is wanted, with `board`.
        cameras_chosen: how often another camera was chosen; `camera` is the source of the newest.
    """

    boards_trusted: int = 0
    camera_checks: int = 0
    calibrations: int = 0
    calibrating: bool = False
    board: str = ""
    cameras_chosen: int = 0
    camera: str = ""


@dataclass(frozen=True, kw_only=True)
class PointerOrders:
    """What the track process is asked for about the pointer.

    Attributes:
        number: how often a touch was asked for; another number is another touch, and what rested before is none.
        wanted: whether the newest is still wanted; without, the pointer is not looked for.
    """

    number: int = 0
    wanted: bool = False


@dataclass(frozen=True, kw_only=True)
class CalibrationStatus:
    """How far the calibration `number` of a host's run is; the fields of the wire's `CalibrationEntry` beside it.

    Attributes:
        outlines: of each view x and y in turn, px of the camera's picture.
    """

    number: int
    board: str
    state: str
    words: str
    took: bool
    views: int
    most: int
    error_mm: float | None
    limit_mm: float
    width_px: int
    height_px: int
    outlines: tuple[tuple[float, ...], ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProcessStatus:
    """How often each process of a host was started again."""

    restarts: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class StreamStatus:
    """How the host is doing, for its own terminal.

    Attributes:
        started_ns: when the process began; another value is another process.
        said_ns: when it said this.
        state, why: of the session.
        clients: devices that are in.
        poses_hz: poses sent in the last second.
        pose_age_ms: median from exposure to sending in the last second, None without poses.
        code: the joining code that stands, None when there is none.
        code_expires_ns: when it ends, host clock.
        missing: keys of the conditions LIVE waits for; unlike `why` they never hold the name of a case.
        recording: "off", "on", or "stopped" by a disk that is full.
        recording_bytes: written since the host started.
        troubles: what keeps the host from its work, as `/health` says.
        other_hosts: on this network, "name at address" each.
    """

    started_ns: int
    said_ns: int
    state: str
    why: str
    clients: int
    poses_hz: float
    pose_age_ms: float | None
    code: str | None
    code_expires_ns: int | None
    missing: list[str]
    recording: str
    recording_bytes: int
    troubles: list[str]
    other_hosts: list[str]


def publish_status(slot: LatestSlot, status: _Status) -> None:
    """Make `status` the newest of its slot."""
    slot.publish(json.dumps(asdict(status)).encode())


def parse_status(payload: bytes, kind: type[_Status]) -> _Status:
    """Rebuild what `publish_status` wrote."""
    document: dict[str, Any] = json.loads(payload)
    return kind(**document)
