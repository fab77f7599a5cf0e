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
        trouble: told when the disk refuses.
    """

    def __init__(self, host_store: HostStore, session: Session, *, trouble: Callable[[OrviewError], None]) -> None:
        self._host_store = host_store
        self._text = record.encode(session)
        self._trouble = trouble
        self._saving: asyncio.Task[None] | None = None
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
            self._saving = asyncio.get_running_loop().create_task(self._save(text, after=self._saving))

    async def recorded(self) -> None:
        """Wait until all of it is safely on disk, or was said not to be."""
        if self._saving is not None:
            await self._saving
        await asyncio.gather(*self._writing)

    async def _save(self, text: str, *, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await after
        try:
            await asyncio.to_thread(self._host_store.put_session_record, text)
        except OrviewError as error:
            self._trouble(error)

    async def _written(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except OrviewError as error:
            self._trouble(error)
