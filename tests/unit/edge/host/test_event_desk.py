"""What happened of late, in words: the log's newest lines over a restart, and notes only while their case is on."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from orview.edge.audit_log import AuditLog, noted_now
from orview.edge.case_store import CaseStore
from orview.edge.host.event_desk import EventDesk
from orview.edge.host.keeper import Keeper
from orview.edge.host.store import HostStore
from orview.errors import StoreError
from orview.protocol.events import MOST_EVENTS
from orview.session.checks import CheckNeed
from orview.session.state import Role, Session, Started, Stopped
from tests.cases import BLOBS, a_case
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, T0

SECRET = "Zz-canary-9917 has a pacemaker; 病人"


class Room:
    """A desk on a store with two cases, and what it tells."""

    def __init__(self, folder: Path) -> None:
        self.store = CaseStore.open(folder)
        self.case, self.other = a_case(), replace(a_case(case_id="ba9876543210"), name="Other")
        self.store.add(self.case, BLOBS)
        self.store.add(self.other, BLOBS)
        self.log = AuditLog(folder)
        self.keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1)
        self.desk = self.another_desk()

    def another_desk(self) -> EventDesk:
        """The desk of a process that begins now."""
        return EventDesk(self.keeper, self.log, HostStore(self.store), name_of={"a1": "Quest 3 headset"}.get)

    def choose(self, case, *, on: bool) -> None:
        self.keeper.apply(Stopped(by=Role.NURSE), now_ns=T0)
        self.keeper.select(case, by=Role.NURSE, checks=CheckNeed(), now_ns=T0)
        if on:
            self.keeper.apply(Started(by=Role.NURSE), now_ns=T0)

    def happen(self, kind: str, **facts) -> None:
        note = noted_now(kind, by="nurse", facts=facts)
        self.log.write([note])
        self.desk.take(note)

    def words(self, desk: EventDesk | None = None) -> list[str]:
        return [entry.words for entry in (desk or self.desk).message().entries]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_what_happens_is_told_in_words_and_the_newest_of_it_over_a_restart(room: Room) -> None:
    room.happen("STARTED")
    room.happen("DEVICE_JOINED", device="a1")
    assert room.words() == ["The session was opened.", "Quest 3 headset came in."]
    entry = room.desk.message().entries[0]
    assert (entry.kind, entry.by) == ("STARTED", "nurse")
    for n in range(MOST_EVENTS):
        room.happen("CHECK_POINT_TOUCHED", landmark=str(n), agrees=True)
    assert len(room.words()) == MOST_EVENTS
    assert room.words()[-1] == f"Check point {MOST_EVENTS - 1}: agrees."
    again = room.another_desk()
    newest = noted_now("HOST_STARTED", by="host")
    again.take(newest)
    asyncio.run(again.begin())
    assert room.words(again) == [*room.words()[1:], "The host was started."]


@pytest.mark.hazard("H21")
def test_a_note_is_told_while_the_session_of_its_case_is_on_and_is_nowhere_in_the_log(room: Room) -> None:
    room.choose(room.case, on=True)
    number = asyncio.run(room.desk.write_note(SECRET, case_id=room.case.id))
    room.happen("NOTE_WRITTEN", case_id=room.case.id, note=number)
    again = room.another_desk()
    asyncio.run(again.begin())
    for desk in (room.desk, again):
        room.choose(room.case, on=True)
        assert room.words(desk) == [SECRET]
        room.choose(room.other, on=True)
        assert room.words(desk) == ["A note was written."]
        room.choose(room.case, on=False)
        assert room.words(desk) == ["A note was written."]
    assert all("canary" not in str(entry) for entry in room.log.entries())
    assert [(note.number, note.case_id, note.words) for note in HostStore(room.store).notes()] == [
        (number, room.case.id, SECRET)
    ]
    # It goes with its case, as everything that names the patient does.
    room.store.remove(room.case.id)
    assert HostStore(room.store).notes() == []


def test_a_note_about_no_case_is_refused(room: Room) -> None:
    with pytest.raises(StoreError):
        asyncio.run(room.desk.write_note("words", case_id="00000000"))


def test_a_log_that_cannot_be_read_leaves_what_happens_from_now_on(room: Room, monkeypatch) -> None:
    def refuse(most: int) -> list[object]:
        raise StoreError("The store cannot be read.")

    room.happen("STARTED")
    monkeypatch.setattr(room.log, "newest", refuse)
    again = room.another_desk()
    again.take(noted_now("HOST_STARTED", by="host"))
    asyncio.run(again.begin())
    assert room.words(again) == ["The host was started."]
