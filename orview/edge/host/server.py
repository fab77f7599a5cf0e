"""One port for pages, models and sockets: `websockets` answers its own handshakes, `site` everything else.

Bodies are written in pieces with the transport's flow control, so that a model on its way costs
the poses on other connections nothing; `websockets` itself would buffer a whole body and cut the
connection a second after writing it.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from email.utils import formatdate
from http import HTTPStatus
from types import TracebackType
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers, MultipleValuesError
from websockets.http11 import Request, Response
from websockets.typing import Origin

from orview.edge.host.site import SOCKET_PATH, Answer, Site, headers_of

MAX_CONNECTIONS = 256
"""Of all kinds together; more are dropped at once, so that nobody can exhaust the host's memory."""
MAX_FRAME_BYTES = 64 * 1024
REQUEST_TIMEOUT_S = 10.0
"""A connection that has not sent its whole request by then is dropped, and so is one that takes no byte so long."""
PING_INTERVAL_S = 2.0
PING_TIMEOUT_S = 2.0
_CHUNK_BYTES = 64 * 1024
_UNSENT_BYTES = 16 * 1024
"""What the kernel may hold unsent per connection: old poses wait in our slot, where a newer one replaces them."""

Handler = Callable[[ServerConnection], Awaitable[None]]


class HostServer:
    """Serves one site and one socket handler on listening sockets somebody else opened.

    Args:
        site: answers everything but the socket.
        handler: called with each opened socket; the connection closes when it returns.
        secure: listening sockets for TLS with their context, or None.
        plain: listening sockets of the loopback interface, served without TLS.
        origins: pages that may open the socket; clients that are no browser send none and may too.
    """

    def __init__(
        self,
        *,
        site: Site,
        handler: Handler,
        secure: tuple[socket.socket, ssl.SSLContext] | None,
        plain: socket.socket | None,
        origins: Sequence[str],
    ) -> None:
        self._site = site
        self._handler = handler
        self._listening: list[tuple[socket.socket, ssl.SSLContext | None]] = []
        if plain is not None:
            self._listening.append((plain, None))
        if secure is not None:
            self._listening.append(secure)
        self._origins = [*map(Origin, origins), None]
        self._servers: list[Server] = []
        self._connections: set[_Connection] = set()

    async def __aenter__(self) -> "HostServer":
        for listening, context in self._listening:
            tls: dict[str, Any] = (
                {} if context is None else {"ssl_handshake_timeout": REQUEST_TIMEOUT_S, "ssl_shutdown_timeout": 5.0}
            )
            server = await serve(
                self._handler,
                sock=listening,
                ssl=context,
                origins=self._origins,
                compression=None,
                max_size=MAX_FRAME_BYTES,
                max_queue=16,
                open_timeout=None,
                ping_interval=PING_INTERVAL_S,
                ping_timeout=PING_TIMEOUT_S,
                close_timeout=1.0,
                server_header=None,
                process_request=self._process_request,
                # A factory is as good as the class that the library's types ask for.
                create_connection=cast(type[ServerConnection], self._new_connection),
                **tls,
            )
            self._servers.append(server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for server in self._servers:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(server.wait_closed(), 2.0)

    @property
    def connection_count(self) -> int:
        """Connections of all kinds that are open now."""
        return len(self._connections)

    def _new_connection(self, *args: object, **options: object) -> "_Connection":
        return _Connection(self._connections, *args, **options)

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        try:
            headers = {name.lower(): request.headers[name] for name in request.headers}
        except MultipleValuesError:
            await _write(connection, Answer(status=HTTPStatus.BAD_REQUEST), head_only=False)
            return _closed()
        wants_socket = request.path.partition("?")[0] == SOCKET_PATH and "upgrade" in headers
        if wants_socket and not self._site.refuses_host(headers.get("host")):
            return None
        answer = await self._site.answer(method=request.method, target=request.path, headers=headers)
        await _write(connection, answer, head_only=request.method == "HEAD")
        return _closed()


class _Connection(ServerConnection):
    """A connection that is counted, must send its request in time, and holds little unsent in the kernel."""

    def __init__(self, counted: "set[_Connection]", *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counted = counted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._counted.add(self)
        if len(self._counted) > MAX_CONNECTIONS:
            self.transport.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        self._counted.discard(self)
        super().connection_lost(exc)

    async def handshake(self, *args: Any, **options: Any) -> None:
        # The library's own open_timeout would also bound a model's transfer.
        waiting = (self.request_rcvd, self.connection_lost_waiter)
        await asyncio.wait(waiting, timeout=REQUEST_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if self.request is None:
            self.transport.abort()
            await self.wait_closed()
        await super().handshake(*args, **options)


async def _write(connection: ServerConnection, answer: Answer, *, head_only: bool) -> None:
    """Write an answer piece by piece and close the connection behind it."""
    fields = Headers({"Date": formatdate(usegmt=True), **headers_of(answer)})
    head = f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n".encode() + fields.serialize()
    transport = connection.transport
    body = memoryview(b"" if head_only else answer.body)
    try:
        transport.write(head)
        for start in range(0, len(body), _CHUNK_BYTES):
            transport.write(body[start : start + _CHUNK_BYTES])
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await connection.drain()
            # A transport that takes everything never suspends drain(): without this the poses would wait.
            await asyncio.sleep(0)
            if transport.is_closing():
                break
        transport.close()
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            await connection.wait_closed()
    except (TimeoutError, OSError):
        transport.abort()
        await connection.wait_closed()


def _closed() -> Response:
    """What the library is told after we answered by ourselves; it is never sent, the connection being closed."""
    return Response(HTTPStatus.OK.value, "", Headers())


def quiet_library_logs() -> None:
    """Let the library log only mistakes of ours; its lesser lines would hold requests."""
    logging.getLogger("websockets").setLevel(logging.ERROR)
