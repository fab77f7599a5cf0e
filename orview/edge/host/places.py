"""Where the room stands in the world of each headset that is connected."""

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.client_link import ClientLink
from orview.edge.host.world_desk import HeadsetPlace, WorldDesk
from orview.edge.slots.records import TrackRecord
from orview.protocol.placing import BoardSeen, CornersTouched, HeadsetWorld


class Places:
    """Keeps a `HeadsetPlace` for each headset that said where it saw or touched the board.

    Args:
        desk: what all of them share.
    """

    def __init__(self, desk: WorldDesk) -> None:
        self._desk = desk
        self._places: dict[ClientLink, HeadsetPlace] = {}
        self._told: dict[ClientLink, HeadsetWorld] = {}

    def room_moved(self, room_frame_id: int) -> None:
        """The room camera may stand elsewhere: every headset is placed anew."""
        if room_frame_id != self._desk.room_frame_id:
            self._desk.room_moved(room_frame_id)
            self._places.clear()
            self._told.clear()

    def take_record(self, record: TrackRecord) -> None:
        """The room camera finished a picture."""
        self._desk.take_record(record)

    def hear(self, link: ClientLink, message: BoardSeen | CornersTouched, *, now_ns: int) -> None:
        """Take what a headset saw or what its wearer touched, and answer.

        Raises:
            RefusedError: the touches are too few or do not fit the board.
        """
        place = self._places.setdefault(link, HeadsetPlace(self._desk))
        if isinstance(message, BoardSeen):
            place.see(message, now_ns=now_ns)
        else:
            place.touch(message, now_ns=now_ns)
        self._tell(link, now_ns=now_ns)

    def forget(self, link: ClientLink) -> None:
        """A connection ended."""
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

    def _tell(self, link: ClientLink, *, now_ns: int) -> None:
        told = self._places[link].message(now_ns=now_ns)
        if self._told.get(link) != told:
            self._told[link] = told
            link.tell(told)
