"""Pages, models and sockets on one port, over real loopback sockets."""

import asyncio
import contextlib
import hashlib
import http.client
import os
import socket
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from orview.edge.case_store import CaseStore
from orview.edge.host import connection as connection_module
from orview.edge.host import server as server_module
from orview.edge.host.answering import CHUNK_BYTES
from orview.edge.host.server import HostServer
from orview.edge.host.site import Site
from orview.edge.network.certificates import own_certificate, pinning_context, server_context
from orview.edge.network.tcp import SEND_BUFFER_BYTES

MODEL = bytes(range(256)) * 40_000
NAME = hashlib.sha256(MODEL).hexdigest()


async def echo(connection) -> None:
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def serving(tmp_path, handler=echo, *, secure: bool = False):
    store = CaseStore.open(tmp_path / "store")
    store.blob_path(NAME).write_bytes(MODEL)
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{listening.getsockname()[1]}"
    site = Site(pages=None, store=store, hosts=frozenset({address}))
    origins = [f"http://{address}"]
    tls = (listening, server_context(own_certificate(tmp_path, names=("127.0.0.1",)))) if secure else None
    plain = None if secure else listening
    async with HostServer(site=site, handler=handler, secure=tls, plain=plain, origins=origins) as server:
        yield server, address


def fetch(
    address: str, target: str, *, method: str = "GET", headers: dict[str, str] | None = None, secure: bool = False
):
    connection = http.client.HTTPConnection(address, timeout=10)
    if secure:
        connection = http.client.HTTPSConnection(address, timeout=10, context=pinning_context())
    connection.request(method, target, headers=headers or {})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def test_model_arrives_whole_on_the_port_of_the_socket(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address), connect(f"ws://{address}/ws", compression=None) as link:
            status, headers, body = await asyncio.to_thread(fetch, address, "/m/" + NAME)
            assert (status, body) == (200, MODEL)
            assert headers["Content-Length"] == str(len(MODEL))
            await link.send("still here")
            assert await link.recv() == "still here"

    asyncio.run(scene())


def test_model_arrives_whole_under_tls(tmp_path):
    async def scene():
        async with serving(tmp_path, secure=True) as (_, address):
            assert (await asyncio.to_thread(fetch, address, "/m/" + NAME, secure=True))[2] == MODEL

    asyncio.run(scene())


def test_cut_transfer_is_resumed_by_range(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address):
            half = len(MODEL) // 2
            status, _, body = await asyncio.to_thread(fetch, address, "/m/" + NAME, headers={"Range": f"bytes={half}-"})
            assert (status, body) == (206, MODEL[half:])

    asyncio.run(scene())


def test_slow_reader_of_a_model_gets_all_of_it(tmp_path, monkeypatch):
    # The library's own answer is cut one second after it was written.
    async def scene():
        async with serving(tmp_path) as (_, address):
            reader, writer = await asyncio.open_connection(*address.split(":"), limit=1 << 16)
            writer.write(f"GET /m/{NAME} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK")
            await asyncio.sleep(2.5)
            assert await reader.read(-1) == MODEL
            writer.close()

    asyncio.run(scene())


