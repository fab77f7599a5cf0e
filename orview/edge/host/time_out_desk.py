"""The desk of the time-out: keeps its items at what the host knows, and tells which are ticked."""

from collections.abc import Callable, Sequence
from datetime import date

from orview.edge.host.camera_desk import CameraDesk
from orview.edge.host.keeper import Keeper
from orview.edge.host.patient_desk import PatientDesk
from orview.edge.host.time_out_items import WornHeadset, time_out_items
from orview.protocol.time_out import TimeOutItem, TimeOutList
from orview.session.time_out import Item
from orview.session.vouching import TimeOutTold


class TimeOutDesk:
    """The time-out of the selected case.

    Args:
        keeper: the session.
        patient: knows what is to be done.
        camera: knows whether a board was bumped.
        headsets: tells which surgeons' headsets are in.
        today: tells the day.
    """

    def __init__(
        self,
        keeper: Keeper,
        patient: PatientDesk,
        camera: CameraDesk,
        *,
        headsets: Callable[[], Sequence[WornHeadset]],
        today: Callable[[], date] = date.today,
    ) -> None:
        self._keeper, self._patient, self._camera = keeper, patient, camera
        self._headsets, self._today = headsets, today

    def keep_up(self, *, now_ns: int) -> None:
        """Let the session know what the host knows of each item, where that changed."""
        case, session = self._keeper.case, self._keeper.session
        items: tuple[Item, ...] = ()
        if case is not None:
            items = time_out_items(
                case,
                session,
                planned=self._patient.planned,
                moved=self._camera.moved(),
                headsets=self._headsets(),
                today=self._today(),
            )
        if items != session.time_out.items:
            self._keeper.apply(TimeOutTold(items=items), now_ns=now_ns)

    def message(self) -> TimeOutList:
        """Return the list as the nurse sees it."""
        time_out = self._keeper.session.time_out
        return TimeOutList(
            items=tuple(
                TimeOutItem(
                    key=item.key,
                    words=item.words,
                    fact=item.fact,
                    ready=item.ready,
                    ticked=time_out.has_tick(item),
                )
                for item in time_out.items
            )
        )
