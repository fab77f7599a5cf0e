"""What an import costs the poses: latency while a host's own work process builds a case, beside the same without.

When poses are handed to the sockets is the host's own doing; when they arrive also waits for the clients, which share
the machine's processors here as headsets do not.
"""

import multiprocessing
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.streaming_pieces import OURS, Goal, pair
from orview.edge.case_store import CaseStore
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.inbox import InboxFolder
from orview.edge.host.jobs import JobSpool, PrepareCase
from orview.edge.host.work_process import run_work
from orview.protocol.binary import POSE_BYTES

CT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "ct_pelvis_dicom"
PHANTOM_MM = 2.0
BEGIN_S = 60.0
CLIENTS = 8
ROUND_S = 4.0


@dataclass(kw_only=True)
class Import:
    """A case being built by a work process.

    Attributes:
        spool: where its job is told.
        folder: of that spool.
    """

    spool: JobSpool
    folder: Path

    def ran_until(self) -> float:
        """Return when the case was done (`time.time`), now where it is not.

        Raises:
            SystemExit: it could not be built: nothing was measured.
        """
        done = next(self.folder.glob("*.done"), None)
        at_s = time.time() if done is None else done.stat().st_mtime
        for outcome in self.spool.outcomes():
            if outcome.failure:
                raise SystemExit(outcome.failure)
        return at_s


def imported(*, short: bool) -> list[Goal]:
    """Poses to a few clients, turn about with nothing else and beside an import. No goal is set for it."""
    alone, beside, ran = [], [], []
    for _ in range(1 if short else 3):
        with pair(OURS, clients=CLIENTS, payload_bytes=POSE_BYTES) as both:
            both.run(0.5)
            alone.append(both.run(ROUND_S))
            with importing() as case:
                begun_s = time.time()
                beside.append(both.run(ROUND_S))
                # A case that is done before the round is no import for the rest of it, and that is told.
                ran.append((case.ran_until() - begun_s) / (time.time() - begun_s))
    late = [median(run.late_p99_us for run in runs) for runs in (alone, beside)]
    p99 = [median(run.p99_us for run in runs) for runs in (alone, beside)]
    rates = " and ".join(f"{median(run.rate_hz for run in runs):.0f}" for runs in (alone, beside))
    reached = (
        f"p99 sent late {late[0]:.0f} / {late[1]:.0f} us, arrived {p99[0]:.0f} / {p99[1]:.0f} us, {rates} Hz; "
        f"the import ran {median(ran):.0%} of the time"
    )
    name = f"{CLIENTS} clients alone / while {source_words()} is imported"
    return [Goal(name=name, asked="", reached=reached, met=None)]


def source_words() -> str:
    """Say what is imported."""
    return "ct_pelvis_dicom" if CT_FOLDER.is_dir() else f"a phantom of {PHANTOM_MM:g} mm voxels"


@contextmanager
def importing() -> Iterator[Import]:
    """Start a work process with a fresh store that builds a case; yield as soon as it has begun to read."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        store = CaseStore.open(folder / "store")
        inbox = InboxFolder(store)
        inbox.make()
        _fill(inbox.path)
        run = RunFolder(folder / "run")
        run.path.mkdir()
        spool = JobSpool(run.jobs)
        config = HostConfig(store=store.folder, camera="none", profile=folder, board="none", room_name="benchmark")
        waker, woken = socket.socketpair()
        process = multiprocessing.get_context("spawn").Process(target=run_work, args=(config, run, waker))
        process.start()
        try:
            job_id = spool.submit(PrepareCase(entry=inbox.entries()[0].id, series=None, name="benchmark"))
            until_s = time.monotonic() + BEGIN_S
            while spool.progress(job_id) is None:
                if time.monotonic() > until_s or not process.is_alive():
                    raise SystemExit("the work process did not begin")
                time.sleep(0.01)
            yield Import(spool=spool, folder=run.jobs)
        finally:
            process.kill()
            process.join()
            waker.close()
            woken.close()


def _fill(inbox: Path) -> None:
    """Put the real CT into an inbox, or a phantom where there is none."""
    if CT_FOLDER.is_dir():
        shutil.copytree(CT_FOLDER, inbox / "ct")
        return
    from orview.edge.boards import load_board
    from orview.edge.images.files import write_volume
    from orview.sim.phantom import build_phantom

    write_volume(inbox / "ct.nii.gz", build_phantom(board=load_board("patient_flat"), spacing_mm=PHANTOM_MM).volume)
