"""The desk that places headsets: pairs what each saw or touched with where the room camera saw the board, and watches.

One `HeadsetPlace` a client. What a headset saw counts only beside a sight of the room camera within 50 ms (hazard H13);
the first sights that agree align it, every further one is compared with that (hazard H09), and without any the error
grows until the alignment is void.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.keeper import Keeper
from orview.edge.slots.records import TrackRecord
from orview.errors import OrviewError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.protocol.binary import MAX_ERROR_MM
from orview.protocol.placing import BoardSeen, Corner, CornersTouched, HeadsetWorld, WorldState
from orview.protocol.poses import rigid_from_wire, wire_from_rigid
from orview.register.drift import DriftRate, DriftWord, compare, grown
from orview.register.pose_history import MAX_GAP_NS
from orview.register.world import fit_touches, with_room
from orview.register.world_mean import Sight, robust_mean
from orview.units import m_from_mm, mm_from_m, ns_from_s, s_from_ns

FEWEST_SIGHTS = 8
MOST_SIGHTS = 40
SIGHT_LIFE_NS = ns_from_s(30.0)
RENEW_EVERY_NS = ns_from_s(1.0)
BIAS = about(np.zeros(3), sigma_rad=0.0015, sigma_mm=0.5)
"""What a headset's own sights are all wrong by, until its camera is calibrated: lens and place on the head."""
MOST_GROWN_MM = 5.0
"""An alignment that may be off by more than this at the target, 95 %, is void."""
_LEAST_SIGMA_MM, _LEAST_SIGMA_RAD = 0.05, 0.0002
"""No look is better, whatever a client says of itself."""


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
        self._sights: deque[tuple[int, UncertainPose]] = deque(maxlen=MOST_SIGHTS)

    def room_moved(self, room_frame_id: int) -> None:
        """The room camera may stand elsewhere: what it saw before is told in another frame."""
        self.room_frame_id = room_frame_id
        self._sights.clear()

    def take_record(self, record: TrackRecord) -> None:
        """The room camera saw the board."""
        if record.room_from_board is not None:
            self._sights.append((record.taken_ns, record.room_from_board))

    def room_from_board(self, seen_ns: int) -> UncertainPose | None:
        """Return where the room camera saw the board nearest to a time; None where that is too long before or after."""
        near = min(self._sights, key=lambda sight: abs(sight[0] - seen_ns), default=None)
        return None if near is None or abs(near[0] - seen_ns) > MAX_GAP_NS else near[1]

    def target_room_mm(self) -> NDArray[np.float64]:
        """Return the point that matters: the target where it is known, else the middle of the board."""
        case, now = self.keeper.case, self._sights[-1] if self._sights else None
        if case is not None and now is not None:
            centre_mm = case.structure(case.target_key).centroid_patient_mm
            pose = self.keeper.room_from_patient_now(centre_mm, now_ns=now[0])
            if pose is not None:
                return pose.transform.apply(centre_mm)
        middle = self.corners_board_mm.mean(axis=0)
        return middle if now is None else now[1].transform.apply(middle)


