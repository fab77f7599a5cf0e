"""The connections of a host's port: counted, in time with their request, and with little of theirs in the kernel."""

import asyncio
from typing import Any

from websockets.asyncio.server import ServerConnection

from orview.edge.network.tcp import hold_little

MAX_CONNECTIONS = 1024
"""Of all kinds together; more are dropped at once, so that nobody can exhaust the host's memory."""
MAX_STRANGERS = 256
"""Of those, connections that were not let in: nobody can keep a paired device out by merely connecting."""
REQUEST_TIMEOUT_S = 10.0
"""A connection that has not sent its whole request by then is dropped, and so is one that takes no byte so long."""


class Connections:
    """All that are open now, and which of them are strangers'."""

    def __init__(self) -> None:
        self.all: set[HostConnection] = set()
        self.strangers: set[HostConnection] = set()

    def add(self, connection: "HostConnection") -> bool:
        """Count a new connection; returns False where it is one too many."""
        self.all.add(connection)
        self.strangers.add(connection)
        return len(self.all) <= MAX_CONNECTIONS and len(self.strangers) <= MAX_STRANGERS

    def remove(self, connection: "HostConnection") -> None:
        """A connection ended."""
        self.all.discard(connection)
        self.strangers.discard(connection)


class HostConnection(ServerConnection):
    """One connection of the port; whether it becomes a socket is not known before its request was read."""

    def __init__(self, counted: Connections, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counted = counted

    def let_in(self) -> None:
        """The device at the other end is one of ours: it is no stranger any more."""
        self._counted.strangers.discard(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, or drop it."""
        super().connection_made(transport)
        if not self._counted.add(self):
            self.transport.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None:
            hold_little(sock)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._counted.remove(self)
        super().connection_lost(exc)

    async def handshake(self, *args: Any, **options: Any) -> None:
        """Wait for the request, and drop a connection that does not send one."""
        # The library's own open_timeout would also bound a model's transfer.
        waiting = (self.request_rcvd, self.connection_lost_waiter)
        await asyncio.wait(waiting, timeout=REQUEST_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if self.request is None:
            self.transport.abort()
            await self.wait_closed()
        await super().handshake(*args, **options)
