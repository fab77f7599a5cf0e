"""One port for pages, models and sockets: `websockets` answers its own handshakes, `site` everything else.

`websockets` would buffer a whole body and cut the connection a second after writing it, so `answering` takes the
connection over once its request is read, and the library is told when all is over.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers, MultipleValuesError
from websockets.http11 import Request, Response
from websockets.typing import Origin

from orview.edge.host.answering import write_answer
from orview.edge.host.connection import REQUEST_TIMEOUT_S, Connections, HostConnection
from orview.edge.host.site import SOCKET_PATH, Answer, Site
from orview.edge.network.tcp import cap_send_buffer

MAX_FRAME_BYTES = 64 * 1024
_TLS_WRITE_LIMIT = 32 * 1024

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
        self._origins: list[Origin | None] = []
        self.accept_origins(origins)
        self._servers: list[Server] = []
        self._connections = Connections()
        self._keeping_alive: asyncio.Task[None] | None = None

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
                ping_interval=None,
                # A plain transport tells at once that it holds something back, were it a byte, for
                # `HostConnection.direct`; one of TLS would never end saying so.
                write_limit=0 if context is None else _TLS_WRITE_LIMIT,
                close_timeout=1.0,
                server_header=None,
                process_request=self._process_request,
                # A factory is as good as the class that the library's types ask for.
                create_connection=cast(type[ServerConnection], self._new_connection),
                **tls,
            )
            self._servers.append(server)
        self._keeping_alive = asyncio.create_task(self._connections.keep_alive())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._keeping_alive is not None
        self._keeping_alive.cancel()
        for server in self._servers:
            server.close()
        for server in self._servers:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(server.wait_closed(), 2.0)

    def accept_origins(self, origins: Sequence[str]) -> None:
        """Let other pages open the socket from now on."""
        # The library keeps this very list.
        self._origins[:] = [*map(Origin, origins), None]

    @property
    def connection_count(self) -> int:
        """Connections of all kinds that are open now."""
        return len(self._connections.all)

    def _new_connection(self, *args: object, **options: object) -> HostConnection:
        return HostConnection(self._connections, *args, **options)

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        if connection.protocol.eof_sent:
            # Nonsense came right behind the request: the library has ended the connection and can answer no more.
            connection.transport.abort()
            await connection.wait_closed()
            return _closed()
        try:
            headers = {name.lower(): request.headers[name] for name in request.headers}
        except MultipleValuesError:
            await write_answer(connection, Answer(status=HTTPStatus.BAD_REQUEST), head_only=False)
            return _closed()
        wants_socket = request.path.partition("?")[0] == SOCKET_PATH and "upgrade" in headers
        if wants_socket and not self._site.refuses_host(headers.get("host")):
            cap_send_buffer(connection.transport.get_extra_info("socket"))
            return None
        local = connection.transport.get_extra_info("sslcontext") is None
        answer = await self._site.answer(method=request.method, target=request.path, headers=headers, local=local)
        await write_answer(connection, answer, head_only=request.method == "HEAD")
        return _closed()


def _closed() -> Response:
    """What the library is told after we answered by ourselves; it is never sent, the connection being closed."""
    return Response(HTTPStatus.OK.value, "", Headers())


def quiet_library_logs() -> None:
    """Let the library log only mistakes of ours; its lesser lines would hold requests."""
    logging.getLogger("websockets").setLevel(logging.ERROR)
