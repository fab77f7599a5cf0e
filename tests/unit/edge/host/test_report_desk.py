"""How far the report is: nothing, being written, ready at two addresses, or why not."""

from pathlib import Path

from orview.edge.host.jobs import JobSpool, LookInInbox, Outcome, WriteReport
from orview.edge.host.report_desk import NO_REPORT, ReportDesk
from orview.protocol.events import ReportState, SessionReport


def test_the_report_is_asked_for_and_told_when_it_is_there(tmp_path: Path) -> None:
    spool = JobSpool(tmp_path)
    desk = ReportDesk(spool)
    assert desk.message() == NO_REPORT
    desk.write()
    ((job_id, job),) = spool.pending()
    assert job == WriteReport()
    assert desk.message().state is ReportState.WRITING
    desk.take(Outcome(job_id="0", job=LookInInbox(), failure="Not mine."))
    assert desk.message().state is ReportState.WRITING
    desk.take(Outcome(job_id=job_id, job=job, failure="The disk is full. Free some space."))
    assert desk.message() == SessionReport(
        state=ReportState.FAILED, name=None, html=None, pdf=None, words="The disk is full. Free some space."
    )
    desk.take(Outcome(job_id=job_id, job=job, found=("20260111T093000Z_3",)))
    assert desk.message() == SessionReport(
        state=ReportState.READY,
        name="20260111T093000Z_3",
        html="/r/20260111T093000Z_3.html",
        pdf="/r/20260111T093000Z_3.pdf",
        words="",
    )
