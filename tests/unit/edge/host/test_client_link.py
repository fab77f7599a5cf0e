"""One client's transport: the newest pose wins, control goes first, and who does not read costs nothing."""

import asyncio
import datetime
import socket
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from orview.edge.host.client_link import STALLED_LIMIT_NS, ClientLink, binary_frame
from orview.edge.network.certificates import own_certificate, pinning_context, server_context
from orview.protocol.codec import PROTOCOL_VERSION, decode_from_host, encode
from orview.protocol.limits import MAX_LOOK_BYTES
from orview.protocol.messages import Clients, Hello, Notice, NoticeWeight, Report, Role, Start, Welcome
from orview.protocol.pairing import Device

DEVICE = Device(device_id="d1", name="One", role=Role.OBSERVER, room_name="OR", token_digest="00")
HELLO = Hello(
    protocol=PROTOCOL_VERSION, role_wanted=Role.OBSERVER, device_name="One", token=None, code="123456", page=None
)
WELCOME = Welcome(
    protocol=PROTOCOL_VERSION,
    device_id="d1",
    role=Role.OBSERVER,
    token="t" * 43,
    host_id="h1",
    host_name="host",
    room_name="OR",
    host_ns=0,
    simulated=True,
    research_use="Research.",
)
NOTICE = Notice(weight=NoticeWeight.INFO, text="Hello.")


def buffered_bytes(link: ClientLink) -> int:
    """What waits in this process for one client, in the transport and, under TLS, in the one beneath."""
    transport = link._transport
    protocol = getattr(transport, "_ssl_protocol", None)
    return transport.get_write_buffer_size() + (protocol._transport.get_write_buffer_size() if protocol else 0)


@asynccontextmanager
async def linked(tmp_path=None, *, small_buffers: bool = False, admitted: bool = True):
    """A link of the host's side and the client's socket; with a folder, under TLS."""
    links: asyncio.Queue[ClientLink] = asyncio.Queue()
    over = asyncio.Event()

    async def handler(connection):
        sock = connection.transport.get_extra_info("socket")
        if small_buffers:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        link = ClientLink(connection, local=True, now_ns=0)
        await links.put(link)
        await over.wait()

    context, trust = None, None
    if tmp_path is not None:
        now = datetime.datetime.now(datetime.UTC)
        context = server_context(own_certificate(tmp_path, names=("127.0.0.1",), now=now))
        trust = pinning_context()
    async with serve(handler, "127.0.0.1", 0, ssl=context, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        client_socket = socket.socket()
        if small_buffers:
            client_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client_socket.connect(("127.0.0.1", port))
        url = f"{'ws' if trust is None else 'wss'}://127.0.0.1:{port}/"
        options = {} if trust is None else {"ssl": trust, "server_hostname": "127.0.0.1"}
        async with connect(
            url, sock=client_socket, compression=None, max_queue=1, close_timeout=0.2, **options
        ) as client:
            try:
                link = await links.get()
                if admitted:
                    link.receive(encode(HELLO), now_ns=0)
                    link.admit(WELCOME, DEVICE)
                    assert isinstance(decode_from_host(await client.recv()), Welcome)
                yield link, client
            finally:
                client.transport.abort()
                over.set()


def test_pose_goes_out_at_once_and_as_it_is():
    async def scene():
        async with linked() as (link, client):
            link.send_pose(b"pose", binary_frame(b"pose"))
            assert await client.recv() == b"pose"
            link.tell(NOTICE)
            assert decode_from_host(await client.recv()) == NOTICE

    asyncio.run(scene())


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 300_000])
def test_frames_of_every_length_are_what_clients_read(length):
    async def scene():
        async with linked() as (link, client):
            link.send_picture(bytes(length))
            assert await client.recv() == bytes(length)

    asyncio.run(scene())


@pytest.mark.hazard("H27")
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_client_that_does_not_read_costs_one_pose_and_gets_the_newest(tmp_path, secure):
    async def scene():
        async with linked(tmp_path if secure else None, small_buffers=True) as (link, client):
            client.transport.pause_reading()
            most = 0
            for number in range(20_000):
                payload = number.to_bytes(4, "little") * 25
                link.send_pose(payload, binary_frame(payload))
                most = max(most, buffered_bytes(link))
                if number % 100 == 0:
                    await asyncio.sleep(0)
            # One frame that the kernel took in part, at most; under TLS with its record's own bytes.
            assert most < 500
            client.transport.resume_reading()
            last = None
            async with asyncio.timeout(5):
                while last != payload:
                    link.flush()
                    await asyncio.sleep(0)
                    last = await client.recv()

    asyncio.run(scene())


