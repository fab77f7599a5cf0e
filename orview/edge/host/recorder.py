"""Writes the session's record to disk whenever it changed, off the poses' road, one after the other."""

import asyncio
from collections.abc import Callable

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

    def take(self, session: Session) -> None:
        """Write down a session, where that is news."""
        text = record.encode(session)
        if text != self._text:
            self._text = text
            self._saving = asyncio.get_running_loop().create_task(self._save(text, after=self._saving))

    async def recorded(self) -> None:
        """Wait until the record is safely on disk, or was said not to be."""
        if self._saving is not None:
            await self._saving

    async def _save(self, text: str, *, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await after
        try:
            await asyncio.to_thread(self._host_store.put_session_record, text)
        except OrviewError as error:
            self._trouble(error)
