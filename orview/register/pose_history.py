"""Where something was at a time: poses with times, read between them, and never across a gap."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.geometry.rigid import RigidTransform
from orview.units import NS_PER_MS, s_from_ns

MAX_GAP_NS = 50 * NS_PER_MS
"""Between poses farther apart than this nobody knows where a head was (hazard H13)."""

STILL_NS, STILL_MM, STILL_RAD = 300 * NS_PER_MS, 1.0, 0.00175
"""A head that moved less than 1 mm and 0.1 deg in 0.3 s is still: then no lag matters."""


class PoseHistory:
    """Poses `a_from_b` of one thing at ascending times.

    Raises:
        ContractError: not as many times as poses, times that do not ascend, or poses of different frames.
    """

    def __init__(self, times_ns: Sequence[int], poses: Sequence[RigidTransform]) -> None:
        if len(times_ns) != len(poses) or any(later <= earlier for earlier, later in itertools.pairwise(times_ns)):
            raise ContractError("A history has as many times as poses, and its times ascend.")
        if len({(pose.to_frame, pose.from_frame) for pose in poses}) > 1:
            raise ContractError("A history is of one thing in one frame.")
        self._times = np.array(times_ns, dtype=np.int64)
        self._poses = list(poses)

    def at(self, time_ns: int, *, most_gap_ns: int = MAX_GAP_NS) -> RigidTransform | None:
        """Return the pose at a time, between its neighbours on the shortest way; None across a gap or outside."""
        later = int(np.searchsorted(self._times, time_ns))
        if later < len(self._times) and self._times[later] == time_ns:
            return self._poses[later]
        if later == 0 or later == len(self._times):
            return None
        before, after = self._poses[later - 1], self._poses[later]
        gap_ns = int(self._times[later] - self._times[later - 1])
        if gap_ns > most_gap_ns:
            return None
        part = float(time_ns - self._times[later - 1]) / gap_ns
        turn = RigidTransform(before.to_frame, before.to_frame, after.rotation @ before.rotation.T, np.zeros(3))
        partial = RigidTransform.from_rotation_vector(
            before.to_frame, before.to_frame, part * turn.rotation_vector_rad, np.zeros(3)
        )
        place = (1.0 - part) * before.translation_mm + part * after.translation_mm
        return RigidTransform(before.to_frame, before.from_frame, partial.rotation @ before.rotation, place)

    def between(self, first_ns: int, last_ns: int) -> list[RigidTransform]:
        """Return the poses from one time to another, both included."""
        first, last = np.searchsorted(self._times, first_ns), np.searchsorted(self._times, last_ns, side="right")
        return self._poses[int(first) : int(last)]

    def motion_at(self, time_ns: int) -> NDArray[np.float64] | None:
        """Return the left motion per second (6,), rotation (rad) first, at a time; None where it is not known."""
        half = MAX_GAP_NS // 5
        before, after = self.at(time_ns - half), self.at(time_ns + half)
        if before is None or after is None:
            return None
        motion = after @ before.inverse()
        return np.concatenate([motion.rotation_vector_rad, motion.translation_mm]) / s_from_ns(2 * half)

    def is_still(self, time_ns: int) -> bool:
        """Whether it hardly moved around a time; False where that is not known."""
        first, last = time_ns - STILL_NS // 2, time_ns + STILL_NS // 2
        inside = (self._times >= first) & (self._times <= last)
        here = self.at(time_ns)
        if here is None or self.at(first) is None or self.at(last) is None:
            return False
        for number in np.flatnonzero(inside):
            motion = self._poses[number] @ here.inverse()
            moved_mm = float(np.linalg.norm(self._poses[number].translation_mm - here.translation_mm))
            if moved_mm > STILL_MM or motion.angle_rad > STILL_RAD:
                return False
        return True
