"""Jobs survive the death of those who ask and of those who work."""

import pytest

from orview.edge.host.jobs import (
    JobCancelled,
    JobSpool,
    LookInInbox,
    Outcome,
    PrepareCase,
    Progress,
    RegisterCase,
    RegisterTouched,
    TouchedPoint,
    WriteReport,
)

JOB = RegisterCase(case_id="c1", board="flat")
TOUCHED = RegisterTouched(
    case_id="c1",
    board="flat",
    touches=(
        TouchedPoint(
            name="Crest, left",
            position_board_mm=(1.5, -2.0, 30.25),
            covariance_mm2=(0.25, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0),
            shared_mm2=(0.125, 0.0, 0.0, 0.0, 0.125, 0.0, 0.0, 0.0, 0.125),
        ),
    ),
)
PREPARE = PrepareCase(entry="0123456789abcdef", series=3, name="Case 12")


def test_jobs_of_every_kind_are_taken_oldest_first_until_they_are_answered(tmp_path):
    asker, worker = JobSpool(tmp_path), JobSpool(tmp_path)
    jobs = (JOB, PREPARE, LookInInbox(), TOUCHED, WriteReport())
    ids = [asker.submit(job) for job in jobs]
    assert asker.pending() == list(zip(ids, jobs, strict=True))
    outcomes = [
        Outcome(job_id=ids[0], job=JOB, case_id="c1"),
        Outcome(job_id=ids[1], job=PREPARE, failure="No slices."),
        Outcome(job_id=ids[2], job=jobs[2], found=({"entry": "a"}, {"entry": "b"})),
        Outcome(job_id=ids[3], job=TOUCHED, case_id="c1"),
        Outcome(job_id=ids[4], job=jobs[4], found=("20260111T093000Z_3",)),
    ]
    for job_id, job, outcome in zip(ids, jobs, outcomes, strict=True):
        assert worker.take() == (job_id, job)
        worker.finish(outcome)
    assert (worker.take(), asker.pending()) == (None, [])
    assert list(asker.outcomes()) == outcomes
    assert list(asker.outcomes()) == []


@pytest.mark.parametrize(
    ("job", "words"),
    [(JOB, "orview register"), (TOUCHED, "orview touch"), (PREPARE, "orview prepare"), (LookInInbox(), "inbox")],
    ids=["register", "touched", "prepare", "look"],
)
def test_job_that_kills_its_worker_is_taken_once_more_and_then_given_up(tmp_path, job, words):
    spool = JobSpool(tmp_path)
    job_id = spool.submit(job)
    assert spool.take() == (job_id, job)
    assert JobSpool(tmp_path).take() == (job_id, job)
    assert JobSpool(tmp_path).take() is None
    (outcome,) = spool.outcomes()
    assert (outcome.job_id, outcome.job) == (job_id, job)
    assert outcome.case_id == getattr(job, "case_id", "")
    assert words in outcome.failure


def test_how_far_a_job_is_can_be_asked(tmp_path):
    asker, worker = JobSpool(tmp_path), JobSpool(tmp_path)
    job_id = asker.submit(PREPARE)
    assert asker.progress(job_id) is None
    worker.take()
    worker.report(job_id, Progress(stage="Surfaces", fraction=0.5, picture="5a" * 32))
    assert asker.progress(job_id) == Progress(stage="Surfaces", fraction=0.5, picture="5a" * 32)
    worker.finish(Outcome(job_id=job_id, job=PREPARE))
    assert asker.progress(job_id) is None
    assert [path.suffix for path in tmp_path.iterdir()] == [".done"]


def test_what_nobody_wants_any_more_is_not_done(tmp_path):
    asker, worker = JobSpool(tmp_path), JobSpool(tmp_path)
    first, second = asker.submit(PREPARE), asker.submit(PREPARE)
    worker.take()
    asker.cancel(first)
    with pytest.raises(JobCancelled):
        worker.report(first, Progress(stage="Surfaces", fraction=0.5))
    worker.finish(Outcome(job_id=first, job=PREPARE, cancelled=True))
    asker.cancel(second)
    assert worker.take() is None
    assert [(outcome.job_id, outcome.cancelled) for outcome in asker.outcomes()] == [(first, True), (second, True)]
    assert list(tmp_path.iterdir()) == []


def test_half_written_jobs_are_nobodys(tmp_path):
    spool = JobSpool(tmp_path)
    (tmp_path / "00000000000000000001.job.part").write_text('{"case_id": "c1"')
    assert spool.take() is None
