"""The desk that places headsets: what all of them share, the room camera's newest sights of the board above all.

What a headset saw counts only beside a sight of the room camera within 50 ms (hazard H13).
"""

import bisect
from collections import deque

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.keeper import Keeper
from orview.edge.slots.records import TrackRecord
from orview.markers.board import Board
from orview.register.pose_history import MAX_GAP_NS
from orview.units import ns_from_s

KEPT_NS = ns_from_s(15.0)
"""A picture of a headset is told of so late at most: it travels, waits for its turn, is looked through, and may count
only once the lag of its camera is known."""

RECENT_NS = ns_from_s(0.5)
"""A picture takes its time from the exposure to here: what is newest and not older is what the room camera sees now."""


def corners_to_touch(board: Board) -> NDArray[np.float64]:
    """Return the corners (N, 3) of the markers at the rim of a board's first face, clockwise from its own top-left."""
    corners = np.vstack([*board.marker_corners_mm.values(), board.chessboard_corners_mm])
    flat = corners[np.abs(corners[:, 2] - corners[0, 2]) < 1e-6]
    low, high = flat[:, :2].min(axis=0), flat[:, :2].max(axis=0)
    wanted = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    chosen = [int(np.argmin(np.linalg.norm(flat[:, :2] - place, axis=1))) for place in wanted]
    return np.asarray(flat[chosen], dtype=np.float64)


class WorldDesk:
    """What all headsets share: the keeper, the corners that can be touched, and the newest sights of the room camera.

    Args:
        keeper: the session.
        corners_board_mm: (N, 3) corners of the patient's board to touch, in order.
        room_frame_id: of the room camera's sights.
    """

    def __init__(self, keeper: Keeper, *, corners_board_mm: NDArray[np.float64], room_frame_id: int) -> None:
        self.keeper = keeper
        self.corners_board_mm = corners_board_mm
        self.room_frame_id = room_frame_id
        self._sights: deque[TrackRecord] = deque()

    def room_moved(self, room_frame_id: int) -> None:
        """The room camera may stand elsewhere: what it saw before is told in another frame."""
        self.room_frame_id = room_frame_id
        self._sights.clear()

    def take_record(self, record: TrackRecord) -> None:
        """The room camera saw the board."""
        if self._sights and record.taken_ns <= self._sights[-1].taken_ns:
            return
        if record.room_from_board is not None:
            self._sights.append(record)
        while self._sights and record.taken_ns - self._sights[0].taken_ns > KEPT_NS:
            self._sights.popleft()

    def sight_at(self, seen_ns: int) -> TrackRecord | None:
        """Return the room camera's sight of the board nearest to a time; None where that is too far from it."""
        later = bisect.bisect_left(self._sights, seen_ns, key=lambda sight: sight.taken_ns)
        beside = [self._sights[at] for at in (later - 1, later) if 0 <= at < len(self._sights)]
        near = min(beside, key=lambda sight: abs(sight.taken_ns - seen_ns), default=None)
        return None if near is None or abs(near.taken_ns - seen_ns) > MAX_GAP_NS else near

    def newest_sight(self, now_ns: int) -> TrackRecord | None:
        """Return the room camera's newest sight of the board; None where that is no sight of now any more."""
        newest = self._sights[-1] if self._sights else None
        return None if newest is None or now_ns - newest.taken_ns > RECENT_NS else newest

    def target_room_mm(self) -> NDArray[np.float64]:
        """Return the point that matters: the target where it is known, else the middle of the board."""
        case, now = self.keeper.case, self._sights[-1] if self._sights else None
        if case is not None and now is not None:
            centre_mm = case.structure(case.target_key).centroid_patient_mm
            pose = self.keeper.room_from_patient_now(centre_mm, now_ns=now.taken_ns)
            if pose is not None:
                return pose.transform.apply(centre_mm)
        middle = self.corners_board_mm.mean(axis=0)
        return middle if now is None or now.room_from_board is None else now.room_from_board.transform.apply(middle)
