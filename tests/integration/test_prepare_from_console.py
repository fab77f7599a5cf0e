"""A case made over the socket: a whole host on loopback, a small series in its inbox, the nurse's console."""

import asyncio
import http.client
import os
import signal

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.edge.host.inbox import InboxFolder
from orview.protocol.inbox import Inbox, Prepare, Preparing, StopPreparing
from orview.protocol.messages import Cases, Refused, Role, Welcome
from tests.integration.small_room import console, host_config, joined
from tests.shapes import trunk, write_dicom

PATIENT = "Doe_Jane_19700101"


@pytest.fixture
def store(tmp_path):
    """A store whose inbox holds one series, in a folder somebody named after the patient."""
    store = CaseStore.open(tmp_path / "store")
    inbox = InboxFolder(store)
    inbox.make()
    write_dicom(inbox.path / PATIENT, trunk((16, 64, 64)))
    return store


def run(tmp_path, scene) -> None:
    with Host(host_config(tmp_path, "slot:none")) as host:
        addresses = host.wait_ready()
        asyncio.run(scene(host, addresses))


def is_end(message) -> bool:
    return isinstance(message, Preparing) and message.state in ("done", "refused", "stopped")


async def listed(nurse) -> Inbox:
    return await nurse.until(lambda m: isinstance(m, Inbox) and m.entries, timeout_s=30)


def fetch(addresses, target: str):
    connection = http.client.HTTPConnection("127.0.0.1", addresses.loopback_port, timeout=10)
    connection.request("GET", target)
    response = connection.getresponse()
    return response.status, response.headers["Content-Type"], response.read()


def test_from_the_inbox_to_a_case_with_its_picture(tmp_path, store):
    async def scene(host, addresses):
        async with (
            joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon,
            console(addresses) as nurse,
        ):
            await surgeon.until(lambda m: isinstance(m, Welcome))
            (entry,) = (await listed(nurse)).entries
            ((series),) = entry.series
            assert (entry.kind, entry.problem, series.modality, series.slices) == ("folder", "", "CT", 16)

            wish = Prepare(entry=entry.entry, series=series.number, name="Case 12")
            await surgeon.say(wish)
            refused = await surgeon.until(lambda m: isinstance(m, Refused))
            assert (refused.code, refused.about) == ("NOT_ALLOWED", "prepare")
            await nurse.say(wish)
            await nurse.say(wish)
            assert (await nurse.until(lambda m: isinstance(m, Refused))).code == "NOT_NOW"
            end = await nurse.until(is_end, timeout_s=60)
            assert (end.state, end.words) == ("done", "")
            # The list comes before the news that the case is in it.
            cases = nurse.told["Cases"]
            assert [(case.case_id, case.name) for case in cases.cases] == [(end.case_id, "Case 12")]
            status, kind, body = await asyncio.to_thread(fetch, addresses, cases.cases[0].picture)
            assert (status, kind, body[:4]) == (200, "image/png", b"\x89PNG")

            told = [message for message in nurse.history if isinstance(message, Preparing)]
            assert {message.entry for message in told} == {entry.entry}
            # The first look goes with the end, from the message and from the store.
            assert end.picture is None
            for first_look in {message.picture for message in told} - {None}:
                assert not store.blob_path(first_look.removeprefix("/m/")).exists()
            assert {"waiting", "running", "done"} >= {message.state for message in told} >= {"running", "done"}
            times_ns = [at for at, message in nurse.arrived_ns if isinstance(message, Preparing)]
            assert len(times_ns) <= 4 * (times_ns[-1] - times_ns[0]) / 1e9 + 3
            assert not [message for message in surgeon.history if isinstance(message, Preparing | Inbox | Cases)]
            for message in nurse.history:
                assert "Doe" not in str(message)

            # The same files again are the same case, at once.
            await nurse.say(wish)
            again = await nurse.until(is_end)
            assert again.case_id == end.case_id

    run(tmp_path, scene)
    assert len(store.cases()) == 1


def test_killed_workers_stopped_cases_and_bad_files_leave_nothing_half_made(tmp_path, store):
    (store.folder / "inbox" / PATIENT / "slice_007.dcm").rename(tmp_path / "lost.dcm")
    write_dicom(store.folder / "inbox" / "Roe", trunk((12, 64, 64)))

    async def scene(host, addresses):
        async with console(addresses) as nurse:
            inbox = await listed(nurse)
            good, bad = sorted(inbox.entries, key=lambda entry: [series.slices for series in entry.series] != [12])
            await nurse.say(Prepare(entry=bad.entry, series=1, name=None))
            end = await nurse.until(is_end, timeout_s=60)
            assert end.state == "refused"
            assert "missing" in end.words

            # Stopped before the worker looks at it.
            os.kill(host.pid("work"), signal.SIGSTOP)
            await nurse.say(Prepare(entry=good.entry, series=None, name=None))
            await nurse.until(lambda m: isinstance(m, Preparing) and m.state == "waiting")
            await nurse.say(StopPreparing())
            await nurse.hear_for(0.3)
            os.kill(host.pid("work"), signal.SIGCONT)
            assert (await nurse.until(is_end)).state == "stopped"
            assert store.cases() == []

            await nurse.say(Prepare(entry=good.entry, series=None, name="Case 12"))
            await nurse.until(lambda m: isinstance(m, Preparing) and m.state == "running")
            os.kill(host.pid("work"), signal.SIGKILL)
            assert (await nurse.until(is_end, timeout_s=60)).state == "done"

    run(tmp_path, scene)
    (case,) = store.cases()
    named = {sha256 for level in case.levels for sha256 in (level.sha256, level.plain_sha256)}
    assert {path.name for path in (store.folder / "blobs").iterdir()} == named | {store.thumbnail(case.id)}
    assert list((store.folder / "work").iterdir()) == []
