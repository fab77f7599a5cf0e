"""The work process: does the heavy jobs of a host, one after the other, beside the poses' road.

Nothing waits for it but the person who asked; killed, it is started again and takes the job up anew.
"""

import os
import socket
import time

from orview.edge.case_store import CaseStore
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.jobs import JobSpool, Outcome, RegisterCase
from orview.edge.host.process_life import begin_child_process, wake
from orview.edge.registration import register_with_board
from orview.errors import OrviewError

LOOK_EVERY_S = 0.1
_NICENESS = 10


def run_work(config: HostConfig, run: RunFolder, waker: socket.socket) -> None:
    """Be the work process until terminated."""
    begin_child_process()
    waker.setblocking(False)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    store = CaseStore.open(config.store)
    spool = JobSpool(run.jobs)
    while True:
        taken = spool.take()
        if taken is None:
            time.sleep(LOOK_EVERY_S)
            continue
        job_id, job = taken
        spool.finish(work_on(job, job_id=job_id, store=store))
        wake(waker)


def work_on(job: RegisterCase, *, job_id: str, store: CaseStore) -> Outcome:
    """Do one job; what cannot be done is told in words."""
    try:
        register_with_board(job.case_id, job.board, store=store)
    except OrviewError as error:
        return Outcome(job_id=job_id, case_id=job.case_id, failure=str(error))
    return Outcome(job_id=job_id, case_id=job.case_id)
