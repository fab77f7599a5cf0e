"""When a headset's pictures were exposed, and where its head was then: by their lag, or while the head rests.

How late a picture's stamp is nobody tells. Its head pose is that of one moment, stamp less lag, once the lag is known
(`lag.py`), and before that only of a head that rested during all the time in which the picture may have been exposed.
What of the head's motion stays unknown is told as its covariance (hazard H13).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError, RefusedError
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register.lag import FEWEST, LONGEST_MS, Lag, TimedSight, estimate_lag
from orview.register.pose_history import PoseHistory
from orview.register.world_mean import motion_between
from orview.units import NS_PER_MS, ns_from_ms, ns_from_s, rad_from_deg

HISTORY_NS = ns_from_s(20.0)
"""Of the head, and of the sights the lag is estimated from."""
MOST_SIGHTS = 60
MOST_HEADS = 3000
FIRST_EVERY_NS, RENEW_NS = ns_from_s(1.0), ns_from_s(10.0)
"""From one try at the lag to the next, and from one estimate to the next."""

JITTER_MS = 2.0
"""By so much the lag of single pictures differs from the mean, one sigma: part of a frame's exposure and queue."""
HEAD_RAD, HEAD_MM = 0.0003, 0.1
"""Jitter of a headset's own tracking, one sigma: a guess on the safe side."""
MOST_RAD_PER_S, MOST_MM_PER_S = rad_from_deg(15.0), 100.0
"""A picture of a faster head tells the lag and nothing else: its rows are exposed one after the other."""
_MOVING_RAD_PER_S, _MOVING_MM_PER_S = rad_from_deg(3.0), 20.0
_MIDDLE_NS = ns_from_ms(LONGEST_MS / 2.0)
"""A picture was exposed this long before its stamp, or twice as long, or just then: the middle of all that may be."""
_REACH_NS = 150 * NS_PER_MS


@dataclass(frozen=True, kw_only=True, eq=False)
class Exposure:
    """A picture's moment.

    Attributes:
        exposed_ns: when it was exposed, the clock of the heads.
        world_from_headset: where the head was, with what is unknown of that.
        lag_ms: stamp less exposure; None where it is not known and the head rested.
    """

    exposed_ns: int
    world_from_headset: UncertainPose
    lag_ms: float | None


class Exposures:
    """The pictures of one camera on one headset."""

    def __init__(self) -> None:
        self.lag: Lag | None = None
        self._times: deque[int] = deque(maxlen=MOST_HEADS)
        self._poses: deque[RigidTransform] = deque(maxlen=MOST_HEADS)
        self._sights: deque[TimedSight] = deque(maxlen=MOST_SIGHTS)
        self._estimated_ns = 0
        self._heads = PoseHistory([], [])

    def take_heads(self, times_ns: Sequence[int], poses: Sequence[RigidTransform]) -> None:
        """Take where the head was, `world_from_headset`; what is not later than what is known is left out.

        Raises:
            ContractError: times that do not ascend, or not as many poses.
        """
        if len(times_ns) != len(poses) or any(later <= earlier for earlier, later in pairwise(times_ns)):
            raise ContractError("There are as many heads as times, and these ascend.")
        for time_ns, pose in zip(times_ns, poses, strict=True):
            if not self._times or time_ns > self._times[-1]:
                self._times.append(time_ns)
                self._poses.append(pose)
        while self._times and self._times[-1] - self._times[0] > HISTORY_NS:
            self._times.popleft()
            self._poses.popleft()
        self._heads = PoseHistory(list(self._times), list(self._poses))

    def take_sight(self, sight: TimedSight) -> None:
        """Take a sight of the resting board, and estimate the lag anew where it is time and the head has moved."""
        self._sights.append(sight)
        while sight.stamped_ns - self._sights[0].stamped_ns > HISTORY_NS:
            self._sights.popleft()
        pause_ns = FIRST_EVERY_NS if self.lag is None else RENEW_NS
        if sight.stamped_ns - self._estimated_ns < pause_ns or self._moving() < FEWEST:
            return
        self._estimated_ns = sight.stamped_ns
        try:
            self.lag = estimate_lag(list(self._sights), self._heads)
        except RefusedError:
            # A head that hardly moved says nothing against what is known.
            return

    def is_due(self, stamped_ns: int) -> bool:
        """Whether the heads reach far enough to place a picture of this stamp."""
        until_ns = stamped_ns - _MIDDLE_NS + _REACH_NS
        if self.lag is not None:
            until_ns = self.lag.exposed_ns(stamped_ns) + _REACH_NS // 5
        return bool(self._times) and self._times[-1] >= until_ns

    def place(self, stamped_ns: int) -> Exposure | None:
        """Return the moment of a picture; None where the head moved, or where it was then is not known."""
        return self._at_rest(stamped_ns) if self.lag is None else self._by_lag(stamped_ns, self.lag)

    def _by_lag(self, stamped_ns: int, lag: Lag) -> Exposure | None:
        exposed_ns = lag.exposed_ns(stamped_ns)
        head, motion = self._heads.at(exposed_ns), self._heads.motion_at(exposed_ns)
        if head is None or motion is None or self._is_fast(head, motion):
            return None
        missed = 1e-3 * float(np.hypot(lag.sigma_ms, JITTER_MS)) * motion
        covariance = np.outer(missed, missed) + _jitter(head)
        return Exposure(exposed_ns=exposed_ns, world_from_headset=UncertainPose(head, covariance), lag_ms=lag.lag_ms)

    def _at_rest(self, stamped_ns: int) -> Exposure | None:
        middle_ns = stamped_ns - _MIDDLE_NS
        head = self._heads.at(middle_ns)
        if head is None or not self._heads.is_still(middle_ns):
            return None
        around = self._heads.between(middle_ns - _REACH_NS, middle_ns + _REACH_NS)
        moved = np.array([motion_between(pose, head) for pose in around])
        covariance = moved.T @ moved / len(moved) + _jitter(head)
        return Exposure(exposed_ns=middle_ns, world_from_headset=UncertainPose(head, covariance), lag_ms=None)

    def _moving(self) -> int:
        motions = [(self._heads.at(s.stamped_ns), self._heads.motion_at(s.stamped_ns)) for s in self._sights]
        return sum(
            head is not None
            and motion is not None
            and (_turn(motion) > _MOVING_RAD_PER_S or _way(head, motion) > _MOVING_MM_PER_S)
            for head, motion in motions
        )

    def _is_fast(self, head: RigidTransform, motion: NDArray[np.float64]) -> bool:
        return _turn(motion) > MOST_RAD_PER_S or _way(head, motion) > MOST_MM_PER_S


def _turn(motion: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(motion[:3]))


def _way(head: RigidTransform, motion: NDArray[np.float64]) -> float:
    """Return how fast the head itself goes, mm/s; a left motion is told at the world's origin."""
    return float(np.linalg.norm(motion[3:] + np.cross(motion[:3], head.translation_mm)))


def _jitter(head: RigidTransform) -> NDArray[np.float64]:
    return about(head.translation_mm, sigma_rad=HEAD_RAD, sigma_mm=HEAD_MM)
