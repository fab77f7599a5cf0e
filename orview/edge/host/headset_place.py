"""Where the room stands in one headset's world: aligned by what it saw or touched, watched, and void when in doubt.

The first looks that agree align it, every further one is compared with that (hazard H09), and without any the error
grows until the alignment is void.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.structure_errors import StructureErrors
from orview.edge.host.world_desk import WorldDesk
from orview.edge.host.worn_looker import headset_from_worn
from orview.edge.slots.look_records import LookAnswer
from orview.edge.slots.records import LENS_ERRORS, SHARED_ERRORS, TrackRecord
from orview.edge.slots.worn_records import WornPlaced
from orview.errors import OrviewError, RefusedError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.shared_error import own_covariance
from orview.geometry.uncertain import UncertainPose
from orview.protocol.binary import MAX_ERROR_MM
from orview.protocol.placing import BoardSeen, Corner, CornersTouched, HeadsetWorld, WorldState
from orview.protocol.poses import rigid_from_wire, wire_from_rigid
from orview.register.drift import Drift, DriftRate, DriftWord, compare, grown
from orview.register.world import CALM_MM, CALM_RAD, fit_touches, known_by_worn, seen_by_headset, seen_by_room
from orview.register.world_mean import Sight, robust_mean, root_of, together
from orview.units import m_from_mm, mm_from_m, ns_from_s, rad_from_deg, s_from_ns

FEWEST_SIGHTS = 8
MOST_SIGHTS = 40
SIGHT_LIFE_NS = ns_from_s(30.0)
RENEW_EVERY_NS = ns_from_s(1.0)
BIAS = about(np.zeros(3), sigma_rad=0.0015, sigma_mm=0.5)
"""What a headset's own sights are all wrong by, where nobody knows better: lens and place on the head."""
LEAST_TURN_RAD = rad_from_deg(8.0)
"""Between the looks that align: a camera that sits otherwise on the head than told (other axes, other units) sees the
board in one and the same wrong place only for as long as the head does not turn."""
MOST_GROWN_MM = 5.0
"""An alignment that may be off by more than this at the target, 95 %, is void."""
MOMENT_NS = ns_from_s(0.35)
"""Sights of a worn board so near to one another are compared with the alignment as one: a single one of a small board a
metre away is too unsure to show 5 mm."""
OTHER_WAY_NS = ns_from_s(2.0)
"""A headset that shows pictures and wears a board is placed by one of the two; after so long a silence by the other."""
FIRST_WORDS = "Look at the board on the patient, calmly."
_LEAST_SIGMA_MM, _LEAST_SIGMA_RAD = 0.05, 0.0002
"""No look is better, whatever a client says of itself."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Taken:
    """A sight that counts: when it came, and the room camera's sight of the patient's board it is paired with.

    None where the room camera saw the headset itself.
    """

    at_ns: int
    sight: Sight
    room: TrackRecord | None


class HeadsetPlace:
    """Where the room stands in one headset's world."""

    def __init__(self, desk: WorldDesk) -> None:
        self._desk = desk
        self._sights: deque[_Taken] = deque(maxlen=MOST_SIGHTS)
        self._bias: NDArray[np.float64] = BIAS
        self._aligned: UncertainPose | None = None
        self._doubted: UncertainPose | None = None
        self._room_shared: NDArray[np.float64] | None = None
        self._leaning: NDArray[np.float64] | None = None
        self._by_worn = False
        self._worn: list[tuple[int, Sight]] = []
        self._head_mm = np.zeros(3)
        self._way_mm = 0.0
        self._seen_ns = 0
        self._renewed_ns = 0
        self._errors = StructureErrors(lambda key, at_ns: self._error_mm(key, now_ns=at_ns))
        self._version = 0
        self._state = WorldState.LOOKING
        self._words = FIRST_WORDS

    @property
    def room_shared(self) -> NDArray[np.float64] | None:
        """What the room camera shared (`TrackRecord.shared`) when it aligned this headset; None while it is not."""
        return None if self._aligned is None else self._room_shared

    def begin_anew(self) -> None:
        """Forget all that was seen or touched: the headset's world is another one, or its wearer wants it so."""
        self._doubted = None
        self._fall(WorldState.LOOKING, FIRST_WORDS)

    def see(self, message: BoardSeen, *, now_ns: int) -> None:
        """Take one look of the headset; one that cannot be paired with the room camera says nothing."""
        room = self._desk.sight_at(message.seen_ns)
        if message.room_frame_id != self._desk.room_frame_id or room is None:
            return
        board = _pose(message.world_from_board, Frame.BOARD)
        head = _pose(message.world_from_headset, Frame.HEADSET)
        headset_from_board = head.inverse() @ board
        noise = about(
            headset_from_board.apply(self._desk.corners_board_mm.mean(axis=0)),
            sigma_rad=max(message.sigma_rad, _LEAST_SIGMA_RAD),
            sigma_mm=max(message.sigma_mm, _LEAST_SIGMA_MM),
        )
        sight = seen_by_headset(
            world_from_camera=head,
            camera_from_board=UncertainPose(headset_from_board, noise),
            room_from_board=_own(room),
        )
        self._take(sight, room, bias=BIAS, now_ns=now_ns)

    def look(self, answer: LookAnswer, *, now_ns: int) -> None:
        """Take what came of one picture of the headset's camera."""
        if self._state is WorldState.LOOKING and answer.words:
            self._words = answer.words
        for look in answer.placed:
            room = self._desk.sight_at(look.exposed_ns)
            if room is None:
                continue
            sight = seen_by_headset(
                world_from_camera=look.world_from_camera.transform,
                camera_from_board=look.camera_from_board,
                room_from_board=_own(room),
                head_covariance=look.world_from_camera.covariance,
                shared=look.shared,
            )
            self._take(sight, room, bias=look.bias, now_ns=now_ns)

    def wear(self, answer: WornPlaced, *, now_ns: int) -> None:
        """Take what the room camera saw of the board this headset wears."""
        if self._state is WorldState.LOOKING and answer.words:
            self._words = answer.words
        worn = answer.worn
        if worn is None:
            return
        place = headset_from_worn(worn)
        bias = about(
            place.translation_mm,
            sigma_rad=float(np.hypot(max(worn.place_sigma_rad, _LEAST_SIGMA_RAD), CALM_RAD)),
            sigma_mm=float(np.hypot(max(worn.place_sigma_mm, _LEAST_SIGMA_MM), CALM_MM)),
        )
        for placed in answer.placed:
            seen_ns = placed.sight.taken_ns
            self._worn = [one for one in self._worn if 0 <= seen_ns - one[0] < MOMENT_NS]
            sight = seen_by_room(
                world_from_headset=placed.world_from_headset,
                headset_from_worn=place,
                room_from_worn=placed.sight.room_from_worn,
                shared=placed.sight.shared,
            )
            self._worn.append((seen_ns, sight))
            self._take(sight, None, bias=bias, now_ns=now_ns)

    def touch(self, message: CornersTouched, *, now_ns: int) -> None:
        """Take touched corners: they align the headset at once, or say why not.

        Raises:
            RefusedError: the touches are too few, do not fit the board, or place the patient too coarsely.
        """
        # Who touches a board lets it rest: the newest sight of it will do, however late pictures come.
        room = self._desk.newest_sight(now_ns)
        if message.room_frame_id != self._desk.room_frame_id or room is None:
            self._words = "The room camera must see the board while its corners are touched."
            return
        touched = np.array([[mm_from_m(value) for value in corner.place_m] for corner in message.touched])
        corners = self._desk.corners_board_mm[: len(touched)]
        sigma_mm = max(message.sigma_mm, _LEAST_SIGMA_MM)
        board = fit_touches(corners, touched[: len(corners)], sigma_mm=sigma_mm)
        world_from_room = board @ _own(room).inverse()
        error_mm = radius_95_mm(world_from_room.covariance_at(self._desk.target_room_mm()))
        if error_mm > MOST_GROWN_MM:
            raise RefusedError(
                f"These touches place the patient within {error_mm:.1f} mm only (95 %); {MOST_GROWN_MM:.0f} mm is the "
                "limit.",
                mend="Touch with a controller's tip, or let the headset's camera look at the board.",
            )
        self._sights.clear()
        self._head_mm = board.transform.translation_mm
        self._stand(world_from_room, room.shared, None, now_ns=now_ns)

    def covariance_room_mm2(self, point_room_mm: NDArray[np.float64], *, now_ns: int) -> NDArray[np.float64]:
        """Return the (3, 3) covariance, room axes, of the headset's own part in where it knows a point (3,) of a room.

        The room camera's part is in `Keeper.room_from_patient_now`, asked with `room_shared`.
        """
        standing = self.standing(now_ns)
        if standing is None:
            return np.zeros((3, 3))
        rotation = standing.transform.rotation
        return np.asarray(rotation.T @ standing.covariance_at(point_room_mm) @ rotation)

    def message(self, *, now_ns: int) -> HeadsetWorld:
        """Return what the headset is told; an alignment whose error grew too large is void from here on."""
        target = self._desk.target_room_mm()
        standing = self.standing(now_ns)
        if standing is not None and radius_95_mm(standing.covariance_at(target)) > MOST_GROWN_MM:
            self._fall(WorldState.LOOKING, "The headset has not seen the board for too long: look at it.")
            standing = None
        case = None if standing is None else self._desk.keeper.case
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
            expected_error_mm=None if case is None else self._error_mm(case.target_key, now_ns=now_ns),
            structure_errors=() if case is None else self._errors.at(case, version=self._version, now_ns=now_ns),
            words=self._words,
            corners=tuple(
                Corner(place_m=tuple(float(m_from_mm(value)) for value in corner))
                for corner in self._desk.corners_board_mm
            ),
        )

    def _error_mm(self, key: str, *, now_ns: int) -> float | None:
        """Return the whole chain's error at a structure with this headset in it, rounded up to 0.1 mm."""
        case = self._desk.keeper.case
        assert case is not None
        centre_mm = case.structure(key).centroid_patient_mm
        room = self._desk.keeper.room_from_patient_now(centre_mm, now_ns=now_ns, before=self._room_shared)
        if room is None:
            return None
        at_room_mm = room.transform.apply(centre_mm)
        whole = self.covariance_room_mm2(at_room_mm, now_ns=now_ns) + room.covariance_at(centre_mm)
        return float(min(np.ceil(radius_95_mm(whole) * 10.0) / 10.0, MAX_ERROR_MM))

    def _take(self, sight: Sight, room: TrackRecord | None, *, bias: NDArray[np.float64], now_ns: int) -> None:
        """Take a sight of one moment, paired with the room camera's if it is not itself one: doubt, compare, align."""
        other_way = bool(self._sights) and (self._sights[-1].room is None) is not (room is None)
        if other_way and now_ns - self._sights[-1].at_ns < OTHER_WAY_NS:
            return
        place_mm = sight.world_from_bias.translation_mm
        self._way_mm += float(np.linalg.norm(place_mm - self._head_mm)) if self._sights else 0.0
        self._head_mm, self._bias = place_mm, bias
        if self._aligned is None and self._doubted is not None:
            self._doubt_again(sight, worn=room is None, now_ns=now_ns)
        if self._aligned is not None and not self._holds(sight, worn=room is None, now_ns=now_ns):
            return
        if self._sights and (other_way or self._sights[-1].sight.shared.shape != sight.shared.shape):
            # Looks of another kind share other things.
            self._sights.clear()
        self._sights.append(_Taken(at_ns=now_ns, sight=sight, room=room))
        while now_ns - self._sights[0].at_ns > SIGHT_LIFE_NS:
            self._sights.popleft()
        if self._aligned is None or now_ns - self._renewed_ns >= RENEW_EVERY_NS:
            self._align(now_ns=now_ns)

    def standing(self, now_ns: int) -> UncertainPose | None:
        """Return `world_from_room` with what it may have drifted by since the last sight; None while not aligned."""
        if self._aligned is None:
            return None
        since_s = s_from_ns(now_ns - self._seen_ns)
        return grown(self._aligned, about_mm=self._head_mm, since_s=since_s, way_mm=self._way_mm, rate=DriftRate())

    def _holds(self, sight: Sight, *, worn: bool, now_ns: int) -> bool:
        """Compare a sight with the alignment; what does not hold ends it."""
        standing = self.standing(now_ns)
        assert standing is not None
        drift = self._compared(standing, sight, worn=worn)
        if drift.word is DriftWord.DRIFTED:
            doubted = self._aligned
            words = f"The headset's world moved by {drift.moved_mm:.0f} mm and {drift.turned_deg:.1f} deg: look again."
            self._fall(WorldState.DRIFTED, words)
            self._doubted = doubted
            return False
        if drift.word is DriftWord.HOLDS:
            self._seen_ns, self._way_mm = now_ns, 0.0
        return True

    def _compared(self, standing: UncertainPose, sight: Sight, *, worn: bool) -> Drift:
        """Compare a sight with an alignment: of what both share only the difference between their views counts."""
        if worn:
            sight = together([one for _, one in self._worn])
        leaning, by_view = sight.leaning(root_of(self._bias)), None
        if self._leaning is not None and worn is not self._by_worn:
            by_view = leaning @ leaning.T
        elif self._leaning is not None and self._leaning.shape == leaning.shape:
            by_view = (leaning - self._leaning) @ (leaning - self._leaning).T
        # A board on the head is seen where the head is: its place tells more there than at the patient.
        near = sight.world_from_room.transform.inverse().apply(sight.world_from_bias.translation_mm) if worn else None
        return compare(
            standing,
            sight.world_from_room,
            at_room_mm=self._desk.target_room_mm(),
            by_view=by_view,
            near_room_mm=near,
        )

    def _doubt_again(self, sight: Sight, *, worn: bool, now_ns: int) -> None:
        """Ask the first look after a doubt: where it bears out the alignment, the look before it was the wrong one."""
        doubted, self._doubted = self._doubted, None
        assert doubted is not None
        self._aligned = doubted
        drift = self._compared(self.standing(now_ns) or doubted, sight, worn=worn)
        if drift.word is DriftWord.HOLDS:
            self._stand(doubted, self._room_shared, self._leaning, now_ns=now_ns)
        else:
            self._aligned = None

    def _fall(self, state: WorldState, words: str) -> None:
        self._aligned = None
        self._sights.clear()
        # What contradicted is asked again alone.
        self._worn.clear()
        self._state, self._words = state, words

    def _align(self, *, now_ns: int) -> None:
        if len(self._sights) < FEWEST_SIGHTS:
            return
        try:
            mean = robust_mean([taken.sight for taken in self._sights], bias_covariance=self._bias)
        except OrviewError as error:
            if self._aligned is None:
                self._words = str(error)
            return
        used = [taken for taken, counts in zip(self._sights, mean.used, strict=True) if counts]
        if self._aligned is None and _turn_rad([taken.sight.world_from_bias for taken in used]) < LEAST_TURN_RAD:
            self._words = "Look at the board from another side too: move and turn your head a little."
            return
        rooms = [taken.room.shared for taken in used if taken.room is not None]
        self._by_worn = not rooms
        if rooms:
            pose, room_shared = mean.world_from_room, np.mean(rooms, axis=0)
        else:
            room_shared = np.zeros((6, SHARED_ERRORS))
            pose, room_shared[:, LENS_ERRORS] = known_by_worn(mean, lens=LENS_ERRORS)
        self._stand(pose, room_shared, mean.leaning, now_ns=now_ns)

    def _stand(
        self,
        pose: UncertainPose,
        room_shared: NDArray[np.float64] | None,
        leaning: NDArray[np.float64] | None,
        *,
        now_ns: int,
    ) -> None:
        self._aligned, self._doubted = pose, None
        self._room_shared, self._leaning = room_shared, leaning
        self._seen_ns = self._renewed_ns = now_ns
        self._way_mm = 0.0
        self._version += 1
        self._state, self._words = WorldState.ALIGNED, "The headset knows where the room is."


def _own(room: TrackRecord) -> UncertainPose:
    """Return the room camera's sight of the board with what is wrong with it alone."""
    assert room.room_from_board is not None
    return UncertainPose(room.room_from_board.transform, own_covariance(room.room_from_board, room.shared))


def _turn_rad(heads: list[RigidTransform]) -> float:
    """Return the largest angle between any two of some poses."""
    rotations = np.array([head.rotation for head in heads])
    traces = np.einsum("iab,jab->ij", rotations, rotations)
    return float(np.arccos(np.clip(0.5 * (traces.min() - 1.0), -1.0, 1.0)))


def _pose(numbers: tuple[float, ...], from_frame: Frame) -> RigidTransform:
    return rigid_from_wire(to_frame=Frame.WORLD, from_frame=from_frame, position_m=numbers[:3], quat_xyzw=numbers[3:])
