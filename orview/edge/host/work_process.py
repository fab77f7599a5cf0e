"""The work process: does the heavy jobs of a host, one after the other, beside the poses' road.

Nothing waits for it but the person who asked; killed, it is started again and takes the job up anew. What it had
begun is gone with it: cases are stored in one piece, and what was read lies in a folder that is emptied at its start.
"""

import contextlib
import os
import shutil
import socket
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from orview.edge.case_store import CaseStore
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.inbox import InboxFolder, without_names
from orview.edge.host.inbox_survey import InboxSurvey
from orview.edge.host.jobs import (
    DrawPlan,
    Job,
    JobCancelled,
    JobSpool,
    LookInInbox,
    Outcome,
    PrepareCase,
    Progress,
    RegisterCase,
    RegisterTouched,
    WriteReport,
)
from orview.edge.host.process_life import wake
from orview.edge.prepare import PrepareOptions, prepare
from orview.edge.registration import register_with_board
from orview.edge.registration_points import register_with_touches
from orview.edge.report.write import write_report
from orview.errors import ContractError, OrviewError, StoreError
from orview.mesh.warm import warm
from orview.register.landmarks import Touch

LOOK_EVERY_S = 0.1
REPORT_EVERY_S = 0.2
_NICENESS = 10


def run_work(config: HostConfig, run: RunFolder, waker: socket.socket) -> None:
    """Be the work process until terminated."""
    waker.setblocking(False)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    store = CaseStore.open(config.store)
    use_own_temporary_folder(config.store / "work")
    worker = Worker(store, JobSpool(run.jobs))
    worker.clean_up()
    warm()
    while True:
        if worker.do_next():
            wake(waker)
        else:
            time.sleep(LOOK_EVERY_S)


def use_own_temporary_folder(folder: Path) -> None:
    """Let everything this process reads on the way lie in one folder, empty now: what a killed one left holds patients.

    Raises:
        OSError: the folder cannot be made.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    tempfile.tempdir = str(folder)


class Worker:
    """Takes jobs and answers them; what cannot be done is told in words."""

    def __init__(self, store: CaseStore, spool: JobSpool) -> None:
        self._store = store
        self._spool = spool
        self._inbox = InboxFolder(store)
        self._survey = InboxSurvey(self._inbox)
        self._reported: tuple[str, float] = ("", 0.0)
        self._picture: str | None = None

    def clean_up(self) -> None:
        """Remove what a killed worker left in the store."""
        self._store.sweep()

    def do_next(self) -> bool:
        """Do the oldest job; returns whether there was one."""
        taken = self._spool.take()
        if taken is None:
            return False
        job_id, job = taken
        try:
            outcome = self._done(job_id, job)
        except JobCancelled:
            outcome = Outcome(job_id=job_id, job=job, cancelled=True)
        except OrviewError as error:
            outcome = Outcome(job_id=job_id, job=job, case_id=_case_of(job), failure=self._words(job, error))
        self._spool.finish(outcome)
        return True

    def _done(self, job_id: str, job: Job) -> Outcome:
        match job:
            case RegisterCase():
                register_with_board(job.case_id, job.board, store=self._store)
                return Outcome(job_id=job_id, job=job, case_id=job.case_id)
            case RegisterTouched():
                touches = [
                    Touch(
                        name=touch.name,
                        position_board_mm=np.array(touch.position_board_mm),
                        covariance_mm2=np.array(touch.covariance_mm2).reshape(3, 3),
                        shared_mm2=np.array(touch.shared_mm2).reshape(3, 3),
                    )
                    for touch in job.touches
                ]
                register_with_touches(job.case_id, job.board, touches, store=self._store)
                return Outcome(job_id=job_id, job=job, case_id=job.case_id)
            case LookInInbox():
                return Outcome(job_id=job_id, job=job, found=tuple(self._survey.found(today=_today())))
            case PrepareCase():
                return self._prepared(job_id, job)
            case WriteReport():
                return Outcome(job_id=job_id, job=job, found=(write_report(self._store).name,))
            case DrawPlan():
                raise ContractError("Plans are drawn by the plan process.")

    def _prepared(self, job_id: str, job: PrepareCase) -> Outcome:
        entry = self._inbox.entry(job.entry)
        if entry is None:
            return Outcome(job_id=job_id, job=job, failure="It is no longer in the inbox. Put it there again.")
        try:
            prepared = prepare(
                [entry.path],
                options=PrepareOptions(series=None if job.series is None else str(job.series)),
                name=job.name,
                store=self._store,
                progress=lambda stage, fraction: self._report(job_id, stage, fraction),
                today=_today(),
                first_look=self._show,
            )
        finally:
            self._forget_picture()
        return Outcome(job_id=job_id, job=job, case_id=prepared.case.id)

    def _report(self, job_id: str, stage: str, fraction: float) -> None:
        """Say how far a job is, where that is news worth a file."""
        now_s = time.monotonic()
        told_stage, told_s = self._reported
        if stage != told_stage or now_s - told_s >= REPORT_EVERY_S or self._spool.is_cancelled(job_id):
            self._reported = (stage, now_s)
            self._spool.report(job_id, Progress(stage=stage, fraction=fraction, picture=self._picture))

    def _show(self, png: bytes) -> None:
        """Let the next report carry a picture; a case is made all the same where it cannot be kept."""
        self._reported = ("", 0.0)
        with contextlib.suppress(StoreError):
            self._picture = self._store.put_passing(png)

    def _forget_picture(self) -> None:
        """Remove the picture that no case owns; what the store does not let go of is swept at the next start."""
        if self._picture is not None:
            with contextlib.suppress(StoreError):
                self._store.drop_passing(self._picture)
        self._picture = None

    def _words(self, job: Job, error: OrviewError) -> str:
        if not isinstance(job, PrepareCase):
            return str(error)
        entry = self._inbox.entry(job.entry)
        return str(error) if entry is None else without_names(str(error), entry.path)


def _case_of(job: Job) -> str:
    return job.case_id if isinstance(job, RegisterCase | RegisterTouched) else ""


def _today() -> date:
    return datetime.now(UTC).date()
