"""What the stream process counts of itself, and what `/health` and `/metrics` tell of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from orview import __version__
from orview.edge.host.crowd import CrowdCounts
from orview.edge.host.metrics import Family, Histogram, by_label, single
from orview.edge.host.session_recording import RecordingState
from orview.edge.slots.records import SightState
from orview.edge.store_file import SCHEMA_VERSION
from orview.protocol.codec import PROTOCOL_VERSION
from orview.session.state import Session, State
from orview.units import NS_PER_S, ms_from_ns

TRACKING_SILENT_AFTER_NS = 5 * NS_PER_S
"""The track process says something at least once a second, a camera or not."""
START_LIMIT_NS = 60 * NS_PER_S
"""So long it may take to start."""
LOOP_LATE_MS = 100.0
"""Poses are hidden at 150 ms: a loop that is so late takes most of it."""
LATE_KEPT_NS = 10 * NS_PER_S
_POSE_AGES_S = (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.15)
_LAGS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What the parts of the host say of themselves at the moment they are asked.

    Attributes:
        session: as it stands.
        crowd: who is in and what they were sent.
        recording: how it stands, None where nothing was recorded yet.
        restarts: of each process.
        audit_sequence: the log's newest entry, None before the first.
        audit_waiting: entries that are not on disk yet.
        audit_overdue: they wait for longer than a healthy disk takes.
        disk_free_bytes: of the store's disk, None where it does not say.
        other_hosts: on this network.
    """

    session: Session
    crowd: CrowdCounts
    recording: RecordingState | None
    restarts: Mapping[str, int]
    audit_sequence: int | None
    audit_waiting: int
    audit_overdue: bool
    disk_free_bytes: int | None
    other_hosts: int


