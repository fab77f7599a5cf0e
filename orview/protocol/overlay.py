"""The client's own rule: may the overlay be shown now, with which pose, and if not, why.

It never trusts the host to hide (hazards H01, H02, H17): ages are taken by the client's monotonic clock, the model is
compared by digest. `headset_client` has the same rule; tests/wire/overlay.json holds the two together.
"""

from dataclasses import dataclass

from orview.protocol.binary import MODEL_PREFIX_BYTES, NO_PLAN, PLAN_PREFIX_BYTES, PoseMessage
from orview.protocol.clock import ClockEstimate
from orview.protocol.limits import FADE_HOLD_MS, FADE_LIMIT_MS, LINK_LIMIT_MS, MAX_CLOCK_UNCERTAINTY_MS, SIGHT_LIMIT_MS
from orview.protocol.messages import HideReason, OverlayState, Session
from orview.units import ms_from_ns, ns_from_ms

PATIENT_THING_ID = 0
"""The thing whose pose carries the model."""

HIDE_WORDS = {
    HideReason.NO_LINK: "Not connected to the host.",
    HideReason.NO_SESSION: "No session yet.",
    HideReason.NOT_LIVE: "The session is not live.",
    HideReason.NO_POSE: "No pose yet.",
    HideReason.LINK_STALE: "No fresh pose from the host.",
    HideReason.CLOCK_UNKNOWN: "The host's clock is not known well enough.",
    HideReason.SIGHT_STALE: "The camera does not see the board.",
    HideReason.NO_MODEL: "The model is not loaded yet.",
    HideReason.OTHER_MODEL: "The model loaded is not the one of the session.",
    HideReason.OTHER_PLAN: "The pose belongs to another plan or stage than the one here.",
    HideReason.NOT_ALIGNED: "The headset is not aligned with the room.",
    HideReason.CLEARED: "The view was cleared.",
}
"""What people read for each reason."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Show `pose`, or hide because of `why`; exactly one of the two is there.

    Attributes:
        pose: what to show: room_from_patient.
        why: why nothing is shown.
        pose_age_ms: since the newest pose came, by the client's clock; None without one.
        sight_age_ms: since the camera last saw the board, at most; None without a pose or clock.
        faded: show it as outlines only: it is about to be too old, or was a moment ago.
    """

    pose: PoseMessage | None
    why: HideReason | None
    pose_age_ms: float | None
    sight_age_ms: float | None
    faded: bool


@dataclass(frozen=True)
class _Ages:
    """Of the newest pose: since it came, since it was sent, since the last sight; None where the clock is unknown."""

    heard_ms: float
    sent_ms: float | None
    sight_ms: float | None


