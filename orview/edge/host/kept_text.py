"""One short record that is kept on disk: the newest wins, older ones never overwrite it, and nothing waits for it."""

import asyncio
from collections.abc import Callable, Coroutine


class KeptText:
    """Writes a record down whenever it changed.

    Args:
        put: writes it; may wait for the disk and refuse.
        write: lets something be written off the poses' road (`Recorder.write`).
        before: what is on disk now.
    """

    def __init__(
        self,
        put: Callable[[str], None],
        write: Callable[[Coroutine[None, None, None]], None],
        *,
        before: str | None = None,
    ) -> None:
        self._put, self._write = put, write
        self._newest = self._saved = before
        self._one_at_a_time = asyncio.Lock()

    def take(self, text: str) -> None:
        """Keep a record, where it is news."""
        if text != self._newest:
            self._newest = text
            self._write(self._save())

    async def _save(self) -> None:
        async with self._one_at_a_time:
            text = self._newest
            if text is not None and text != self._saved:
                await asyncio.to_thread(self._put, text)
                self._saved = text
