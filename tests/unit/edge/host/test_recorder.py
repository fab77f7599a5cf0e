"""What is to be kept gets to the disk in order, nothing is left behind at the end, and a disk that refuses is told."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.recorder import Recorder
from orview.edge.host.store import HostStore
from orview.errors import OrviewError, StoreError
from orview.session import record
from orview.session.state import Session, State


def test_the_newest_session_is_on_disk_at_the_end_and_a_refusal_is_told(tmp_path: Path) -> None:
    store = HostStore(CaseStore.open(tmp_path))
    told: list[OrviewError] = []
    written: list[str] = []

    async def late() -> None:
        await asyncio.sleep(0.02)
        written.append("late")

    async def refused() -> None:
        raise StoreError("The disk is full.", mend="Free some space.")

    async def scene() -> None:
        recorder = Recorder(store, Session(), trouble=told.append)
        recorder.take(Session())
        assert store.session_record() is None
        for why in ("one", "two", "three"):
            recorder.take(replace(Session(), state=State.HOLD, why=why))
        recorder.write(late())
        recorder.write(refused())
        await recorder.recorded()

    asyncio.run(scene())
    assert store.session_record() == record.encode(replace(Session(), state=State.HOLD, why="three"))
    assert written == ["late"]
    assert [error.message for error in told] == ["The disk is full."]


class StubbornStore:
    """A store whose disk is full until it is not."""

    def __init__(self) -> None:
        self.full = True
        self.held: list[str] = []

    def put_session_record(self, text: str) -> None:
        if self.full:
            raise StoreError("The disk is full.", mend="Free some space.")
        self.held.append(text)


@pytest.mark.hazard("H25")
def test_what_the_disk_refused_is_told_once_and_written_when_it_takes_it() -> None:
    store = StubbornStore()
    told: list[OrviewError] = []
    held = replace(Session(), state=State.HOLD)

    async def scene() -> None:
        recorder = Recorder(store, Session(), trouble=told.append)  # type: ignore[arg-type]
        recorder.take(held)
        assert recorder.behind
        for _ in range(3):
            await recorder.caught_up()
            assert not recorder.behind
            recorder.keep_up()
        await recorder.caught_up()
        assert (len(told), store.held) == (1, [])
        store.full = False
        recorder.keep_up()
        await recorder.caught_up()
        recorder.keep_up()
        await recorder.caught_up()

    asyncio.run(scene())
    assert store.held == [record.encode(held)]
    assert len(told) == 1
