"""Where the room stands in the world of each headset that is connected."""

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.client_link import ClientLink
from orview.edge.host.headset_place import HeadsetPlace
from orview.edge.host.look_desk import LookDesk
from orview.edge.host.world_desk import WorldDesk
from orview.edge.host.worn_desk import WornDesk
from orview.edge.slots.look_records import LookAnswer
from orview.edge.slots.records import TrackRecord
from orview.edge.slots.worn_records import WornAnswer, WornRecord
from orview.protocol.looking import LookMessage
from orview.protocol.messages import Refused
from orview.protocol.placing import (
    BoardSeen,
    CornersTouched,
    Heads,
    HeadsetBoard,
    HeadsetCamera,
    HeadsetWorld,
    Wear,
    Wearing,
)


class Places:
    """Keeps a `HeadsetPlace` for each headset that said or showed where it saw the board, touched it, or wears one.

    Args:
        desk: what all of them share.
        looks: lets their pictures be looked through.
        worn: has what the room's camera sees of the boards they wear paired with their heads.
    """

    def __init__(self, desk: WorldDesk, looks: LookDesk, worn: WornDesk) -> None:
        self._desk, self._looks, self._worn = desk, looks, worn
        self._places: dict[ClientLink, HeadsetPlace] = {}
        self._told: dict[ClientLink, HeadsetWorld] = {}
        self._senders: dict[int, ClientLink] = {}

    def room_moved(self, room_frame_id: int) -> None:
        """The room camera may stand elsewhere: every headset is placed anew."""
        if room_frame_id != self._desk.room_frame_id:
            self._desk.room_moved(room_frame_id)
            self._worn.room_moved(room_frame_id)
            self._places = {link: HeadsetPlace(self._desk) for link in self._places}
            self._told.clear()

    def greet(self, link: ClientLink, *, now_ns: int) -> None:
        """Tell a headset that comes in which corners it may touch, and that it is not placed yet."""
        self._place(link)
        self._tell(link, now_ns=now_ns)

    def take_record(self, record: TrackRecord) -> None:
        """The room camera finished a picture."""
        self._desk.take_record(record)

    def choose(self, message: Wear) -> Refused | None:
        """A nurse says which board a headset wears; returns why that cannot be."""
        return self._worn.choose(message)

    def wearing(self) -> Wearing:
        """Return who wears which board, as everybody is told it."""
        return self._worn.wearing()

    def hear(
        self,
        link: ClientLink,
        message: BoardSeen | CornersTouched | HeadsetCamera | HeadsetBoard | Heads | LookMessage,
        *,
        now_ns: int,
    ) -> None:
        """Take what a headset saw, shows, or what its wearer touched, and answer.

        Raises:
            RefusedError: the touches are too few or do not fit the board.
        """
        match message:
            case HeadsetCamera():
                self._senders[link.number] = link
                assert link.device is not None
                self._looks.take_camera(link.number, message, device=link.device.device_id)
                self._begin_anew(link, now_ns=now_ns)
            case LookMessage():
                refusal = self._looks.take(link.number, message, now_ns=now_ns)
                if refusal is not None:
                    link.tell(refusal)
            case HeadsetBoard():
                assert link.device is not None
                refusal = self._worn.take_board(link.number, message, device=link.device.device_id)
                if refusal is None:
                    self._senders[link.number] = link
                    self._begin_anew(link, now_ns=now_ns)
                else:
                    link.tell(refusal)
            case Heads():
                self._worn.take_heads(link.number, message, now_ns=now_ns)
            case BoardSeen():
                self._place(link).see(message, now_ns=now_ns)
                self._tell(link, now_ns=now_ns)
            case CornersTouched():
                self._place(link).touch(message, now_ns=now_ns)
                # Who touched waits for an answer, also for the same one again.
                self._told.pop(link, None)
                self._tell(link, now_ns=now_ns)

    def take_answer(self, answer: LookAnswer, *, now_ns: int) -> None:
        """Take what came of a headset's picture, and let the next one be looked through."""
        link = self._senders.get(answer.client)
        if link is not None and self._looks.is_current(answer):
            self._place(link).look(answer, now_ns=now_ns)
            self._tell(link, now_ns=now_ns)
        self._looks.take_answer(answer, now_ns=now_ns)

    def take_worn(self, record: WornRecord, *, now_ns: int) -> None:
        """The room camera saw boards that headsets wear."""
        self._worn.take_record(record, now_ns=now_ns)

    def take_worn_answer(self, answer: WornAnswer, *, now_ns: int) -> None:
        """Take which sights of worn boards belong to which heads, and have the next ones paired."""
        for placed in answer.clients:
            link = self._senders.get(placed.client)
            is_worn = self._worn.is_worn_by(placed.client)
            if link is not None and is_worn and placed.room_frame_id == self._desk.room_frame_id:
                self._place(link).wear(placed, now_ns=now_ns)
                self._tell(link, now_ns=now_ns)
        self._worn.take_answer(answer, now_ns=now_ns)

    def watch(self, *, now_ns: int) -> None:
        """Give up on what nobody answers for."""
        self._looks.pump(now_ns=now_ns)
        self._worn.pump(now_ns=now_ns)

    def forget(self, link: ClientLink) -> None:
        """A connection ended."""
        self._looks.forget(link.number)
        self._worn.forget(link.number)
        self._senders.pop(link.number, None)
        self._places.pop(link, None)
        self._told.pop(link, None)

    def tell(self, *, now_ns: int) -> None:
        """Tell each headset where the room stands in its world, where that is news."""
        for link in list(self._places):
            self._tell(link, now_ns=now_ns)

    def covariance_room_mm2(
        self, link: ClientLink, point_room_mm: NDArray[np.float64], *, now_ns: int
    ) -> NDArray[np.float64]:
        """Return (3, 3), room axes, how well a client knows where a point (3,) is; zero for who has no world."""
        place = self._places.get(link)
        return np.zeros((3, 3)) if place is None else place.covariance_room_mm2(point_room_mm, now_ns=now_ns)

    def room_shared(self, link: ClientLink) -> NDArray[np.float64] | None:
        """Return what the room camera shared when it told a client where the room is; None where it did not."""
        place = self._places.get(link)
        return None if place is None else place.room_shared

    def _begin_anew(self, link: ClientLink, *, now_ns: int) -> None:
        """Forget what a headset saw in the world it had: it says so by telling its camera or its board again."""
        self._place(link).begin_anew()
        # Told even where it is no news: a client waits for it, since what it heard before may be of the old world.
        self._told.pop(link, None)
        self._tell(link, now_ns=now_ns)

    def _place(self, link: ClientLink) -> HeadsetPlace:
        return self._places.setdefault(link, HeadsetPlace(self._desk))

    def _tell(self, link: ClientLink, *, now_ns: int) -> None:
        told = self._places[link].message(now_ns=now_ns)
        if self._told.get(link) != told:
            self._told[link] = told
            link.tell(told)
