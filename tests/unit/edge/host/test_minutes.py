"""The minutes: every act of a person and every turn of the overlay, in order, and nothing that names a patient."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from orview.edge.audit_log import AuditLog, Note
from orview.edge.case_store import CaseStore
from orview.edge.host.minutes import Minutes
from orview.errors import OrviewError, StoreError
from orview.protocol.auditing import LogHead
from orview.session.audit import AuditHead
from orview.session.state import (
    CaseFacts,
    CaseSelected,
    CheckPointTouched,
    Confirmed,
    Event,
    Restarted,
    Role,
    Session,
    Started,
    Stopped,
    Tick,
    TrackFresh,
    step,
)

CASE = CaseFacts(case_id="ab12cd34", name="Åsa Ünïcode", digest="e" * 64)


class Desk:
    """Minutes on a log, and what they told."""

    def __init__(self, log: AuditLog) -> None:
        self.told: list[LogHead] = []
        self.troubles: list[OrviewError] = []
        self.minutes = Minutes(log, tell=self.told.append, trouble=self.troubles.append)

    def happen(self, session: Session, *events: Event) -> Session:
        for n, event in enumerate(events):
            decision = step(session, event, now_ns=n)
            self.minutes.take(session, event, decision)
            session = decision.session
        return session


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(CaseStore.open(tmp_path / "store").folder)


def test_what_people_did_stands_there_in_order_with_what_came_of_it(log: AuditLog) -> None:
    async def run() -> list[LogHead]:
        desk = Desk(log)
        desk.happen(
            Session(),
            CaseSelected(by=Role.NURSE, case=CASE),
            Started(by=Role.NURSE),
            Tick(),
            TrackFresh(),
            Confirmed(by=Role.SURGEON),
            CheckPointTouched(by=Role.SURGEON, case_id=CASE.case_id, landmark="Crest", agrees=True, words="0.4 mm"),
            Restarted(part="camera tracking"),
            Stopped(by=Role.NURSE),
        )
        await desk.minutes.written()
        assert not desk.troubles
        return desk.told

    told = asyncio.run(run())
    entries = list(log.entries())
    assert [(entry.kind, entry.by) for entry in entries] == [
        ("CASE_SELECTED", "nurse"),
        ("STARTED", "nurse"),
        ("CONFIRMED", "surgeon"),
        ("CHECK_POINT_TOUCHED", "surgeon"),
        ("RESTARTED", "host"),
        ("STOPPED", "nurse"),
    ]
    assert entries[0].facts == {"case_id": CASE.case_id, "case_digest": CASE.digest}
    assert (entries[1].facts["from"], entries[1].facts["to"]) == ("OFF", "HOLD")
    assert "nurse's console" in str(entries[2].facts["refused"])
    assert entries[3].facts == {"case_id": CASE.case_id, "landmark": "Crest", "agrees": True}
    assert entries[4].facts["part"] == "camera tracking"
    assert log.verified().whole
    assert (told[-1].sequence, entries[-1].link.startswith(told[-1].link)) == (6, True)


def test_no_entry_names_the_patient(log: AuditLog) -> None:
    async def run() -> None:
        desk = Desk(log)
        desk.happen(Session(), CaseSelected(by=Role.NURSE, case=CASE), Started(by=Role.NURSE), Stopped(by=Role.NURSE))
        await desk.minutes.written()

    asyncio.run(run())
    assert len(list(log.entries())) == 3
    assert all(CASE.name not in str(entry) for entry in log.entries())


def test_a_disk_that_refuses_is_said_and_nothing_is_lost_when_it_takes_again(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    write = log.write

    def sometimes(notes: tuple[Note, ...]) -> AuditHead | None:
        if full:
            raise StoreError("The case store cannot be used: disk full.")
        return write(notes)

    monkeypatch.setattr(log, "write", sometimes)

    async def run() -> Desk:
        nonlocal full
        desk = Desk(log)
        session = desk.happen(Session(), CaseSelected(by=Role.NURSE, case=CASE), Started(by=Role.NURSE))
        await desk.minutes.written()
        full = False
        desk.happen(replace(session), Stopped(by=Role.NURSE))
        await desk.minutes.written()
        return desk

    desk = asyncio.run(run())
    assert len(desk.troubles) == 1
    assert [entry.kind for entry in log.entries()] == ["CASE_SELECTED", "STARTED", "STOPPED"]
    assert log.verified().whole
