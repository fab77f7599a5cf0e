"""The worker makes cases of what lies in the inbox, tells how far it is, stops when told, and names nobody."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.host.inbox import InboxFolder
from orview.edge.host.jobs import (
    Job,
    JobSpool,
    LookInInbox,
    Outcome,
    PrepareCase,
    Progress,
    RegisterCase,
    RegisterTouched,
    TouchedPoint,
)
from orview.edge.host.work_process import Worker, use_own_temporary_folder
from orview.errors import StoreError
from orview.register.landmark_list import LandmarkList
from orview.register.landmarks import Landmark
from orview.register.verdict import Method, Verdict
from tests.integration.small_room import BOARD, BOARD_FROM_PATIENT, add_case
from tests.shapes import trunk, write_dicom


class Bench:
    """A worker with an inbox that holds one series in a folder named after its patient."""

    def __init__(self, folder: Path) -> None:
        self.store = CaseStore.open(folder / "store")
        self.spool = JobSpool(folder / "jobs")
        self.inbox = InboxFolder(self.store)
        self.inbox.make()
        write_dicom(self.inbox.path / "Doe_Jane", trunk((12, 64, 64)))
        self.worker = Worker(self.store, self.spool)

    @property
    def entry(self) -> str:
        return self.inbox.entries()[0].id

    def done(self, job: Job) -> Outcome:
        self.spool.submit(job)
        assert self.worker.do_next()
        (outcome,) = self.spool.outcomes()
        return outcome


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.hazard("H21")
def test_the_inbox_is_told_without_names(bench: Bench) -> None:
    (bench.inbox.path / "Roe_Richard").mkdir()
    (bench.inbox.path / "Roe_Richard" / "Roe.txt").write_text("Roe")
    (bench.inbox.path / "Moe.zip").write_bytes(b"")
    (bench.inbox.path / "Poe.nii").write_bytes(b"not an image")
    found = {entry["entry"]: entry for entry in bench.done(LookInInbox()).found}
    assert len(found) == 4
    by_name = {entry.path.name: found[entry.id] for entry in bench.inbox.entries()}
    ((series,), problem) = by_name["Doe_Jane"]["series"], by_name["Doe_Jane"]["problem"]
    assert (series["number"], series["modality"], series["slices"], problem) == (1, "CT", 12, "")
    assert "PELVIS" in series["description"]
    assert by_name["Roe_Richard"]["problem"]
    assert by_name["Moe.zip"]["problem"] == "It is empty."
    assert (by_name["Poe.nii"]["problem"], by_name["Poe.nii"]["series"]) == ("", [])
    for name in ("Doe", "Jane", "Roe", "Moe", "Poe", "4711"):
        assert name not in str(found)


def test_a_case_is_made_and_its_stages_are_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Progress] = []
    shown: set[bytes] = set()

    def report(job_id: str, progress: Progress) -> None:
        told.append(progress)
        if progress.picture is not None:
            shown.add(bench.store.blob(progress.picture))

    monkeypatch.setattr(bench.spool, "report", report)
    outcome = bench.done(PrepareCase(entry=bench.entry, series=1, name="Case 12"))
    assert (outcome.failure, outcome.cancelled) == ("", False)
    assert bench.store.case(outcome.case_id).name == "Case 12"
    stages = list(dict.fromkeys(progress.stage for progress in told))
    assert {"First look", "Surfaces", "Picture"} <= set(stages)
    # There is something to see from the first look on, and it is no blob of the case's.
    first = stages.index("First look")
    assert {progress.picture for progress in told if stages.index(progress.stage) < first} == {None}
    (picture,) = {progress.picture for progress in told if stages.index(progress.stage) > first}
    (png,) = shown
    assert png.startswith(b"\x89PNG")
    assert not bench.store.blob_path(picture or "").exists()
    assert bench.store.thumbnail(outcome.case_id) not in (None, picture)


def test_a_refusal_is_one_sentence_without_names(bench: Bench) -> None:
    (bench.inbox.path / "Doe_Jane" / "slice_005.dcm").unlink()
    outcome = bench.done(PrepareCase(entry=bench.entry, series=None, name=None))
    assert "missing" in outcome.failure
    assert "Doe" not in outcome.failure
    gone = bench.done(PrepareCase(entry="f" * 16, series=None, name=None))
    assert "no longer in the inbox" in gone.failure
    assert "no case" in bench.done(RegisterCase(case_id="none", board="patient_flat")).failure
    assert bench.store.cases() == []
    assert not bench.worker.do_next()


def test_a_case_nobody_wants_any_more_is_not_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = bench.spool.submit(PrepareCase(entry=bench.entry, series=None, name=None))
    report = bench.spool.report

    def cancel_at_surfaces(reported: str, progress: Progress) -> None:
        if progress.stage == "Surfaces":
            assert progress.picture is not None
            bench.spool.cancel(job_id)
        report(reported, progress)

    monkeypatch.setattr(bench.spool, "report", cancel_at_surfaces)
    assert bench.worker.do_next()
    (outcome,) = bench.spool.outcomes()
    assert outcome.cancelled
    assert (bench.store.cases(), list((bench.store.folder / "blobs").iterdir())) == ([], [])


def test_a_picture_that_cannot_be_stored_stops_no_case(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes) -> str:
        raise StoreError("The picture could not be stored.")

    monkeypatch.setattr(bench.store, "put_passing", refuse)
    assert bench.done(PrepareCase(entry=bench.entry, series=None, name=None)).failure == ""


def test_what_a_killed_worker_left_is_gone_at_the_next_start(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    work = bench.store.folder / "work"
    (work / "orview-left").mkdir(parents=True)
    (work / "orview-left" / "array.npy").write_bytes(b"a patient's image")
    (bench.store.folder / "blobs" / ("f" * 64)).write_bytes(b"left")
    use_own_temporary_folder(work)
    bench.worker.clean_up()
    assert list(work.iterdir()) == list((bench.store.folder / "blobs").iterdir()) == []
    with tempfile.TemporaryDirectory() as folder:
        assert Path(folder).parent == work
    shutil.rmtree(work)


TOUCHED_MM = {"a": (0.0, 0.0, 0.0), "b": (90.0, 10.0, 0.0), "c": (20.0, 70.0, 15.0), "d": (-40.0, 30.0, 55.0)}


def _touches(case_id: str, *, scale: float = 1.0) -> RegisterTouched:
    return RegisterTouched(
        case_id=case_id,
        board=BOARD,
        touches=tuple(
            TouchedPoint(
                name=name,
                position_board_mm=tuple((scale * BOARD_FROM_PATIENT.apply(place)).tolist()),
                covariance_mm2=tuple((0.25 * np.eye(3)).ravel().tolist()),
                shared_mm2=tuple((0.04 * np.eye(3)).ravel().tolist()),
            )
            for name, place in TOUCHED_MM.items()
        ),
    )


@pytest.mark.hazard("H05")
def test_touched_landmarks_register_a_case_and_touches_of_another_size_change_nothing(bench: Bench) -> None:
    case = add_case(bench.store)
    before = bench.store.registration(case.id, load_board(BOARD).digest)
    assert before is not None
    bench.store.put_landmarks(
        case.id,
        LandmarkList(
            landmarks=tuple(
                Landmark(name=name, position_patient_mm=np.array(place), covariance_mm2=0.09 * np.eye(3))
                for name, place in TOUCHED_MM.items()
            )
        ),
    )
    outcome = bench.done(_touches(case.id, scale=25.4))
    assert (outcome.case_id, "unit" in outcome.failure) == (case.id, True)
    assert bench.store.registration(case.id, load_board(BOARD).digest) == before
    outcome = bench.done(_touches(case.id))
    assert (outcome.case_id, outcome.failure) == (case.id, "")
    after = bench.store.registration(case.id, load_board(BOARD).digest)
    assert after is not None
    verdict = Verdict.from_json(after)
    assert (verdict.method, verdict.accepted) == (Method.POINTS, True)
    assert "pointer" in verdict.links["tumour"]
    assert verdict.board_from_patient is not None
    np.testing.assert_allclose(verdict.board_from_patient.transform.matrix, BOARD_FROM_PATIENT.matrix, atol=1e-6)