@pytest.mark.hazard("H27")
def test_reader_that_takes_nothing_of_a_model_holds_one_piece_of_it(tmp_path):
    async def scene():
        async with serving(tmp_path) as (server, address):
            writers = []
            for _ in range(4):
                _, writer = await asyncio.open_connection(*address.split(":"), limit=1 << 10)
                writer.write(f"GET /m/{NAME} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
                writers.append(writer)
            await asyncio.sleep(0.5)
            held = [connection.transport.get_write_buffer_size() for connection in server._connections.all]
            assert len(held) == 4
            assert all(0 < waiting <= CHUNK_BYTES for waiting in held)
            for writer in writers:
                writer.close()

    asyncio.run(scene())


def test_file_that_shrinks_on_the_way_ends_the_connection_and_nothing_else(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address):
            reader, writer = await asyncio.open_connection(*address.split(":"), limit=1 << 10)
            writer.write(f"GET /m/{NAME} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            os.truncate(tmp_path / "store" / "blobs" / NAME, 5)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(len(MODEL))
            assert (await asyncio.to_thread(fetch, address, "/m/" + NAME))[0] == 404
            writer.close()

    asyncio.run(scene())


@pytest.mark.hazard("H27")
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_socket_sends_at_once_and_has_a_small_buffer_in_the_kernel(tmp_path, secure):
    told = []

    async def measure(connection) -> None:
        sock = connection.transport.get_extra_info("socket")
        told.append(sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))
        told.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def scene():
        url, options = ("wss", {"ssl": pinning_context()}) if secure else ("ws", {})
        async with (
            serving(tmp_path, measure, secure=secure) as (_, address),
            connect(f"{url}://{address}/ws", **options) as link,
        ):
            await link.wait_closed()

    asyncio.run(scene())
    assert told[0] <= 2 * SEND_BUFFER_BYTES
    # Else a pose waits until what went before it is acknowledged: a round trip, or 40 ms.
    assert told[1] == 1


def test_head_has_the_headers_and_no_body(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address):
            status, headers, body = await asyncio.to_thread(fetch, address, "/m/" + NAME, method="HEAD")
            assert (status, body, headers["Content-Length"]) == (200, b"", str(len(MODEL)))

    asyncio.run(scene())


def test_socket_of_another_page_is_refused(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address):
            with pytest.raises(InvalidStatus) as caught:
                await connect(f"ws://{address}/ws", origin="http://evil.test")
            assert caught.value.response.status_code == 403
            async with connect(f"ws://{address}/ws", origin=f"http://{address}") as link:
                await link.send("in")
                assert await link.recv() == "in"

    asyncio.run(scene())


def test_socket_under_another_name_is_refused(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address):
            port = address.split(":")[1]
            with pytest.raises(InvalidStatus) as caught:
                await connect("ws://rebound.test/ws", host="127.0.0.1", port=int(port))
            assert caught.value.response.status_code == 421

    asyncio.run(scene())


@pytest.mark.parametrize("path", ["/", "/socket", "/ws/", "/m/" + NAME])
def test_sockets_open_at_one_path_only(tmp_path, path):
    async def scene():
        async with serving(tmp_path) as (_, address):
            with pytest.raises(InvalidHandshake):
                await connect(f"ws://{address}{path}")

    asyncio.run(scene())


def test_message_larger_than_allowed_closes_the_connection(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address), connect(f"ws://{address}/ws", compression=None) as link:
            await link.send(b"x" * (server_module.MAX_FRAME_BYTES + 1))
            with pytest.raises(ConnectionClosed) as caught:
                await link.recv()
            assert caught.value.rcvd.code == 1009

    asyncio.run(scene())


def test_request_that_never_ends_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(connection_module, "REQUEST_TIMEOUT_S", 0.3)

    async def scene():
        async with serving(tmp_path) as (server, address):
            reader, writer = await asyncio.open_connection(*address.split(":"))
            writer.write(b"GET / HTTP/1.1\r\nHost: ")
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                async with asyncio.timeout(5):
                    await reader.readexactly(1)
            assert server.connection_count == 0
            writer.close()

    asyncio.run(scene())


@pytest.mark.parametrize("limit", ["MAX_CONNECTIONS", "MAX_STRANGERS"])
def test_more_connections_than_allowed_are_dropped_and_the_others_live(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(connection_module, limit, 3)

    async def scene():
        async with serving(tmp_path) as (server, address), connect(f"ws://{address}/ws") as link:
            idle = [await asyncio.open_connection(*address.split(":")) for _ in range(10)]
            await asyncio.sleep(0.2)
            assert server.connection_count == 3
            await link.send("alive")
            assert await link.recv() == "alive"
            for _, writer in idle:
                writer.close()

    asyncio.run(scene())


@pytest.mark.hazard("H29")
def test_strangers_do_not_take_the_places_of_who_was_let_in(tmp_path, monkeypatch):
    monkeypatch.setattr(connection_module, "MAX_STRANGERS", 2)

    async def welcome(connection) -> None:
        connection.let_in()
        await echo(connection)

    async def scene():
        async with serving(tmp_path, welcome) as (server, address), contextlib.AsyncExitStack() as stack:
            links = [await stack.enter_async_context(connect(f"ws://{address}/ws")) for _ in range(5)]
            assert server.connection_count == 5
            for link in links:
                await link.send("in")
                assert await link.recv() == "in"

    asyncio.run(scene())


def test_unknown_path_and_post_are_answered_with_words(tmp_path):
    async def scene():
        async with serving(tmp_path) as (_, address):
            assert (await asyncio.to_thread(fetch, address, "/nothing"))[0] == 503
            assert (await asyncio.to_thread(fetch, address, "/health", method="DELETE"))[0] == 405

    asyncio.run(scene())


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("junk", [b"\xff" * 40, b"\xc1\x80" + bytes(4), b"\x81\x05hello", b"\x88\x80" + bytes(4)])
@pytest.mark.parametrize("path", ["/ws", "/m/" + NAME, "/"])
def test_nonsense_right_behind_a_request_is_no_error_of_ours(tmp_path, caplog, path, junk):
    upgrade = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    )

    async def listen(connection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for _ in connection:
                pass

    async def scene():
        async with serving(tmp_path, listen) as (server, address):
            host, _, port = address.partition(":")
            for with_upgrade in (True, False):
                for pause_s in (0.0, 0.02):
                    reader, writer = await asyncio.open_connection(host, int(port))
                    wanted = upgrade if with_upgrade else ""
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\n{wanted}\r\n".encode())
                    await asyncio.sleep(pause_s)
                    writer.write(junk)
                    with contextlib.suppress(OSError):
                        writer.write_eof()
                        await asyncio.wait_for(reader.read(), 10)
                    writer.close()
            async with asyncio.timeout(10):
                while server.connection_count:
                    await asyncio.sleep(0.01)

    asyncio.run(scene())
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
