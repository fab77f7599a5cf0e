"""Preparing cases from the console: what lies in the inbox, and how far the one case is that is being made.

Runs in the stream process. It reads names and sizes only; what the files hold is read in the work process.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from orview.edge.host.inbox import MAX_ENTRIES, Entry, InboxFolder
from orview.edge.host.jobs import JobSpool, LookInInbox, Outcome, PrepareCase, Progress
from orview.protocol.faults import WireError
from orview.protocol.inbox import Inbox, InboxEntry, Prepare, Preparing, PreparingState
from orview.protocol.messages import HostMessage, Refused
from orview.protocol.schema import read_fields

_SHOWN = 400


class PrepareDesk:
    """Asks the work process for cases and tells how far it is.

    Args:
        inbox: of the host's store.
        spool: where work is asked for; jobs asked for before a restart are taken up again.
    """

    def __init__(self, inbox: InboxFolder, spool: JobSpool) -> None:
        self._inbox = inbox
        self._spool = spool
        self._seen: tuple[Entry, ...] = ()
        self._surveyed: tuple[Entry, ...] | None = None
        self._entries: tuple[dict[str, Any], ...] = ()
        self._survey_job: str | None = None
        self._job: tuple[str, PrepareCase] | None = None
        self._told: Preparing | None = None
        for job_id, job in spool.pending():
            if isinstance(job, PrepareCase):
                self._job = job_id, job
            elif isinstance(job, LookInInbox):
                self._survey_job = job_id

    async def look(self) -> None:
        """Notice what came into the inbox; to be called every second or so.

        Asks what it is once it stayed as it is from one call to the next: nothing more is being copied then.
        """
        # A disk that refuses now may not do so at the next look.
        with contextlib.suppress(OSError):
            seen = tuple(await asyncio.to_thread(self._look))
            if seen == self._seen and seen != self._surveyed and self._survey_job is None:
                self._survey_job = await asyncio.to_thread(self._spool.submit, LookInInbox())
                self._surveyed = seen
            self._seen = seen

    def _look(self) -> list[Entry]:
        self._inbox.make()
        return self._inbox.entries()

    def prepare(self, message: Prepare) -> Refused | None:
        """Ask for a case; returns why not."""
        if self._job is not None:
            return Refused(
                code="NOT_NOW", message="Another case is being prepared.", mend="Wait for it.", about=message.TYPE
            )
        if not any(entry.id == message.entry for entry in self._seen):
            return Refused(
                code="NOT_NOW", message="It is no longer in the inbox.", mend="Put it there again.", about=message.TYPE
            )
        job = PrepareCase(entry=message.entry, series=message.series, name=message.name)
        self._job = self._spool.submit(job), job
        return None

    def stop(self) -> None:
        """Stop the case that is being made; its outcome tells."""
        if self._job is not None:
            self._spool.cancel(self._job[0])

    def take(self, outcome: Outcome) -> None:
        """Take what the work process finished."""
        if outcome.job_id == self._survey_job:
            self._survey_job = None
            self._entries = outcome.found
        if self._job is None or outcome.job_id != self._job[0]:
            return
        state = PreparingState.DONE
        if outcome.cancelled:
            state = PreparingState.STOPPED
        elif outcome.failure:
            state = PreparingState.REFUSED
        self._told = Preparing(
            entry=self._job[1].entry,
            state=state,
            stage="",
            fraction=1.0 if state is PreparingState.DONE else 0.0,
            case_id=outcome.case_id or None,
            words=one_line(outcome.failure),
            picture=None,
        )
        self._job = None

    def messages(self) -> Iterator[HostMessage]:
        """Return what the nurse is to know now."""
        entries = []
        for entry in self._entries:
            # What the work process found comes from files: it is held to the wire's limits like a stranger's words.
            with contextlib.suppress(WireError):
                entries.append(InboxEntry(**read_fields(InboxEntry, entry, Inbox.TYPE)))
        yield Inbox(folder=one_line(str(self._inbox.path)), entries=tuple(entries[:MAX_ENTRIES]))
        if self._job is not None:
            job_id, job = self._job
            progress = self._spool.progress(job_id)
            known = progress or Progress(stage="", fraction=0.0)
            yield Preparing(
                entry=job.entry,
                state=PreparingState.WAITING if progress is None else PreparingState.RUNNING,
                stage=known.stage[:64],
                fraction=min(max(known.fraction, 0.0), 1.0),
                case_id=None,
                words="",
                picture=None if known.picture is None else f"/m/{known.picture}",
            )
        elif self._told is not None:
            yield self._told


def one_line(words: str) -> str:
    """Return words as the wire takes them."""
    return "".join(letter if letter.isprintable() else " " for letter in words)[:_SHOWN]
