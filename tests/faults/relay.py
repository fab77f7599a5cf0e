"""A relay between a headset and its host that can be cut, go silent without closing, or let little through."""

import asyncio
import contextlib
from enum import Enum, auto

_CHUNK_BYTES = 64 * 1024
_TRICKLE_BYTES, _TRICKLE_EVERY_S = 64, 0.1


class Way(Enum):
    """What a relay does with what comes."""

    OPEN = auto()
    CUT = auto()
    """Connections are reset, and so is every new one."""
    SILENT = auto()
    """Nothing passes and nothing is closed: half-open."""
    TRICKLE = auto()
    """A few hundred bytes a second: a client on a link that is far too slow."""


class Relay:
    """One relay; an async context manager.

    Args:
        address: to listen on, at the same port as the host: the host knows itself by that.
        host: (address, port) of the host.
        mbit_s: how much it carries each way, at most; None is all there is.
    """

    def __init__(self, address: str, host: tuple[str, int], *, mbit_s: float | None = None) -> None:
        self.address = address
        self._s_per_byte = 0.0 if mbit_s is None else 8e-6 / mbit_s
        self._host = host
        self._way = Way.OPEN
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._serve, self.address, self._host[1], limit=4096)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        self._reset()

    def set(self, way: Way) -> None:
        """Change what it does, also with connections that are open."""
        self._way = way
        if way is Way.CUT:
            self._reset()
        self._changed.set()
        self._changed = asyncio.Event()

    def _reset(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._way is Way.CUT:
            writer.transport.abort()
            return
        try:
            to_reader, to_writer = await asyncio.open_connection(*self._host, limit=4096)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, to_writer}
        self._writers |= ends
        pumps = {
            asyncio.create_task(self._pump(reader, to_writer)),
            asyncio.create_task(self._pump(to_reader, writer)),
        }
        self._pumps |= pumps
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in ends:
                end.transport.abort()
            self._writers -= ends
            self._pumps -= pumps

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        free_s = loop.time()
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                if self._s_per_byte:
                    # The wire is busy with what went before; an idle one saves nothing up.
                    free_s = max(free_s, loop.time()) + len(data) * self._s_per_byte
                    await asyncio.sleep(free_s - loop.time())
                while data:
                    while self._way is Way.SILENT:
                        await self._changed.wait()
                    if self._way is Way.TRICKLE:
                        part, data = data[:_TRICKLE_BYTES], data[_TRICKLE_BYTES:]
                        writer.write(part)
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._changed.wait(), _TRICKLE_EVERY_S)
                    else:
                        writer.write(data)
                        data = b""
                    await writer.drain()
