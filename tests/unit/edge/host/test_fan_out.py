"""Poses written past the transports: to sockets that are free and no other, whole and in order, on the real port."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from orview.edge.case_store import CaseStore
from orview.edge.host import connection as connection_module
from orview.edge.host.client_link import STALLED_LIMIT_NS, ClientLink, binary_frame
from orview.edge.host.crowd import Crowd
from orview.edge.host.server import HostServer
from orview.edge.host.site import Site
from orview.edge.network.certificates import own_certificate, pinning_context, server_context
from orview.protocol.codec import decode_binary, encode
from orview.protocol.messages import Notice, NoticeWeight
from tests.unit.edge.host.test_client_link import DEVICE, HELLO, WELCOME
from tests.wire.messages import GOOD_BINARY

POSE = decode_binary(GOOD_BINARY["pose_live"][0])
NOTICE = Notice(weight=NoticeWeight.INFO, text="Hello.")


class Room:
    """A crowd on the product's own port."""

    def __init__(self) -> None:
        self.crowd = Crowd()
        self.links: list[ClientLink] = []
        self.admits = True

    async def handle(self, connection) -> None:
        link = ClientLink(connection, local=True, now_ns=0)
        self.crowd.add(link)
        if self.admits:
            link.receive(encode(HELLO), now_ns=0)
            link.admit(WELCOME, DEVICE)
        self.links.append(link)
        async for _ in connection:
            pass
        self.crowd.remove(link)

    @property
    def free(self) -> int:
        return len(self.crowd._fan_out._descriptors)


@asynccontextmanager
async def room_with(tmp_path, clients: int = 1, *, secure: bool = False, admits: bool = True, receive_buffer: int = 0):
    """A room and clients in it that were welcomed."""
    room = Room()
    room.admits = admits
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{listening.getsockname()[1]}"
    site = Site(pages=None, store=CaseStore.open(tmp_path / "store"), hosts=frozenset({address}))
    tls = (listening, server_context(own_certificate(tmp_path, names=("127.0.0.1",)))) if secure else None
    server = HostServer(
        site=site, handler=room.handle, secure=tls, plain=None if secure else listening, origins=[f"http://{address}"]
    )
    async with server, AsyncExitStack() as stack:
        opened = []
        for _ in range(clients):
            options = {"ssl": pinning_context()} if secure else {}
            if receive_buffer:
                options["sock"] = socket.socket()
                options["sock"].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
                options["sock"].connect(listening.getsockname())
            url = f"{'wss' if secure else 'ws'}://{address}/ws"
            client = await stack.enter_async_context(
                connect(url, compression=None, close_timeout=0.2, ping_interval=None, max_queue=None, **options)
            )
            if admits:
                await client.recv()
            opened.append(client)
        yield room, opened


def run(scene) -> None:
    async def bounded():
        async with asyncio.timeout(20):
            await scene()

    asyncio.run(bounded())


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_everybody_gets_the_same_pose_and_free_sockets_past_the_transport(tmp_path, secure, monkeypatch):
    written = []
    real = os.write

    def write(descriptor, data):
        written.append(data)
        return real(descriptor, data)

    async def scene():
        async with room_with(tmp_path, 3, secure=secure) as (room, clients):
            assert room.free == (0 if secure else 3)
            monkeypatch.setattr(os, "write", write)
            payload = room.crowd.send_pose(POSE)
            assert written.count(binary_frame(payload)) == (0 if secure else 3)
            assert [await client.recv() for client in clients] == [payload] * 3

    run(scene)


def test_who_was_not_let_in_gets_no_pose(tmp_path):
    async def scene():
        async with room_with(tmp_path, admits=False) as (room, (client,)):
            room.crowd.send_pose(POSE)
            assert room.free == 0
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.recv(), 0.1)

    run(scene)


@pytest.mark.parametrize("taken", [None, 0, 1, 50])
def test_frame_the_kernel_takes_in_part_arrives_whole_and_in_order(tmp_path, taken, monkeypatch):
    real = os.write

    def some(descriptor, data):
        if not data.startswith(b"\x82"):
            return real(descriptor, data)
        if taken is None:
            raise BlockingIOError
        return real(descriptor, data[:taken])

    async def scene():
        async with room_with(tmp_path) as (room, (client,)):
            with monkeypatch.context() as patch:
                patch.setattr(os, "write", some)
                first = room.crowd.send_pose(POSE)
            room.links[0].tell(NOTICE)
            second = room.crowd.send_pose(POSE)
            assert [await client.recv() for _ in range(3)] == [first, encode(NOTICE), second]

    run(scene)


