"""The desk of the report: has the work process write one when a session ends, and says where it is."""

from orview.edge.host.jobs import JobSpool, Outcome, WriteReport
from orview.protocol.events import ReportState, SessionReport

NO_REPORT = SessionReport(state=ReportState.NONE, name=None, html=None, pdf=None, words="")
_LONGEST = 400


class ReportDesk:
    """The report of the session that ended last.

    Args:
        spool: where it is asked for.
    """

    def __init__(self, spool: JobSpool) -> None:
        self._spool = spool
        self._message = NO_REPORT

    def write(self) -> None:
        """A session ended, and all of it is on record."""
        self._spool.submit(WriteReport())
        self._message = SessionReport(state=ReportState.WRITING, name=None, html=None, pdf=None, words="")

    def take(self, outcome: Outcome) -> None:
        """Take what came of it; outcomes of other work are passed over."""
        if not isinstance(outcome.job, WriteReport):
            return
        if outcome.failure or not outcome.found:
            self._message = SessionReport(
                state=ReportState.FAILED, name=None, html=None, pdf=None, words=outcome.failure[:_LONGEST]
            )
            return
        name = str(outcome.found[0])
        self._message = SessionReport(
            state=ReportState.READY, name=name, html=f"/r/{name}.html", pdf=f"/r/{name}.pdf", words=""
        )

    def message(self) -> SessionReport:
        """Return what the nurse is told of it."""
        return self._message
