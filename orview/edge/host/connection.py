"""The connections of a host's port: counted, in time with their request, with little of theirs in the kernel, alive.

Whether a connection lives is seen from what it says: headsets talk twice a second, and only one that is silent is
pinged. The library's own pings are a task, a timer and a waiter for each client: a quarter of all the fan-out costs.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from orview.edge.network.tcp import hold_little, hurry

MAX_CONNECTIONS = 1024
"""Of all kinds together; more are dropped at once, so that nobody can exhaust the host's memory."""
MAX_STRANGERS = 256
"""Of those, connections that were not let in: nobody can keep a paired device out by merely connecting."""
REQUEST_TIMEOUT_S = 10.0
"""A connection that has not sent its whole request by then is dropped, and so is one that takes no byte so long."""
PING_AFTER_S = 2.0
"""A socket that said nothing for so long is pinged."""
PING_TIMEOUT_S = 2.0
"""And is closed when it does not answer for so long."""
KEEP_ALIVE_EVERY_S = 0.5
_PING = Frame(Opcode.PING, b"orview").serialize(mask=False)
_INTERNAL_ERROR = 1011


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

    async def keep_alive(self) -> None:
        """Ping who is silent and close who does not answer, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(KEEP_ALIVE_EVERY_S)
            for connection in tuple(self.all):
                connection.keep_alive(loop.time())

    def remove(self, connection: "HostConnection") -> None:
        """A connection ended."""
        self.all.discard(connection)
        self.strangers.discard(connection)


class HostConnection(ServerConnection):
    """One connection of the port; whether it becomes a socket is not known before its request was read."""

    def __init__(self, counted: Connections, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on_change: Callable[[], None] = lambda: None
        self._counted = counted
        self._descriptor: int | None = None
        self._heard_s = self._pinged_s = self.loop.time()
        self._closes = False
        self._ending: asyncio.Task[None] | None = None

    @property
    def direct(self) -> int | None:
        """The descriptor that frames may be written to past the transport, None where they must not be.

        They may while the socket is open and the transport holds nothing back, which would have to go first. Under
        TLS never: records are made by the transport. `on_change` is called whenever this may have changed.
        """
        free = not self.paused and not self._closes and self.state is State.OPEN
        return self._descriptor if free and not self.transport.is_closing() else None

    def let_in(self) -> None:
        """The device at the other end is one of ours: it is no stranger any more."""
        self._counted.strangers.discard(self)

    def keep_alive(self, now_s: float) -> None:
        """Ping or close an open socket that is silent."""
        silent_s = now_s - self._heard_s
        if self.state is not State.OPEN or silent_s <= PING_AFTER_S:
            return
        if silent_s > PING_AFTER_S + PING_TIMEOUT_S:
            if self._ending is None:
                self._ending = self.loop.create_task(self._end())
        elif now_s - self._pinged_s > PING_AFTER_S:
            self._pinged_s = now_s
            self.transport.write(_PING)

    async def _end(self) -> None:
        with contextlib.suppress(OSError):
            await self.close(_INTERNAL_ERROR, "This client answers no pings.")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the socket in order."""
        # The close frame is the last one: nothing may be written past the transport from here on.
        self._closes = True
        self.on_change()
        await super().close(code, reason)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, or drop it."""
        super().connection_made(transport)
        if not self._counted.add(self):
            self.transport.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None:
            hurry(sock)
            hold_little(sock)
            if os.name == "posix" and transport.get_extra_info("sslcontext") is None:
                self._descriptor = sock.fileno()

    def data_received(self, data: bytes) -> None:
        """Take what the other end says, which may be that it goes."""
        self._heard_s = self.loop.time()
        super().data_received(data)
        if self.state is not State.OPEN:
            self.on_change()

    def pause_writing(self) -> None:
        """The transport holds something back."""
        super().pause_writing()
        self.on_change()

    def resume_writing(self) -> None:
        """The transport is rid of it."""
        super().resume_writing()
        self.on_change()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more; its descriptor may be another connection's soon."""
        self._counted.remove(self)
        super().connection_lost(exc)
        self._descriptor = None
        self.on_change()

    async def handshake(self, *args: Any, **options: Any) -> None:
        """Wait for the request, and drop a connection that does not send one."""
        # The library's own open_timeout would also bound a model's transfer.
        waiting = (self.request_rcvd, self.connection_lost_waiter)
        await asyncio.wait(waiting, timeout=REQUEST_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if self.request is None:
            self.transport.abort()
            await self.wait_closed()
        await super().handshake(*args, **options)
