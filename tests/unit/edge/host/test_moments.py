"""The moments a report is written from: what was told when the overlay was confirmed, held and ended, and the worst."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.edge.host.moments import Moments
from orview.edge.host.store import HostStore, KeptMoment
from orview.protocol.identity import OperatedSide, Procedure
from orview.protocol.messages import HostMessage
from orview.session.state import (
    Confirmed,
    Decision,
    Role,
    Session,
    Started,
    State,
    Stopped,
    Tick,
    TrackFresh,
    TrackLost,
)
from tests.integration.small_room import add_case, verdict
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, T0

PROCEDURE = Procedure(side=OperatedSide.LEFT, procedure="Partial sacrectomy")


class Bench:
    """Moments of a keeper with a case, and what was kept."""

    def __init__(self, folder: Path) -> None:
        self.store = CaseStore.open(folder)
        self.case = add_case(self.store, registered=False)
        self.keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1)
        self.keeper.adopt_case(self.case)
        self.kept: list[KeptMoment] = []
        self.told: dict[str, HostMessage] = {"procedure": PROCEDURE}
        self.moments = Moments(
            self.keeper, told=self.told.get, keep=self.kept.append, room_name="Theatre 1", simulated=True
        )
        self.keeper.select(self.case, by=Role.NURSE, checks=self.keeper.session.checks.need, now_ns=T0)

    def turn(self, event: Any, before: State, after: State) -> None:
        """Let an event have turned the session from one state to another."""
        session = replace(self.keeper.session, state=after)
        self.keeper._session = session
        self.moments.take(replace(session, state=before), event, Decision(session=session))

    def show(self, error_mm: float) -> None:
        self.keeper._errors_mm = {"tumour": error_mm}
        self.moments.watch()

    @property
    def kinds(self) -> list[str]:
        return [one.document["kind"] for one in self.kept]


def test_a_session_leaves_its_moments_and_the_worst_of_what_was_shown(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.keeper.take_verdict(bench.case.id, verdict(BOARD_DIGEST), now_ns=T0)
    bench.turn(Started(by=Role.NURSE), State.OFF, State.HOLD)
    bench.show(9.9)
    bench.turn(Confirmed(by=Role.NURSE), State.HOLD, State.LIVE)
    for error_mm in (1.2, 2.3, 1.9):
        bench.show(error_mm)
    bench.turn(TrackLost(words="Gone."), State.LIVE, State.LOST)
    bench.show(5.0)
    bench.turn(TrackFresh(), State.LOST, State.LIVE)
    bench.turn(Tick(), State.LIVE, State.LIVE)
    bench.turn(Tick(), State.LIVE, State.HOLD)
    bench.turn(Confirmed(by=Role.NURSE), State.HOLD, State.LIVE)
    bench.show(1.1)
    bench.turn(Stopped(by=Role.NURSE), State.LIVE, State.OFF)
    bench.turn(Stopped(by=Role.NURSE), State.OFF, State.OFF)
    assert bench.kinds == ["LIVE", "HOLD", "LIVE", "END"]
    # What would have been expected while nothing was shown is none of it.
    assert [one.document["worst_mm"] for one in bench.kept] == [{}, {"tumour": 2.3}, {}, {"tumour": 1.1}]
    (structure,) = bench.kept[1].document["session"]["structures"]
    assert structure["expected_error_mm"] == 5.0
    first = bench.kept[0]
    assert first.case_id == bench.case.id
    assert first.document["verdict"] == verdict(BOARD_DIGEST).to_document()
    assert first.document["told"] == {
        "procedure": {"type": "procedure", "side": "left", "procedure": "Partial sacrectomy"}
    }
    assert (first.document["room"], first.document["simulated"]) == ("Theatre 1", True)


def test_moments_come_back_from_the_store_as_they_were_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.turn(Confirmed(by=Role.NURSE), State.HOLD, State.LIVE)
    host = HostStore(bench.store)
    host.put_moment(bench.kept[0])
    assert host.moments(bench.case.id) == bench.kept
    assert host.moments("ba9876543210") == []
