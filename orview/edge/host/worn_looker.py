"""Finds out where the heads were when the room's camera saw the boards they wear; part of the look process.

A head tells its pose by its own clock, the camera stamps its pictures by the host's: how much later one of them is told
is found as for pictures of a headset's own camera (`register.exposure`). What rests there is the board on the patient,
here the room's camera itself. Where its board sits a browser does not tell: it is found first, from looks of a resting
head (`place_finder`).
"""

from collections import deque
from dataclasses import dataclass, field, replace

from orview.edge.host.place_finder import TURN_TO_CAMERA, PlaceFinder, is_rough
from orview.edge.slots.worn_records import MOST_PLACED, PlacedWorn, WornAnswer, WornAsk, WornNews, WornPlaced, WornSight
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.protocol.placing import HeadsetBoard
from orview.protocol.poses import rigid_from_wire, wire_from_rigid
from orview.register.exposure import Exposure, Exposures
from orview.register.lag import Lag, TimedSight
from orview.units import ns_from_s

FORGET_NS = ns_from_s(1.0)
"""A sight whose heads have not come by then is left out."""
MOST_CLIENTS = 16


@dataclass(eq=False)
class _Worn:
    """One client's board."""

    told: HeadsetBoard
    wearer: str
    room_frame_id: int
    place: HeadsetBoard | None
    finder: PlaceFinder = field(default_factory=lambda: PlaceFinder(TURN_TO_CAMERA))
    exposures: Exposures = field(default_factory=Exposures)
    waiting: deque[WornSight] = field(default_factory=lambda: deque(maxlen=2 * MOST_PLACED))
    kept: deque[WornSight] = field(default_factory=lambda: deque(maxlen=MOST_PLACED))


class WornLooker:
    """Pairs sights of worn boards with the heads that wear them, of several clients."""

    def __init__(self) -> None:
        self._worn: dict[int, _Worn] = {}
        self._found: dict[tuple[str, str], HeadsetBoard] = {}

    def take(self, ask: WornAsk) -> WornAnswer:
        """Take what is new, and place the sights of which the moment is known."""
        return WornAnswer(number=ask.number, clients=tuple(self._take(news) for news in ask.news))

    def lag_of(self, client: int) -> Lag | None:
        """Return how much later the pictures are stamped than a client's heads; None while it is not known."""
        worn = self._worn.get(client)
        return None if worn is None else worn.exposures.lag

    def _take(self, news: WornNews) -> WornPlaced:
        worn = self._worn.pop(news.client, None)
        news_of = (news.worn, news.wearer, news.room_frame_id)
        if worn is None or (worn.told, worn.wearer, worn.room_frame_id) != news_of:
            told, wearer, room_frame_id = news_of
            place = self._found.get((told.board, wearer)) if is_rough(told) else told
            worn = _Worn(told=told, wearer=wearer, room_frame_id=room_frame_id, place=place)
        # The newest lies last: who was not heard for longest makes room.
        self._worn[news.client] = worn
        while len(self._worn) > MOST_CLIENTS:
            self._worn.pop(next(iter(self._worn)))
        worn.exposures.take_heads(news.heads_ns, [_head(numbers) for numbers in news.heads])
        for sight in news.sights:
            # What lens and print do differs from view to view: for the lag, which knows no bias, it is noise.
            whole = sight.room_from_worn.covariance + sight.shared @ sight.shared.T
            seen = UncertainPose(sight.room_from_worn.transform, whole)
            if worn.place is not None:
                headset_from_room = UncertainPose.certain(headset_from_worn(worn.place)) @ seen.inverse()
                worn.exposures.take_sight(TimedSight(stamped_ns=sight.taken_ns, headset_from_board=headset_from_room))
            worn.waiting.append(sight)
        placed = self._placed(worn)
        words = "" if worn.place is not None else worn.finder.words
        if not words and not placed and worn.exposures.lag is None and news.sights:
            words = "Hold your head still for a moment, or move and turn it, in sight of the room's camera."
        return WornPlaced(
            client=news.client, room_frame_id=news.room_frame_id, worn=worn.place, words=words, placed=placed
        )

    def _placed(self, worn: _Worn) -> tuple[PlacedWorn, ...]:
        placed = []
        for sight in _due(worn):
            exposure = worn.exposures.place(sight.taken_ns)
            if exposure is None:
                if worn.exposures.lag is None:
                    worn.kept.append(sight)
            elif worn.place is None:
                self._find_place(worn, exposure, sight)
            else:
                placed.append(PlacedWorn(world_from_headset=exposure.world_from_headset, sight=sight))
        return tuple(placed)

    def _find_place(self, worn: _Worn, exposure: Exposure, sight: WornSight) -> None:
        """Take a look of a resting head: the room is to the worn board what a resting board is to a worn camera."""
        seen = sight.room_from_worn.inverse()
        worn_from_room = RigidTransform(
            Frame.CAMERA, Frame.BOARD, seen.transform.rotation, seen.transform.translation_mm
        )
        found = worn.finder.take(exposure.world_from_headset, UncertainPose(worn_from_room, seen.covariance))
        if found is None:
            return
        position_m, quat_xyzw = wire_from_rigid(found.headset_from_camera)
        worn.place = self._found[worn.told.board, worn.wearer] = replace(
            worn.told,
            headset_from_board=(*position_m, *quat_xyzw),
            place_sigma_mm=found.sigma_mm,
            place_sigma_rad=found.sigma_rad,
        )
        worn.kept.clear()


def headset_from_worn(told: HeadsetBoard) -> RigidTransform:
    """Return where a client says that its board sits."""
    numbers = told.headset_from_board
    return rigid_from_wire(
        to_frame=Frame.HEADSET, from_frame=Frame.BOARD, position_m=numbers[:3], quat_xyzw=numbers[3:]
    )


def _due(worn: _Worn) -> list[WornSight]:
    """Take out the sights whose heads have come, or come no more."""
    due: list[WornSight] = []
    if worn.exposures.lag is not None:
        due.extend(worn.kept)
        worn.kept.clear()
    while worn.waiting:
        late_ns = worn.waiting[-1].taken_ns - worn.waiting[0].taken_ns
        if not worn.exposures.is_due(worn.waiting[0].taken_ns) and late_ns < FORGET_NS:
            break
        due.append(worn.waiting.popleft())
    return due


def _head(numbers: tuple[float, ...]) -> RigidTransform:
    return rigid_from_wire(
        to_frame=Frame.WORLD, from_frame=Frame.HEADSET, position_m=numbers[:3], quat_xyzw=numbers[3:]
    )
