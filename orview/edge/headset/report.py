"""What a reference headset measured: counted while it runs, told as one report at the end."""

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from orview.protocol.binary import PoseMessage
from orview.protocol.messages import HideReason, OverlayState
from orview.protocol.overlay import steps_between
from orview.units import ms_from_ns, s_from_ns

_LATENCIES_KEPT = 100_000


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """One time the overlay, which had been shown, was hidden.

    Attributes:
        why: the reason.
        at_ns: when, client clock.
        stood_ms: how long the last pose had been shown since it came.
    """

    why: HideReason
    at_ns: int
    stood_ms: float


@dataclass(frozen=True, kw_only=True)
class Percentiles:
    """Median, 99 % and worst of some times, ms."""

    p50: float
    p99: float
    worst: float


@dataclass(frozen=True, kw_only=True)
class HeadsetReport:
    """What a run of the reference headset came to.

    Attributes:
        host_name, room_name, simulated: as the host said.
        role: what the device was let in as.
        discovered_s: until the host was found by mDNS; None when its address was given.
        pinned: where the certificate's fingerprint came from.
        connected_s: from knowing the address to the welcome.
        connections: sockets that were welcomed, one where the link never broke.
        model_digest, model_bytes: the model fetched and verified.
        model_first_s, model_s: from being told of it until its first level was here, and the one asked for.
        model_resumed: how often its download went on after a cut.
        state: the session's last state.
        poses: poses received, in any state.
        live_poses: of them with a place.
        pose_rate_hz: live poses per second between the first and the last.
        gaps: poses the host sent that never came.
        latency_ms: from the camera's exposure to the pose's arrival; None without any.
        drawn_latency_ms: from the exposure to the frame that drew it.
        frames, shown_frames: drawn, and with the overlay.
        hides: each time the overlay vanished.
        hidden_after_ms: the longest a last pose stood, None when the overlay never vanished.
        expected_error_mm: of the newest live pose.
        clock_uncertainty_ms, round_trip_ms: of the host's clock at the end.
        log_head: newest entry of the host's log, as `orview audit verify --head` takes it; empty before the first.
    """

    host_name: str
    room_name: str
    simulated: bool
    role: str
    discovered_s: float | None
    pinned: str
    connected_s: float
    connections: int
    model_digest: str | None
    model_bytes: int
    model_first_s: float | None
    model_s: float | None
    model_resumed: int
    state: str
    poses: int
    live_poses: int
    pose_rate_hz: float
    gaps: int
    latency_ms: Percentiles | None
    drawn_latency_ms: Percentiles | None
    frames: int
    shown_frames: int
    hides: tuple[Hidden, ...]
    hidden_after_ms: float | None
    expected_error_mm: float | None
    clock_uncertainty_ms: float | None
    round_trip_ms: float | None
    log_head: str

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        document: dict[str, Any] = asdict(self)
        document["hides"] = [
            {"why": hide.why.value, "at_ns": hide.at_ns, "stood_ms": hide.stood_ms} for hide in self.hides
        ]
        return document


class PoseStatistics:
    """Counts poses, frames and hides."""

    def __init__(self) -> None:
        self.poses = 0
        self.live_poses = 0
        self.gaps = 0
        self.frames = 0
        self.shown_frames = 0
        self.hides: list[Hidden] = []
        self.newest_live: PoseMessage | None = None
        self._newest: PoseMessage | None = None
        self._first_live_ns: int | None = None
        self._last_live_ns = 0
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES_KEPT)
        self._drawn_latencies_ms: deque[float] = deque(maxlen=_LATENCIES_KEPT)

    def begin_connection(self) -> None:
        """A new connection counts its poses anew."""
        self._newest = None

    def take_pose(self, pose: PoseMessage, *, received_ns: int, host_ns: int | None) -> None:
        """Count a pose; `host_ns` is the host's clock at its arrival, None while unknown."""
        self.poses += 1
        if self._newest is not None:
            self.gaps += max(0, steps_between(self._newest, pose) - 1)
        self._newest = pose
        if pose.state is not OverlayState.LIVE:
            return
        self.live_poses += 1
        self.newest_live = pose
        if self._first_live_ns is None:
            self._first_live_ns = received_ns
        self._last_live_ns = received_ns
        if host_ns is not None:
            self._latencies_ms.append(ms_from_ns(host_ns - pose.capture_ns))

    def take_drawn(self, pose: PoseMessage, *, host_ns: int) -> None:
        """Count a pose that a frame drew for the first time."""
        self._drawn_latencies_ms.append(ms_from_ns(host_ns - pose.capture_ns))

    @property
    def pose_rate_hz(self) -> float:
        """Live poses per second between the first and the last."""
        if self._first_live_ns is None or self._last_live_ns == self._first_live_ns:
            return 0.0
        return (self.live_poses - 1) / s_from_ns(self._last_live_ns - self._first_live_ns)

    @property
    def latency_ms(self) -> Percentiles | None:
        """From exposure to arrival."""
        return percentiles_of(self._latencies_ms)

    @property
    def drawn_latency_ms(self) -> Percentiles | None:
        """From exposure to the frame."""
        return percentiles_of(self._drawn_latencies_ms)

    @property
    def last_latency_ms(self) -> float | None:
        """Of the newest live pose."""
        return self._latencies_ms[-1] if self._latencies_ms else None


def percentiles_of(times_ms: Sequence[float]) -> Percentiles | None:
    """Return the percentiles of some times, None of none."""
    if not times_ms:
        return None
    p50, p99, worst = np.percentile(np.asarray(times_ms), (50, 99, 100))
    return Percentiles(p50=float(p50), p99=float(p99), worst=float(worst))