class HeadsetPlace:
    """Where the room stands in one headset's world."""

    def __init__(self, desk: WorldDesk) -> None:
        self._desk = desk
        self._sights: deque[tuple[int, Sight]] = deque(maxlen=MOST_SIGHTS)
        self._aligned: UncertainPose | None = None
        self._doubted: UncertainPose | None = None
        self._head_mm = np.zeros(3)
        self._way_mm = 0.0
        self._seen_ns = 0
        self._renewed_ns = 0
        self._version = 0
        self._state = WorldState.LOOKING
        self._words = "Look at the board on the patient, calmly."

    def see(self, message: BoardSeen, *, now_ns: int) -> None:
        """Take one look of the headset; one that cannot be paired with the room camera says nothing."""
        room_from_board = self._desk.room_from_board(message.seen_ns)
        if message.room_frame_id != self._desk.room_frame_id or room_from_board is None:
            return
        board = _pose(message.world_from_board, Frame.BOARD)
        head = _pose(message.world_from_headset, Frame.HEADSET)
        middle = board.apply(self._desk.corners_board_mm.mean(axis=0))
        sigma_mm = max(message.sigma_mm, _LEAST_SIGMA_MM)
        noise = about(middle, sigma_rad=max(message.sigma_rad, _LEAST_SIGMA_RAD), sigma_mm=sigma_mm)
        pose = board @ room_from_board.transform.inverse()
        sight = Sight(world_from_room=UncertainPose(pose, noise), world_from_bias=head)
        self._way_mm += float(np.linalg.norm(head.translation_mm - self._head_mm)) if self._sights else 0.0
        self._head_mm = head.translation_mm
        if self._aligned is None and self._doubted is not None:
            self._doubt_again(sight, now_ns=now_ns)
        if self._aligned is not None and not self._holds(sight, now_ns=now_ns):
            return
        self._sights.append((now_ns, sight))
        while now_ns - self._sights[0][0] > SIGHT_LIFE_NS:
            self._sights.popleft()
        if self._aligned is None or now_ns - self._renewed_ns >= RENEW_EVERY_NS:
            self._align(room_from_board, now_ns=now_ns)

    def touch(self, message: CornersTouched, *, now_ns: int) -> None:
        """Take touched corners: they align the headset at once, or say why not.

        Raises:
            RefusedError: the touches are too few or do not fit the board.
        """
        room_from_board = self._desk.room_from_board(now_ns)
        if message.room_frame_id != self._desk.room_frame_id or room_from_board is None:
            self._words = "The room camera must see the board while its corners are touched."
            return
        touched = np.array([[mm_from_m(value) for value in corner.place_m] for corner in message.touched])
        corners = self._desk.corners_board_mm[: len(touched)]
        sigma_mm = max(message.sigma_mm, _LEAST_SIGMA_MM)
        board = fit_touches(corners, touched[: len(corners)], sigma_mm=sigma_mm)
        pose = with_room(board @ UncertainPose.certain(room_from_board.transform.inverse()), room_from_board.covariance)
        self._sights.clear()
        self._head_mm = board.transform.translation_mm
        self._stand(pose, now_ns=now_ns)

    def covariance_room_mm2(self, point_room_mm: NDArray[np.float64], *, now_ns: int) -> NDArray[np.float64]:
        """Return the (3, 3) covariance, room axes, of how well the headset knows where a point (3,) of the room is."""
        standing = self._standing(now_ns)
        if standing is None:
            return np.zeros((3, 3))
        rotation = standing.transform.rotation
        return np.asarray(rotation.T @ standing.covariance_at(point_room_mm) @ rotation)

    def message(self, *, now_ns: int) -> HeadsetWorld:
        """Return what the headset is told; an alignment whose error grew too large is void from here on."""
        target = self._desk.target_room_mm()
        standing = self._standing(now_ns)
        if standing is not None and radius_95_mm(standing.covariance_at(target)) > MOST_GROWN_MM:
            self._fall(WorldState.LOOKING, "The headset has not seen the board for too long: look at it.")
            standing = None
        pose = None
        if standing is not None:
            position_m, quat_xyzw = wire_from_rigid(standing.transform)
            pose = (*position_m, *quat_xyzw)
        return HeadsetWorld(
            state=self._state,
            version=self._version,
            room_frame_id=self._desk.room_frame_id,
            world_from_room=pose,
            covariance=() if self._aligned is None else tuple(self._aligned.covariance.ravel().tolist()),
            expected_error_mm=None if standing is None else self._expected_error_mm(standing, target, now_ns=now_ns),
            words=self._words,
            corners=tuple(
                Corner(place_m=tuple(float(m_from_mm(value)) for value in corner))
                for corner in self._desk.corners_board_mm
            ),
        )

    def _expected_error_mm(self, standing: UncertainPose, target: NDArray[np.float64], *, now_ns: int) -> float | None:
        """Return the whole chain's error at the target with this headset in it, rounded up to 0.1 mm."""
        case = self._desk.keeper.case
        if case is None:
            return None
        centre_mm = case.structure(case.target_key).centroid_patient_mm
        room = self._desk.keeper.room_from_patient_now(centre_mm, now_ns=now_ns)
        if room is None:
            return None
        whole = self.covariance_room_mm2(target, now_ns=now_ns) + room.covariance_at(centre_mm)
        return float(min(np.ceil(radius_95_mm(whole) * 10.0) / 10.0, MAX_ERROR_MM))

    def _standing(self, now_ns: int) -> UncertainPose | None:
        if self._aligned is None:
            return None
        since_s = s_from_ns(now_ns - self._seen_ns)
        return grown(self._aligned, about_mm=self._head_mm, since_s=since_s, way_mm=self._way_mm, rate=DriftRate())

    def _holds(self, sight: Sight, *, now_ns: int) -> bool:
        """Compare a sight with the alignment; what does not hold ends it."""
        standing = self._standing(now_ns)
        assert standing is not None
        drift = compare(standing, sight.world_from_room, at_room_mm=self._desk.target_room_mm())
        if drift.word is DriftWord.DRIFTED:
            doubted = self._aligned
            words = f"The headset's world moved by {drift.moved_mm:.0f} mm and {drift.turned_deg:.1f} deg: look again."
            self._fall(WorldState.DRIFTED, words)
            self._doubted = doubted
            return False
        if drift.word is DriftWord.HOLDS:
            self._seen_ns, self._way_mm = now_ns, 0.0
        return True

    def _doubt_again(self, sight: Sight, *, now_ns: int) -> None:
        """Ask the first look after a doubt: where it bears out the alignment, the look before it was the wrong one."""
        doubted, self._doubted = self._doubted, None
        assert doubted is not None
        self._aligned = doubted
        drift = compare(
            self._standing(now_ns) or doubted, sight.world_from_room, at_room_mm=self._desk.target_room_mm()
        )
        if drift.word is DriftWord.HOLDS:
            self._stand(doubted, now_ns=now_ns)
        else:
            self._aligned = None

    def _fall(self, state: WorldState, words: str) -> None:
        self._aligned = None
        self._sights.clear()
        self._state, self._words = state, words

    def _align(self, room_from_board: UncertainPose, *, now_ns: int) -> None:
        if len(self._sights) < FEWEST_SIGHTS:
            return
        try:
            mean = robust_mean([sight for _, sight in self._sights], bias_covariance=BIAS)
        except OrviewError as error:
            if self._aligned is None:
                self._words = str(error)
            return
        self._stand(with_room(mean.world_from_room, room_from_board.covariance), now_ns=now_ns)

    def _stand(self, pose: UncertainPose, *, now_ns: int) -> None:
        self._aligned, self._doubted = pose, None
        self._seen_ns = self._renewed_ns = now_ns
        self._way_mm = 0.0
        self._version += 1
        self._state, self._words = WorldState.ALIGNED, "The headset knows where the room is."


def _pose(numbers: tuple[float, ...], from_frame: Frame) -> RigidTransform:
    return rigid_from_wire(to_frame=Frame.WORLD, from_frame=from_frame, position_m=numbers[:3], quat_xyzw=numbers[3:])
