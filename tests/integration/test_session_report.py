"""A session from START to END on a real host: its slices, its notes, its report, and nothing left of the patient."""

import asyncio
import hashlib
import http.client

import pytest

from orview.edge.audit_log import AuditLog
from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.edge.host.logbook import FILE, FOLDER, LogLevel
from orview.edge.host.store import HostStore
from orview.edge.report.contents import SIMULATED
from orview.edge.report.record import record_of
from orview.model.case import Case
from orview.protocol.events import Events, NoteText, ReportState, SessionReport
from orview.protocol.messages import Role, Stop
from orview.protocol.slices import Gazes, LookingAt, Slices
from tests.integration.small_room import (
    FilmedBoard,
    add_case,
    console,
    go_live,
    host_config,
    is_live_pose,
    joined,
)
from tests.unit.edge.report.pdf_words import words_of_pdf

NOTE = "Zz-canary-9917: nerf S2 vu, 病人稳定"
SLICES = b"\x1f\x8b an image of somebody"
POINT = (0.01, -0.02, 0.03)


class Told:
    """What came of a session."""

    slices: Slices
    image: tuple[int, bytes]
    stranger: tuple[int, bytes]
    gazes: Gazes
    events: Events
    report: SessionReport
    files: dict[str, tuple[int, bytes]]
    after: tuple[Slices, Events]
    surgeon_heard: str


def case_with_slices(store: CaseStore) -> Case:
    """The small room's case, with an image beside it."""
    case = add_case(store)
    name = hashlib.sha256(SLICES).hexdigest()
    store.slices_path(name).write_bytes(SLICES)
    with store.file.connection() as connection:
        connection.execute("INSERT INTO case_slices VALUES (?, ?)", (case.id, name))
    return case


async def get(port: int, path: str, token: str) -> tuple[int, bytes]:
    """Ask the loopback port as the console does."""

    def ask() -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    return await asyncio.to_thread(ask)


async def hold(host: Host, case: Case) -> Told:
    told, addresses = Told(), host.wait_ready()
    port, token = addresses.loopback_port, addresses.console_token
    async with joined(addresses, role=Role.SURGEON, code=addresses.code, name="Quest 3 headset") as surgeon:
        async with console(addresses) as nurse:
            await go_live(nurse, case)
            await surgeon.until(is_live_pose)
            told.slices = nurse.told["Slices"]
            assert told.slices.image is not None
            told.image = await get(port, told.slices.image.url, token)
            told.stranger = await get(port, told.slices.image.url, "x" * 43)
            await surgeon.say(LookingAt(structure="tumour", point_patient_m=POINT))
            told.gazes = await nurse.until(lambda m: isinstance(m, Gazes) and m.gazes != ())
            await nurse.say(NoteText(text=NOTE))
            told.events = await nurse.until(
                lambda m: isinstance(m, Events) and any(entry.words == NOTE for entry in m.entries)
            )
            await asyncio.sleep(1.2)
            await nurse.say(Stop())
            told.report = await nurse.until(
                lambda m: isinstance(m, SessionReport) and m.state in (ReportState.READY, ReportState.FAILED),
                timeout_s=60.0,
            )
            told.files = {kind: await get(port, str(getattr(told.report, kind)), token) for kind in ("html", "pdf")}
            told.after = (nurse.told["Slices"], nurse.told["Events"])
        await surgeon.hear_for(0.3)
        told.surgeon_heard = repr(surgeon.history)
    return told


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    case = case_with_slices(CaseStore.open(folder / "store"))
    config = host_config(
        folder,
        f"slot:{folder / 'camera.slot'}",
        log_file=folder / "store" / FOLDER / FILE,
        log_level=LogLevel.DEBUG,
    )
    with FilmedBoard(folder / "camera.slot"), Host(config) as host:
        told = asyncio.run(hold(host, case))
    return folder / "store", case, told


def test_the_nurse_is_given_the_image_and_where_the_surgeon_looks(session):
    _, case, told = session
    assert told.slices.image.case_id == case.id
    assert told.image == (200, SLICES)
    assert told.stranger == (403, b"This is for the nurse's console alone.\n")
    (gaze,) = told.gazes.gazes
    assert (gaze.structure, gaze.point_patient_m) == ("tumour", POINT)


def test_the_report_says_the_numbers_of_the_record(session):
    folder, case, told = session
    assert told.report.state is ReportState.READY, told.report.words
    (html_status, page), (pdf_status, paper) = told.files["html"], told.files["pdf"]
    assert (html_status, pdf_status) == (200, 200)
    record = record_of(CaseStore.open(folder), told.report.name)
    live = next(one.document for one in record.moments if one.document["kind"] == "LIVE")
    end = record.moments[-1].document
    assert end["kind"] == "END"
    (structure,) = live["session"]["structures"]
    numbers = [
        structure["expected_error_mm"],
        end["worst_mm"]["tumour"],
        live["verdict"]["expected_error_mm"]["tumour"],
    ]
    numbers += [number for check in record.checks for number in (check.misfit_mm, check.expected_mm)]
    assert len(numbers) >= 5
    words = words_of_pdf(paper)
    for number in numbers:
        assert f"{number:.1f} mm" in words
        assert f"{number:.1f}\u00a0mm" in page.decode()
    for said in (case.digest, "Quest 3 headset", "HOLD → LIVE", "Sacral tip", "Phantom 1", told.report.name):
        assert said in words
    assert "Zz-canary-9917" in words
    # What was vouched for before START, as it was told then.
    assert "Two identifiers matched" in words
    items = live["told"]["time_out"]["items"]
    assert words.count("ticked") >= len(items) > 3
    assert "not ticked" not in words
    assert SIMULATED in words


@pytest.mark.hazard("H21")
def test_a_note_is_in_its_table_and_the_report_alone(session):
    folder, _, told = session
    store = CaseStore.open(folder)
    assert [note.words for note in HostStore(store).notes()] == [NOTE]
    assert all("canary" not in str(entry) for entry in AuditLog(folder).entries())
    allowed = {folder / "reports" / f"{told.report.name}.html", *folder.glob("orview.sqlite*")}
    for path in (path for path in folder.rglob("*") if path.is_file() and path not in allowed):
        assert b"canary" not in path.read_bytes(), path.name
    assert "canary" not in told.surgeon_heard


def test_nothing_of_the_patient_is_told_after_the_end(session):
    _, _, told = session
    slices, events = told.after
    assert slices.image is None
    assert all(entry.words != NOTE for entry in events.entries)
    assert [entry.kind for entry in events.entries][-1] == "STOPPED"
