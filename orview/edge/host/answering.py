"""Writes one HTTP answer over a connection's transport: piece by piece, paced, and never ahead of what is taken.

A model may be 20 MB. It is read from disk 64 KiB at a time, in a thread, and the next piece only when the transport
has handed on the one before: a client that reads slowly, or stops, holds no more of the host's memory than that. The
kernel holds little unsent and spreads what it sends (`pacer`), so that the poses that pass the same link are not
delayed by it.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers

from orview.edge.host.connection import REQUEST_TIMEOUT_S
from orview.edge.host.pacer import Pacer
from orview.edge.host.site import Answer, FilePart, headers_of
from orview.edge.network.tcp import pace, progress_of

CHUNK_BYTES = 64 * 1024
"""Read from disk at once."""
PIECE_BYTES = 16 * 1024
"""Written at once: the rate is looked at between two."""


async def write_answer(connection: ServerConnection, answer: Answer, *, head_only: bool) -> None:
    """Write an answer and close the connection behind it; one that takes no byte for too long is dropped."""
    fields = Headers({"Date": formatdate(usegmt=True), **headers_of(answer)})
    head = f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n".encode() + fields.serialize()
    transport = connection.transport
    try:
        transport.write(head)
        if not head_only:
            await _write_body(connection, answer.body)
        transport.close()
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            await connection.wait_closed()
    except (TimeoutError, OSError, RuntimeError):
        # The last is asyncio's word for a transport that somebody ended meanwhile: nonsense came behind the request.
        transport.abort()
        await connection.wait_closed()


async def _write_body(connection: ServerConnection, body: bytes | FilePart) -> None:
    transport = connection.transport
    sock = transport.get_extra_info("socket")
    pacer = Pacer()
    paced = isinstance(body, FilePart) and sock is not None
    if paced:
        pace(sock, pacer.bytes_per_s)
    async for piece in _pieces(body):
        transport.write(piece)
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            await connection.drain()
        # A transport that takes everything never suspends drain(): without this the poses would wait.
        await asyncio.sleep(0)
        if transport.is_closing():
            return
        progress = progress_of(sock) if paced else None
        if progress is not None and pacer.step(progress, now_s=time.monotonic()):
            pace(sock, pacer.bytes_per_s)


async def _pieces(body: bytes | FilePart) -> AsyncIterator[memoryview]:
    async for chunk in _chunks(body):
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]


async def _chunks(body: bytes | FilePart) -> AsyncIterator[memoryview]:
    if isinstance(body, bytes):
        yield memoryview(body)
        return
    with body.path.open("rb") as file:
        for start in range(body.start, body.stop, CHUNK_BYTES):
            length = min(CHUNK_BYTES, body.stop - start)
            chunk = await asyncio.to_thread(os.pread, file.fileno(), length, start)
            if len(chunk) < length:
                raise OSError("The file ended before its length.")
            yield memoryview(chunk)
