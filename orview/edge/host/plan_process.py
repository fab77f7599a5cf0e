"""The plan process: draws plans, away from the poses' road; nothing of it is needed while the overlay is live.

It loads the libraries of geometry and the structures of a case once somebody draws. Killed, it takes the draft up again
from its file; what it died of is tried once more and then told in words.
"""

import contextlib
import socket
from typing import TYPE_CHECKING

from orview.edge.case_store import CaseStore
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.draft_file import DraftFile
from orview.edge.host.jobs import DrawPlan, JobSpool, Outcome
from orview.edge.host.process_life import wake
from orview.edge.slots.latest_slot import LatestSlot
from orview.errors import InputError, OrviewError
from orview.protocol.codec import decode_from_client, decode_from_host, encode
from orview.protocol.drafting import NO_DRAFT, ClosePlan, DraftChange, OpenPlan, PlanDraft, StorePlan, TryPlane

if TYPE_CHECKING:
    from orview.edge.host.drawing import Drawing

LOOK_EVERY_S = 1.0
"""A wake-up can be lost with the process that sent it; what it told of is not."""


def run_plan(config: HostConfig, run: RunFolder, waker: socket.socket, wakeups: socket.socket) -> None:
    """Be the plan process until terminated."""
    waker.setblocking(False)
    wakeups.settimeout(LOOK_EVERY_S)
    drawer = Drawer(config, run)
    while True:
        if drawer.do_next():
            wake(waker)
        else:
            with contextlib.suppress(TimeoutError):
                wakeups.recv(4096)


class Drawer:
    """Does what consoles ask of a draft, in its order, and answers the newest plane that is tried.

    Args:
        config: the host's.
        run: where the processes meet.
    """

    def __init__(self, config: HostConfig, run: RunFolder) -> None:
        self._config = config
        self._folder = run.drafts
        self._spool = JobSpool(run.drawing)
        self._drafts, self._tried = LatestSlot.attach(run.draft_slot), LatestSlot.attach(run.tried_slot)
        self._tries = LatestSlot.attach(run.try_slot)
        # The plane it may have died of is not tried again.
        self._read = self._tries.sequence
        self._drawing: Drawing | None = None
        self._left_open = self._open_before()
        self._taking_up = None if self._left_open is None else self._take_up(self._left_open)

    def do_next(self) -> bool:
        """Do one thing; returns whether there was one."""
        taken = self._spool.take()
        if taken is not None:
            job_id, job = taken
            assert isinstance(job, DrawPlan)
            self._spool.finish(self._done(job_id, job))
            return True
        return self._try()

    def _done(self, job_id: str, job: DrawPlan) -> Outcome:
        found: tuple[object, ...] = ()
        try:
            message = decode_from_client(job.message)
            match message:
                case OpenPlan():
                    self._open(job.case_id)
                case ClosePlan():
                    self._close(job.case_id)
                case StorePlan():
                    plan = self._drawn(job.case_id).store()
                    found = (plan.digest, plan.version)
                case _ if isinstance(message, DraftChange):
                    self._drawn(job.case_id).change(message)
        except OrviewError as error:
            if self._drawing is None:
                self._tell(NO_DRAFT)
            return Outcome(job_id=job_id, job=job, case_id=job.case_id, failure=str(error))
        self._tell(NO_DRAFT if self._drawing is None else self._drawing.message())
        return Outcome(job_id=job_id, job=job, case_id=job.case_id, found=found)

    def _try(self) -> bool:
        if self._tries.sequence == self._read or (newest := self._tries.latest()) is None:
            return False
        self._read = newest[0]
        message = decode_from_client(newest[1].decode())
        if self._drawing is None or not isinstance(message, TryPlane):
            return False
        self._tried.publish(encode(self._drawing.tried(message)).encode())
        return True

    def _open(self, case_id: str) -> None:
        """Begin to draw the plan of a case; what is drawn already is gone on with."""
        if self._drawing is not None and self._drawing.case_id == case_id:
            return
        self._drawing = None
        from orview.edge.host.drawing import Drawing
        from orview.plan.warm import warm

        warm()
        self._drawing = Drawing(case_id, CaseStore.open(self._config.store), self._folder)

    def _close(self, case_id: str) -> None:
        DraftFile(self._folder, case_id).forget()
        if self._taking_up is not None:
            self._spool.cancel(self._taking_up)
        self._drawing = self._left_open = None

    def _drawn(self, case_id: str) -> "Drawing":
        """Return what is drawn of a case, or was by the process before.

        Raises:
            OrviewError: nothing is, or it cannot be read any more.
        """
        if self._drawing is None and self._left_open == case_id:
            self._open(case_id)
        if self._drawing is None or self._drawing.case_id != case_id:
            raise InputError("Nobody draws the plan of this case.", mend="Open the plan first.")
        return self._drawing

    def _open_before(self) -> str | None:
        """Return the id of the case whose plan the process before was drawing, None where it was not."""
        newest = self._drafts.latest()
        told = None if newest is None else decode_from_host(newest[1].decode())
        return told.case_id if isinstance(told, PlanDraft) else None

    def _take_up(self, case_id: str) -> str | None:
        """Ask oneself to open what the process before was drawing, as a job, which is given up where it kills.

        Returns:
            The job's id, None where one waits already.
        """
        opening = DrawPlan(case_id=case_id, message=encode(OpenPlan()))
        if any(job == opening for _, job in self._spool.pending()):
            return None
        return self._spool.submit(opening)

    def _tell(self, draft: PlanDraft) -> None:
        self._drafts.publish(encode(draft).encode())
