"""Jobs survive the death of those who ask and of those who work."""

from orview.edge.host.jobs import JobSpool, Outcome, RegisterCase

JOB = RegisterCase(case_id="c1", board="flat")


def test_jobs_are_taken_oldest_first_until_they_are_answered(tmp_path):
    asker, worker = JobSpool(tmp_path), JobSpool(tmp_path)
    first = asker.submit(JOB)
    second = asker.submit(RegisterCase(case_id="c2", board="flat"))
    assert worker.take() == (first, JOB)
    worker.finish(Outcome(job_id=first, case_id="c1"))
    assert worker.take() == (second, RegisterCase(case_id="c2", board="flat"))
    worker.finish(Outcome(job_id=second, case_id="c2", failure="No beads."))
    assert worker.take() is None
    assert list(asker.outcomes()) == [
        Outcome(job_id=first, case_id="c1"),
        Outcome(job_id=second, case_id="c2", failure="No beads."),
    ]
    assert list(asker.outcomes()) == []


def test_job_that_kills_its_worker_is_taken_once_more_and_then_given_up(tmp_path):
    spool = JobSpool(tmp_path)
    job_id = spool.submit(JOB)
    assert spool.take() == (job_id, JOB)
    assert JobSpool(tmp_path).take() == (job_id, JOB)
    assert JobSpool(tmp_path).take() is None
    (outcome,) = spool.outcomes()
    assert (outcome.job_id, outcome.case_id) == (job_id, "c1")
    assert "orview register" in outcome.failure


def test_half_written_jobs_are_nobodys(tmp_path):
    spool = JobSpool(tmp_path)
    (tmp_path / "00000000000000000001.job.part").write_text('{"case_id": "c1"')
    assert spool.take() is None
