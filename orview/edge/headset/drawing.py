"""What a reference headset draws: at each frame the overlay's rule is asked, and a pose is applied or all hidden."""

from collections.abc import Callable

from orview.edge.headset.config import AppliedPose, HeadsetStatus
from orview.edge.headset.placement import Placement
from orview.edge.headset.report import Hidden, PoseStatistics
from orview.frames import Frame
from orview.protocol.binary import PoseMessage
from orview.protocol.clock import ClockEstimate
from orview.protocol.overlay import Overlay
from orview.protocol.poses import rigid_from_wire
from orview.units import ms_from_ns, ns_from_ms


class Drawing:
    """Draws frames without a display.

    Args:
        overlay: the rule, and what it was told.
        placement: where the room is.
        statistics: count frames and hides.
        status: is kept up to date.
        on_applied: called for each pose that is drawn, at the frame that draws it first.
        on_hidden: called each time the overlay vanishes.
    """

    def __init__(
        self,
        overlay: Overlay,
        placement: Placement,
        statistics: PoseStatistics,
        status: HeadsetStatus,
        *,
        on_applied: Callable[[AppliedPose], None],
        on_hidden: Callable[[Hidden], None],
    ) -> None:
        self._overlay, self._placement, self._statistics, self._status = overlay, placement, statistics, status
        self._on_applied, self._on_hidden = on_applied, on_hidden
        self._shown: PoseMessage | None = None
        self._shown_since_ns = 0

    def draw(self, now_ns: int, estimate: ClockEstimate | None) -> None:
        """Decide and draw one frame, with the host's clock as it is known now."""
        decision = self._overlay.decide(now_ns=now_ns, clock=estimate)
        self._statistics.frames += 1
        if decision.pose is not None and estimate is not None:
            self._statistics.shown_frames += 1
            if decision.pose is not self._shown:
                self._apply(decision.pose, estimate, now_ns)
            self._shown = decision.pose
            self._shown_since_ns = now_ns - ns_from_ms(decision.pose_age_ms or 0.0)
        elif self._shown is not None:
            assert decision.why is not None
            hidden = Hidden(why=decision.why, at_ns=now_ns, stood_ms=ms_from_ns(now_ns - self._shown_since_ns))
            self._statistics.hides.append(hidden)
            self._shown = None
            self._on_hidden(hidden)
        self._status.shown, self._status.why = decision.pose is not None, decision.why

    def _apply(self, pose: PoseMessage, estimate: ClockEstimate, now_ns: int) -> None:
        room_from_patient = rigid_from_wire(
            to_frame=Frame.ROOM, from_frame=Frame.PATIENT, position_m=pose.position_m, quat_xyzw=pose.quat_xyzw
        )
        host_ns = estimate.host_from_client_ns(now_ns)
        self._statistics.take_drawn(pose, host_ns=host_ns)
        self._on_applied(
            AppliedPose(
                pose=pose,
                world_from_patient=self._placement.world_from_room @ room_from_patient,
                expected_error_mm=max(pose.expected_error_mm, self._placement.error_mm),
                host_ns=host_ns,
                drawn_ns=now_ns,
            )
        )