class Instruments:
    """Counts while the host runs.

    Args:
        started_ns: when the process began.
    """

    def __init__(self, *, started_ns: int) -> None:
        self._started_ns = started_ns
        self._pose_ages = Histogram(_POSE_AGES_S)
        self._lags = Histogram(_LAGS_S)
        self._sights: Counter[SightState] = Counter()
        self._tracker_heard_ns: int | None = None
        self._pose_age_ms: float | None = None
        self._late: tuple[int, float] | None = None

    def take_pose(self, age_ns: int) -> None:
        """Count a live pose that was sent so long after its picture was exposed."""
        self._pose_age_ms = ms_from_ns(age_ns)
        self._pose_ages.take(age_ns / NS_PER_S)

    def take_sight(self, state: SightState) -> None:
        """Count what came of a picture."""
        self._sights[state] += 1

    def take_tracker_sign(self, *, now_ns: int) -> None:
        """Note that the track process said something."""
        self._tracker_heard_ns = now_ns

    def take_lag(self, lag_ns: int, *, now_ns: int) -> bool:
        """Count how late the loop was; returns whether that was so late that it is worth words."""
        self._lags.take(max(lag_ns, 0) / NS_PER_S)
        late = ms_from_ns(lag_ns) > LOOP_LATE_MS
        if late:
            self._late = now_ns, ms_from_ns(lag_ns)
        return late

    def troubles(self, readings: Readings, *, now_ns: int) -> tuple[str, ...]:
        """Return what keeps the host from its work, as words that stay the same."""
        heard_ns, limit_ns = self._tracker_heard_ns, TRACKING_SILENT_AFTER_NS
        if heard_ns is None:
            heard_ns, limit_ns = self._started_ns, START_LIMIT_NS
        found = {
            "tracking_silent": now_ns - heard_ns > limit_ns,
            "loop_late": self._late is not None and now_ns - self._late[0] < LATE_KEPT_NS,
            "audit_not_written": readings.audit_overdue,
        }
        return tuple(trouble for trouble, holds in found.items() if holds)

    def health(self, readings: Readings, *, now_ns: int) -> dict[str, object]:
        """Return how the host is, as `/health` tells it."""
        troubles = self.troubles(readings, now_ns=now_ns)
        heard_ns, recording = self._tracker_heard_ns, readings.recording
        return {
            "status": "failing" if troubles else "ok",
            "troubles": list(troubles),
            "version": __version__,
            "protocol": PROTOCOL_VERSION,
            "schema": SCHEMA_VERSION,
            "state": readings.session.state.value,
            "missing": missing(readings.session),
            "clients": readings.crowd.devices,
            "clients_by_role": dict(readings.crowd.roles),
            "up_s": round((now_ns - self._started_ns) / NS_PER_S, 1),
            "pose_age_ms": None if readings.session.state is not State.LIVE else self._pose_age_ms,
            "tracker_heard_ms": None if heard_ns is None else round(ms_from_ns(now_ns - heard_ns), 1),
            "recording": "off" if recording is None else recording.word,
            "disk_free_bytes": readings.disk_free_bytes,
            "audit_sequence": readings.audit_sequence,
            "other_hosts": readings.other_hosts,
        }

    def families(self, readings: Readings, *, now_ns: int) -> list[Family]:
        """Return every metric (docs/operating.md has the table)."""
        session, crowd, recording = readings.session, readings.crowd, readings.recording
        states = {state.value: float(state is session.state) for state in State}
        sights = {state.name.lower(): float(self._sights[state]) for state in SightState}
        free_bytes = readings.disk_free_bytes
        told = [
            by_label("orview_state", "gauge", "1 for the state the session is in.", "state", states),
            single("orview_up_seconds", "gauge", "Age of this process.", (now_ns - self._started_ns) / NS_PER_S),
            by_label("orview_clients", "gauge", "Devices that are in, by role.", "role", crowd.roles),
            by_label("orview_client_poses_sent_total", "counter", "Poses put on the socket.", "client", crowd.sent),
            by_label(
                "orview_client_poses_skipped_total",
                "counter",
                "Poses a newer one took the place of, because the client was not ready.",
                "client",
                crowd.skipped,
            ),
            single(
                "orview_poses_sent_total",
                "counter",
                "Poses put on sockets, of all clients since the start.",
                crowd.all_sent,
            ),
            single(
                "orview_poses_skipped_total",
                "counter",
                "Poses never sent because a newer one came first, of all clients since the start.",
                crowd.all_skipped,
            ),
            self._pose_ages.family("orview_pose_age_seconds", "From exposure to sending, of live poses."),
            by_label("orview_sights_total", "counter", "Pictures looked through, by what came of it.", "sight", sights),
            by_label("orview_restarts_total", "counter", "Processes started again.", "process", readings.restarts),
            self._lags.family("orview_loop_lag_seconds", "How late the event loop was, 50 times a second."),
            single(
                "orview_audit_head", "gauge", "Number of the audit log's newest entry.", readings.audit_sequence or 0
            ),
            single("orview_audit_waiting", "gauge", "Entries not on disk yet.", readings.audit_waiting),
            single(
                "orview_recording",
                "gauge",
                "1 while a session is recorded.",
                recording is not None and recording.word == "on",
            ),
            single("orview_recording_bytes_total", "counter", "Written.", 0 if recording is None else recording.bytes),
            single(
                "orview_recording_dropped_total",
                "counter",
                "Frames lost.",
                0 if recording is None else recording.dropped,
            ),
            single("orview_other_hosts", "gauge", "Other hosts that answer on this network.", readings.other_hosts),
        ]
        if free_bytes is not None:
            told.append(single("orview_disk_free_bytes", "gauge", "Room on the store's disk.", free_bytes))
        return told


def missing(session: Session) -> list[str]:
    """Return the keys of what LIVE waits for; keys, because the words may hold the name of a case."""
    if session.state in (State.LIVE, State.OFF):
        return []
    return [condition.key for condition in session.conditions if not condition.holds]