class Overlay:
    """One client's overlay. Everything but `decide` tells it what has happened."""

    def __init__(self) -> None:
        self._linked = False
        self._session: Session | None = None
        self._pose: PoseMessage | None = None
        self._received_ns = 0
        self._model_digest: str | None = None
        self._plan_digest: str | None = None
        self._room_frame_id: int | None = None
        self._cleared = False
        self._aged_ns: int | None = None
        self._latest_ns: int | None = None

    def link_up(self) -> None:
        """A connection was welcomed. Nothing the one before it said is valid any more."""
        self._linked = True
        self._session = None
        self._plan_digest = None
        self._pose = None
        self._cleared = False

    def link_down(self) -> None:
        """The connection ended."""
        self._linked = False

    def take_session(self, session: Session) -> None:
        """A `session` message came."""
        self._session = session

    def take_plan(self, digest: str | None) -> None:
        """A `plan` message with this digest came."""
        self._plan_digest = digest

    def take_view(self, *, cleared: bool) -> None:
        """A `view` message came, or the wearer cleared the view, or shows it again."""
        self._cleared = cleared

    def take_model(self, digest: str | None) -> None:
        """The model with this digest is loaded and verified; None when it is unloaded."""
        self._model_digest = digest

    def take_alignment(self, room_frame_id: int | None) -> None:
        """The client knows where this room frame stands in its world; None when it no longer does."""
        self._room_frame_id = room_frame_id

    def take_pose(self, pose: PoseMessage, *, received_ns: int) -> bool:
        """A pose came; returns whether it is newer than all before it on this connection."""
        if pose.thing_id != PATIENT_THING_ID:
            return False
        if self._pose is not None and (steps_between(self._pose, pose) <= 0 or pose.send_ns <= self._pose.send_ns):
            return False
        self._watch_clock(received_ns)
        self._pose = pose
        self._received_ns = received_ns
        return True

    def decide(self, *, now_ns: int, clock: ClockEstimate | None) -> Decision:
        """Return what to do at a time of the client's monotonic clock; ask before every frame."""
        self._watch_clock(now_ns)
        pose = self._pose
        ages = None if pose is None else self._ages(pose, now_ns=now_ns, clock=clock)
        why = self._why(pose, ages)
        # No age is greater than that of the sight.
        if ages is None or ages.sight_ms is None or ages.sight_ms >= FADE_LIMIT_MS:
            self._aged_ns = now_ns
        aged = self._aged_ns is not None and now_ns - self._aged_ns < ns_from_ms(FADE_HOLD_MS)
        return Decision(
            pose=pose if why is None else None,
            why=why,
            pose_age_ms=None if ages is None else ages.heard_ms,
            sight_age_ms=None if ages is None else ages.sight_ms,
            faded=why is None and aged,
        )

    def _watch_clock(self, now_ns: int) -> None:
        """Let go of the pose where the clock went back: how long ago it came is not known any more."""
        if self._latest_ns is not None and now_ns < self._latest_ns:
            self._pose = None
        self._latest_ns = now_ns

    def _ages(self, pose: PoseMessage, *, now_ns: int, clock: ClockEstimate | None) -> "_Ages":
        heard_ms = ms_from_ns(now_ns - self._received_ns)
        if clock is None or clock.uncertainty_ns > ns_from_ms(MAX_CLOCK_UNCERTAINTY_MS):
            return _Ages(heard_ms, None, None)
        # The latest it may be at the host, and never younger than by the arrival: no age is told too young.
        latest_host_ns = clock.host_from_client_ns(now_ns) + clock.uncertainty_ns
        sent_ms = max(ms_from_ns(latest_host_ns - pose.send_ns), heard_ms)
        return _Ages(heard_ms, sent_ms, pose.sight_age_ms + sent_ms)

    def _why(self, pose: PoseMessage | None, ages: "_Ages | None") -> HideReason | None:
        session = self._session
        if not self._linked:
            return HideReason.NO_LINK
        if session is None or session.state is OverlayState.OFF:
            return HideReason.NO_SESSION
        if session.state is not OverlayState.LIVE:
            return HideReason.NOT_LIVE
        if pose is None or ages is None:
            return HideReason.NO_POSE
        if ages.heard_ms > LINK_LIMIT_MS:
            return HideReason.LINK_STALE
        if pose.state is not OverlayState.LIVE:
            return HideReason.NOT_LIVE
        if ages.sent_ms is None or ages.sight_ms is None:
            return HideReason.CLOCK_UNKNOWN
        if ages.sent_ms > LINK_LIMIT_MS:
            return HideReason.LINK_STALE
        if ages.sight_ms > SIGHT_LIMIT_MS:
            return HideReason.SIGHT_STALE
        return self._why_not_here(session, pose)

    def _why_not_here(self, session: Session, pose: PoseMessage) -> HideReason | None:
        digest = self._model_digest
        if digest is None:
            return HideReason.NO_MODEL
        if session.model is None or digest != session.model.digest or model_prefix(digest) != pose.model_prefix:
            return HideReason.OTHER_MODEL
        if not self._same_plan(session, pose):
            return HideReason.OTHER_PLAN
        if self._room_frame_id != pose.room_frame_id:
            return HideReason.NOT_ALIGNED
        return HideReason.CLEARED if self._cleared else None

    def _same_plan(self, session: Session, pose: PoseMessage) -> bool:
        """Whether pose, session and plan are of one plan and stage; without a locked plan, of none."""
        locked = session.plan_digest
        if (plan_prefix(locked), session.stage) != (pose.plan_prefix, pose.stage):
            return False
        return locked is None or locked == self._plan_digest


def plan_prefix(digest: str | None) -> bytes:
    """Return the first bytes of a locked plan's digest (hex), as poses name it; zeros for none."""
    return NO_PLAN if digest is None else bytes.fromhex(digest[: 2 * PLAN_PREFIX_BYTES])


def model_prefix(digest: str) -> bytes:
    """Return the first bytes of a model's digest (hex), as poses name it."""
    return bytes.fromhex(digest[: 2 * MODEL_PREFIX_BYTES])


def steps_between(old: PoseMessage, new: PoseMessage) -> int:
    """Return how many poses `new` comes after `old` (1: the next), told from 32 bits that wrap around."""
    step = (new.sequence - old.sequence) % 2**32
    return step if step < 2**31 else step - 2**32
