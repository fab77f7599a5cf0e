"""The pointer in the track process: looked for while somebody wants a touch, what its tip does told after each picture.

Without an order it is not looked for: a board that is out of sight would be searched for in every fifth picture.
"""

from orview.edge.host.config import RunFolder
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import PointerOrders, parse_status
from orview.edge.slots.tip_record import TipRecord
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.pose import PoseState
from orview.track.follow import TrackedPose
from orview.track.tip import TipFinder
from orview.track.tip_sight import Tip
from orview.track.tip_watch import TipWatch


class PointerWatch:
    """Follows the tip of one pointer in the frame of the board on the patient.

    Args:
        run: where orders come from and records go.
        patient: the board on the patient.
        pointer: the board on the pointer.
        tip: where the pointer's tip is.

    Attributes:
        board: the pointer's.
    """

    def __init__(self, run: RunFolder, *, patient: Board, pointer: Board, tip: Tip) -> None:
        self.board = pointer
        self._patient, self._tip = patient, tip
        self._slot = LatestSlot.attach(run.tip_slot)
        self._orders_slot = LatestSlot.attach(run.pointer_orders)
        self._orders = PointerOrders()
        self._orders_read = 0
        self._finder: TipFinder | None = None
        self._watch = TipWatch()

    @property
    def wanted(self) -> bool:
        """Whether the pointer is to be looked for now."""
        return self._orders.wanted

    def obey(self) -> None:
        """Take what was ordered since the last picture; another touch that is wanted begins anew."""
        if self._orders_slot.sequence == self._orders_read or (newest := self._orders_slot.latest()) is None:
            return
        before = self._orders
        self._orders_read, self._orders = newest[0], parse_status(newest[1], PointerOrders)
        if self._orders.number != before.number:
            self._watch = TipWatch()

    def follow(self, profile: CameraProfile) -> None:
        """From now on the boards are followed with this profile of the camera."""
        self._finder = TipFinder(self._patient, self.board, profile, self._tip)

    def take(self, on_patient: TrackedPose, on_pointer: TrackedPose) -> None:
        """Take what one picture says of both boards, and tell what the tip does."""
        if not self.wanted or self._finder is None:
            return
        sight = self._finder.find(on_patient, on_pointer)
        news = self._watch.take(sight)
        record = TipRecord(
            order=self._orders.number,
            taken_ns=on_patient.taken_ns,
            state=news.state,
            patient_seen=on_patient.state is PoseState.TRACKED,
            position_board_mm=None if sight is None else sight.position_board_mm,
            covariance_mm2=None if sight is None else sight.noise_mm2 + sight.shared_mm2,
            rest=news.rest,
        )
        self._slot.publish(record.encode())
