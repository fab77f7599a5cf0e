"""What is to be kept gets to the disk in order, nothing is left behind at the end, and a disk that refuses is told."""

import asyncio
from dataclasses import replace
from pathlib import Path

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
