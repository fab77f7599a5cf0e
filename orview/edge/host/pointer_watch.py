"""The pointer in the track process: looked for while somebody wants a touch, what its tip does told after each picture.

It has a thread of its own, which takes the newest picture when it has done with one: a pointer that is out of sight is
searched for in the whole picture, and no pose of the patient may wait for that. Pictures it misses are only fewer
sights of the tip.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.config import RunFolder
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import PointerOrders, parse_status
from orview.edge.slots.tip_record import TipRecord
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.pose import PoseState
from orview.track.follow import TrackedPose, Tracker
from orview.track.tip import TipFinder, out_of_reach
from orview.track.tip_sight import Tip
from orview.track.tip_watch import TipWatch


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """One picture (H, W) or (H, W, 3), what it says of the board on the patient, and the profile of its camera."""

    image: NDArray[np.uint8]
    on_patient: TrackedPose
    profile: CameraProfile


class PointerWatch:
    """Follows the tip of one pointer in the frame of the board on the patient.

    Args:
        run: where orders come from and records go.
        patient: the board on the patient.
        pointer: the board on the pointer.
        tip: where the pointer's tip is.
    """

    def __init__(self, run: RunFolder, *, patient: Board, pointer: Board, tip: Tip) -> None:
        self._patient, self._pointer, self._tip = patient, pointer, tip
        self._slot = LatestSlot.attach(run.tip_slot)
        self._orders_slot = LatestSlot.attach(run.pointer_orders)
        self._orders = PointerOrders()
        self._orders_read = 0
        self._profile: CameraProfile | None = None
        self._tracker: Tracker | None = None
        self._finder: TipFinder | None = None
        self._watch = TipWatch()
        self._news = threading.Condition()
        self._newest: Followed | None = None

    def start(self) -> None:
        """Begin to take what is offered, in a thread that ends with its process."""
        threading.Thread(target=self._run, name="orview-pointer", daemon=True).start()

    def offer(self, followed: Followed) -> None:
        """Hand over a picture; one that still waits is forgotten."""
        if self._is_wanted():
            with self._news:
                self._newest = followed
                self._news.notify()

    def take(self, followed: Followed) -> None:
        """Look for the pointer in a picture and tell what its tip does."""
        if followed.profile is not self._profile or self._tracker is None or self._finder is None:
            self._profile = followed.profile
            # What is behind the boards is watched where the patient's board is followed.
            self._tracker = Tracker((self._pointer,), followed.profile, resting=False)
            self._finder = TipFinder(self._patient, self._pointer, followed.profile, self._tip)
        on_patient = followed.on_patient
        (on_pointer,) = self._tracker.step(followed.image, taken_ns=on_patient.taken_ns)
        sight = self._finder.find(on_patient, on_pointer)
        news = self._watch.take(sight)
        record = TipRecord(
            order=self._orders.number,
            taken_ns=on_patient.taken_ns,
            state=news.state,
            patient_seen=on_patient.state is PoseState.TRACKED,
            doubted=bool(self._tracker.refusal),
            position_board_mm=None if sight is None else sight.position_board_mm,
            covariance_mm2=None if sight is None else sight.noise_mm2 + sight.shared_mm2,
            rest=news.rest,
            advice=out_of_reach(self._pointer, followed.profile, on_patient) if sight is None else "",
        )
        self._slot.publish(record.encode())

    def obey(self) -> bool:
        """Take what was ordered since the last picture; returns whether the pointer is to be looked for.

        Another touch that is wanted begins anew: what rests already is none.
        """
        if self._orders_slot.sequence != self._orders_read and (newest := self._orders_slot.latest()) is not None:
            before = self._orders
            self._orders_read, self._orders = newest[0], parse_status(newest[1], PointerOrders)
            if self._orders.number != before.number:
                # A pointer that was doubted may be another one now.
                self._watch, self._tracker = TipWatch(), None
        return self._orders.wanted

    def _is_wanted(self) -> bool:
        newest = self._orders_slot.latest()
        return newest is not None and parse_status(newest[1], PointerOrders).wanted

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._newest is not None)
                followed, self._newest = self._newest, None
            if followed is not None and self.obey():
                self.take(followed)
