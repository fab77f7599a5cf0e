"""Writes the session's record to disk whenever it changed, and what else is to be kept, off the poses' road."""

import asyncio
from collections.abc import Callable, Coroutine

from orview.edge.host.store import HostStore
from orview.errors import OrviewError
from orview.session import record
from orview.session.state import Session


class Recorder:
    """Keeps the record on disk like the session.

    Args:
        host_store: where it lies.
        session: as it is on record now.
        trouble: told when the disk refuses, in the same words once only.
    """

    def __init__(self, host_store: HostStore, session: Session, *, trouble: Callable[[OrviewError], None]) -> None:
        self._host_store = host_store
        self._text = record.encode(session)
        self._trouble = trouble
        self._saving: asyncio.Task[None] | None = None
        self._refused = ""
        self._writing: set[asyncio.Task[None]] = set()

    def write(self, work: Coroutine[None, None, None]) -> None:
        """Let something be written meanwhile; what the disk refuses is told."""
        task = asyncio.get_running_loop().create_task(self._written(work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    def take(self, session: Session) -> None:
        """Write down a session, where that is news."""
        text = record.encode(session)
        if text != self._text:
            self._text = text
            self._save_soon()

    @property
    def behind(self) -> bool:
        """Whether the newest session is not yet on disk, and the disk has not refused it either."""
        return self._saving is not None and not self._saving.done()

    async def caught_up(self) -> None:
        """Wait until it is no longer behind."""
        while self._saving is not None and not self._saving.done():
            await self._saving

    def keep_up(self) -> None:
        """Try again what the disk refused; to be called now and then."""
        if self._refused and self._saving is not None and self._saving.done():
            self._save_soon()

    async def recorded(self) -> None:
        """Wait until all of it is safely on disk, or was said not to be."""
        await self.caught_up()
        await asyncio.gather(*self._writing)

    def _save_soon(self) -> None:
        self._saving = asyncio.get_running_loop().create_task(self._save(self._text, after=self._saving))

    async def _save(self, text: str, *, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await after
        try:
            await asyncio.to_thread(self._host_store.put_session_record, text)
        except OrviewError as error:
            before, self._refused = self._refused, str(error)
            if before != self._refused:
                self._trouble(error)
        else:
            self._refused = ""

    async def _written(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except OrviewError as error:
            self._trouble(error)
