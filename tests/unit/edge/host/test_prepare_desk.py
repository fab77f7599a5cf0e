"""The desk asks for one case at a time, tells how far it is, and takes up after a restart what was asked before."""

import asyncio

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.inbox import InboxFolder
from orview.edge.host.jobs import JobSpool, LookInInbox, Outcome, PrepareCase, Progress
from orview.edge.host.prepare_desk import PrepareDesk
from orview.protocol.codec import encode
from orview.protocol.inbox import Inbox, Prepare, Preparing


@pytest.fixture
def inbox(tmp_path):
    inbox = InboxFolder(CaseStore.open(tmp_path / "store"))
    inbox.make()
    (inbox.path / "Doe.zip").write_bytes(b"1")
    return inbox


@pytest.fixture
def spool(tmp_path):
    return JobSpool(tmp_path / "jobs")


def looked(desk: PrepareDesk, times: int = 1) -> PrepareDesk:
    for _ in range(times):
        asyncio.run(desk.look())
    return desk


def told(desk: PrepareDesk, kind: type) -> object:
    for message in desk.messages():
        assert "Doe" not in encode(message)
        if isinstance(message, kind):
            return message
    return None


def entry_fields(entry_id: str, **changes) -> dict[str, object]:
    return {
        "entry": entry_id, "kind": "archive", "arrived_utc": "2026-01-01T00:00:00+00:00", "megabytes": 0.1,
        "series": [], "problem": "", **changes,
    }  # fmt: skip


def test_the_inbox_is_surveyed_once_it_rests(inbox, spool):
    desk = looked(PrepareDesk(inbox, spool))
    assert spool.pending() == []
    looked(desk)
    ((job_id, job),) = spool.pending()
    assert job == LookInInbox()
    (inbox.path / "more.zip").write_bytes(b"1")
    looked(desk, 3)
    assert len(spool.pending()) == 1
    found = entry_fields(inbox.entries()[0].id)
    spool.finish(Outcome(job_id=job_id, job=job, found=(found, found | {"problem": "bad\nwords"}, {"entry": 1})))
    for outcome in spool.outcomes():
        desk.take(outcome)
    message = told(desk, Inbox)
    assert [entry.entry for entry in message.entries] == [found["entry"]]
    assert message.folder == str(inbox.path)
    looked(desk, 2)
    assert len(spool.pending()) == 1


def test_one_case_at_a_time_from_asking_to_its_end(inbox, spool):
    desk = looked(PrepareDesk(inbox, spool))
    entry_id = inbox.entries()[0].id
    assert told(desk, Preparing) is None
    gone = desk.prepare(Prepare(entry="f" * 16, series=None, name=None))
    assert gone.code == "NOT_NOW"
    assert desk.prepare(Prepare(entry=entry_id, series=2, name="Case 1")) is None
    assert desk.prepare(Prepare(entry=entry_id, series=2, name="Case 1")).code == "NOT_NOW"
    job_id, job = spool.take()
    assert job == PrepareCase(entry=entry_id, series=2, name="Case 1")
    assert told(desk, Preparing).state == "waiting"
    spool.report(job_id, Progress(stage="Surfaces", fraction=0.5))
    message = told(desk, Preparing)
    assert (message.state, message.stage, message.fraction) == ("running", "Surfaces", 0.5)
    assert message.picture is None
    spool.report(job_id, Progress(stage="Surfaces", fraction=0.5, picture="5a" * 32))
    assert told(desk, Preparing).picture == f"/m/{'5a' * 32}"
    desk.take(Outcome(job_id=job_id, job=job, case_id="c1"))
    assert (told(desk, Preparing).state, told(desk, Preparing).case_id) == ("done", "c1")
    assert told(desk, Preparing).picture is None
    assert desk.prepare(Prepare(entry=entry_id, series=None, name=None)) is None


@pytest.mark.parametrize(
    ("outcome", "state"), [({"failure": "A slice is missing.\n"}, "refused"), ({"cancelled": True}, "stopped")]
)
def test_a_case_that_came_to_nothing_is_told(inbox, spool, outcome, state):
    desk = looked(PrepareDesk(inbox, spool))
    desk.stop()
    desk.prepare(Prepare(entry=inbox.entries()[0].id, series=None, name=None))
    desk.stop()
    ((job_id, job),) = spool.pending()
    assert spool.is_cancelled(job_id)
    desk.take(Outcome(job_id=job_id, job=job, **outcome))
    message = told(desk, Preparing)
    assert (message.state, message.case_id) == (state, None)
    assert ("slice" in message.words) == ("failure" in outcome)


def test_a_restarted_host_takes_up_what_was_asked_before(inbox, spool):
    job = PrepareCase(entry=inbox.entries()[0].id, series=None, name=None)
    job_id = spool.submit(job)
    survey = spool.submit(LookInInbox())
    desk = looked(PrepareDesk(inbox, spool), 3)
    assert told(desk, Preparing).state == "waiting"
    assert [pending for pending, _ in spool.pending()] == [job_id, survey]
    desk.take(Outcome(job_id=survey, job=LookInInbox(), found=(entry_fields(job.entry),)))
    desk.take(Outcome(job_id=job_id, job=job, case_id="c1"))
    assert told(desk, Preparing).case_id == "c1"
    assert len(told(desk, Inbox).entries) == 1