@pytest.mark.hazard("H27")
def test_client_that_does_not_read_is_passed_by_and_comes_back_to_the_newest(tmp_path):
    async def scene():
        async with room_with(tmp_path, 2, receive_buffer=4096) as (room, (stuck, reading)):
            stuck.transport.pause_reading()
            payload = b""
            while room.free == 2:
                payload = room.crowd.send_pose(POSE)
                assert await reading.recv() == payload
            held = room.links[0]._transport.get_write_buffer_size()
            for _ in range(50):
                room.crowd.send_pose(POSE)
                assert await reading.recv() == payload
                room.crowd.flush(now_ns=0)
            assert room.links[0]._transport.get_write_buffer_size() == held <= len(binary_frame(payload))
            assert (room.free, room.links[0].poses_skipped > 40) == (1, True)
            room.links[0].tell(NOTICE)
            stuck.transport.resume_reading()
            while room.free == 1:
                room.crowd.flush(now_ns=0)
                await asyncio.sleep(0.001)
            while await stuck.recv() != encode(NOTICE):
                pass
            # The newest pose waited behind what was said, and nothing behind it.
            assert await stuck.recv() == payload
            room.crowd.send_pose(POSE)
            assert await stuck.recv() == payload

    run(scene)


@pytest.mark.parametrize("how", ["the client closes", "the host closes", "it is cut", "the client aborts"])
def test_nothing_is_written_to_the_socket_of_a_connection_that_ends(tmp_path, how, monkeypatch):
    async def scene():
        async with room_with(tmp_path) as (room, (client,)):
            link = room.links[0]
            descriptor = link.direct
            assert descriptor is not None
            connection, ending = link._connection, None
            if how == "the client closes":
                ending = asyncio.create_task(client.close())
            elif how == "the host closes":
                ending = asyncio.create_task(connection.close())
                await asyncio.sleep(0)
            elif how == "it is cut":
                connection.transport.abort()
                assert link.direct is None
            else:
                client.transport.abort()
            await connection.connection_lost_waiter
            assert (room.free, link.direct) == (0, None)
            # The number may be another file's by now.
            monkeypatch.setattr(os, "write", lambda *given: pytest.fail("written to a closed connection"))
            room.crowd.send_pose(POSE)
            monkeypatch.undo()
            if ending is not None:
                await ending

    run(scene)


def test_no_pose_follows_the_close_frame(tmp_path):
    async def scene():
        async with room_with(tmp_path) as (room, (client,)):
            closing = asyncio.create_task(room.links[0]._connection.close(1001, "bye"))
            for _ in range(5):
                await asyncio.sleep(0)
                assert room.free == 0
                room.crowd.send_pose(POSE)
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd.code == 1001
            await closing

    run(scene)


def test_silent_client_is_pinged_and_stays_and_one_that_answers_nothing_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(connection_module, "PING_AFTER_S", 0.1)
    monkeypatch.setattr(connection_module, "PING_TIMEOUT_S", 0.2)
    monkeypatch.setattr(connection_module, "KEEP_ALIVE_EVERY_S", 0.02)

    async def scene():
        async with room_with(tmp_path, 2) as (room, (quiet, dead)):
            dead.protocol.receive_data = lambda data: None  # It reads, and answers nothing.
            await room.links[1]._connection.wait_closed()
            assert room.links[1]._connection.close_code in (1006, 1011)
            await asyncio.sleep(0.5)
            payload = room.crowd.send_pose(POSE)
            assert await quiet.recv() == payload

    run(scene)


def test_client_that_talks_is_never_pinged(tmp_path, monkeypatch):
    monkeypatch.setattr(connection_module, "PING_AFTER_S", 0.2)
    monkeypatch.setattr(connection_module, "KEEP_ALIVE_EVERY_S", 0.01)
    monkeypatch.setattr(connection_module, "_PING", b"never to be sent")

    async def scene():
        async with room_with(tmp_path) as (room, (client,)):
            for _ in range(30):
                await client.send("x")
                await asyncio.sleep(0.02)
            payload = room.crowd.send_pose(POSE)
            assert await client.recv() == payload

    run(scene)


def test_a_client_that_left_is_kept_nowhere(tmp_path):
    """Its connection goes on to say that it is not free, as it ends."""

    async def scene():
        async with room_with(tmp_path, 2) as (room, clients):
            assert room.free == 2
            await clients[0].close()
            while room.free != 1 or len(room.crowd._links) != 1:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            assert list(room.crowd._fan_out.held) == []

    run(scene)


@pytest.mark.hazard("H27")
def test_a_client_that_takes_nothing_is_put_out_of_the_crowd(tmp_path):
    async def scene():
        async with room_with(tmp_path, receive_buffer=4096) as (room, (client,)):
            client.transport.pause_reading()
            while room.free:
                room.crowd.send_pose(POSE)
            for at_ns in (0, STALLED_LIMIT_NS):
                room.crowd.flush(now_ns=at_ns)
                assert not room.links[0]._transport.is_closing()
            room.crowd.flush(now_ns=STALLED_LIMIT_NS + 1)
            assert room.links[0]._transport.is_closing()

    run(scene)
