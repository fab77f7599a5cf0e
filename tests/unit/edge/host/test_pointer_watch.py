"""The track process looks for the pointer while a touch is wanted, and publishes what its tip does."""

from pathlib import Path

import numpy as np

from orview.edge.host.config import RunFolder
from orview.edge.host.pointer_watch import Followed, PointerWatch
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import PointerOrders, publish_status
from orview.edge.slots.tip_record import TipRecord
from orview.track.follow import Follower
from orview.track.tip_sight import TipState
from orview.units import NS_PER_S
from tests.pointing import PATIENT, POINTER, PROFILE, TIP, TwoBoards, pointer_at

SPOT = np.array([225.0, 10.0, 40.0])
AWAY = SPOT + np.array([0.0, -30.0, 0.0])


class Watched:
    """Pictures of a pointer, followed as the track process does."""

    def __init__(self, folder: Path) -> None:
        run = RunFolder(folder)
        for path, capacity in run.slots().items():
            LatestSlot.create(path, capacity)
        self.orders, self.slot = LatestSlot.attach(run.pointer_orders), LatestSlot.attach(run.tip_slot)
        self.watch = PointerWatch(run, patient=PATIENT, pointer=POINTER, tip=TIP)
        self.tracker = Follower(PATIENT, PROFILE, resting=False)
        self.room = TwoBoards()
        self.number = 0

    def see(self, place_board_mm: np.ndarray | None, *, count: int) -> TipRecord | None:
        shown = None if place_board_mm is None else pointer_at(place_board_mm)
        for picture in self.room.still(shown, count=count):
            self.number += 1
            on_patient = self.tracker.step(picture, taken_ns=self.number * NS_PER_S // 30)
            if self.watch.obey():
                self.watch.take(Followed(image=picture, on_patient=on_patient, profile=PROFILE))
        newest = self.slot.latest()
        return None if newest is None else TipRecord.decode(newest[1])


def test_a_touch_that_is_wanted_is_told_and_one_that_is_not_costs_nothing(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    assert watched.see(SPOT, count=2) is None
    publish_status(watched.orders, PointerOrders(number=4, wanted=True))
    seen = watched.see(None, count=1)
    assert seen is not None
    assert (seen.order, seen.state, seen.patient_seen) == (4, TipState.UNSEEN, True)
    seen = watched.see(AWAY, count=8)
    assert seen is not None
    assert (seen.state, seen.rest) == (TipState.LIFT, None)
    assert seen.position_board_mm is not None
    assert np.linalg.norm(seen.position_board_mm - AWAY) < 1.0
    seen = watched.see(SPOT, count=28)
    assert seen is not None
    assert seen.state is TipState.TAKEN
    assert seen.rest is not None
    error = seen.rest.position_board_mm - SPOT
    assert np.linalg.norm(error) < 0.8
    assert error @ np.linalg.solve(seen.rest.covariance_mm2, error) < 16.27
    # Another touch is asked for: what rests already is not it.
    publish_status(watched.orders, PointerOrders(number=5, wanted=True))
    seen = watched.see(SPOT, count=28)
    assert seen is not None
    assert (seen.order, seen.state, seen.rest) == (5, TipState.LIFT, None)
    publish_status(watched.orders, PointerOrders(number=5, wanted=False))
    told = watched.slot.sequence
    watched.see(SPOT, count=2)
    assert watched.slot.sequence == told