def test_control_goes_before_poses_and_newer_snapshots_replace_older():
    async def scene():
        async with linked(small_buffers=True) as (link, client):
            client.transport.pause_reading()
            while buffered_bytes(link) == 0:
                link.send_picture(bytes(30_000))
            link.send_pose(b"old", binary_frame(b"old"))
            link.send_pose(b"new", binary_frame(b"new"))
            link.tell(NOTICE)
            client.transport.resume_reading()
            rest = []
            async with asyncio.timeout(5):
                while b"new" not in rest:
                    link.flush()
                    await asyncio.sleep(0.001)
                    rest.append(await client.recv())
            assert b"old" not in rest
            assert [m for m in rest if m != bytes(30_000)] == [encode(NOTICE), b"new"]

    asyncio.run(scene())


@pytest.mark.hazard("H27")
def test_stalled_client_is_put_out_and_one_that_reads_now_and_then_is_not():
    async def scene():
        async with linked(small_buffers=True) as (link, client):
            client.transport.pause_reading()
            while buffered_bytes(link) == 0:
                link.send_picture(bytes(30_000))
            link.put_out_if_stalled(now_ns=0)
            link.put_out_if_stalled(now_ns=STALLED_LIMIT_NS)
            assert not link._transport.is_closing()
            link.put_out_if_stalled(now_ns=STALLED_LIMIT_NS + 1)
            assert link._transport.is_closing()
        async with linked() as (link, _):
            for now_ns in range(0, 10 * STALLED_LIMIT_NS, STALLED_LIMIT_NS):
                link.send_pose(b"pose", binary_frame(b"pose"))
                link.put_out_if_stalled(now_ns=now_ns)
            assert not link._transport.is_closing()

    asyncio.run(scene())


@pytest.mark.hazard("H31")
def test_observer_is_told_nothing_that_is_the_nurses_and_may_not_start():
    async def scene():
        async with linked() as (link, client):
            link.tell(Clients(clients=()))
            assert link.receive(encode(Start()), now_ns=1) == []
            answer = decode_from_host(await client.recv())
            assert (answer.TYPE, answer.code) == ("refused", "NOT_ALLOWED")

    asyncio.run(scene())


def test_client_without_hello_is_put_out():
    async def scene():
        async with linked(admitted=False) as (link, client):
            link.expire(now_ns=4_999_000_000)
            assert link._closing is None
            link.expire(now_ns=5_001_000_000)
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd.code == 4408

    asyncio.run(scene())


def test_line_in_the_nurses_list_tells_the_report_and_silence():
    async def scene():
        async with linked() as (link, _):
            assert (link.entry(now_ns=0, model_digest=None).fps, link.entry(now_ns=0, model_digest="ab").model_ok) == (
                None,
                None,
            )
            report = Report(
                fps=72.0,
                shown=True,
                hidden_why=None,
                pose_age_ms=12.0,
                latency_ms=8.0,
                model_digest="ab" * 32,
                poses=10,
                gaps=0,
                clock_uncertainty_ms=0.1,
                battery=0.5,
            )
            (heard,) = link.receive(encode(report), now_ns=1_000_000_000)
            link.take_report(heard, now_ns=0)
            entry = link.entry(now_ns=3_900_000_000, model_digest="ab" * 32)
            assert (entry.link, entry.shown, entry.fps, entry.pose_age_ms) == ("good", True, 72.0, 12.0)
            assert (entry.model_ok, entry.battery, entry.last_seen_ns) == (True, 0.5, 1_000_000_000)
            assert (entry.pose_age_p50_ms, entry.latency_p95_ms) == (12.0, 8.0)
            silent = link.entry(now_ns=4_100_000_000, model_digest="cd" * 32)
            assert silent.model_ok is False
            assert (silent.link, silent.shown) == ("silent", False)

    asyncio.run(scene())


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("admitted", [False, True])
def test_only_who_was_let_in_may_send_as_much_as_a_picture(admitted):
    async def scene():
        async with linked(admitted=admitted) as (link, _):
            return link._protocol.max_message_size

    most = asyncio.run(scene())
    assert (most == MAX_LOOK_BYTES) == admitted
