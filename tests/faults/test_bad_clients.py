"""Clients that do not read and clients that send nonsense, beside one that is healthy."""

import asyncio
import contextlib
import os
import random
import socket
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from orview.protocol.binary import PoseMessage
from orview.protocol.messages import Joining, NewCode, Role, Watch, Welcome
from tests.integration.small_room import (
    is_live_pose,
    joined,
    run_live,
)

STUCK_CLIENTS = 8
JUNK_CONNECTIONS = 200


def resident_mib(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def missed(poses: list[object]) -> int:
    sequences = [message.sequence for message in poses if isinstance(message, PoseMessage)]
    return sum(later - earlier - 1 for earlier, later in pairwise(sequences))


@pytest.mark.hazard("H27")
def test_clients_that_never_read_cost_the_others_nothing_and_are_put_out(tmp_path):
    async def scene(host, addresses, surgeon, nurse):
        async with contextlib.AsyncExitStack() as stack:
            stuck = []
            for number in range(STUCK_CLIENTS):
                await nurse.say(NewCode())
                known = nurse.told["Joining"].code
                joining = await nurse.until(
                    lambda m, known=known: isinstance(m, Joining) and m.code not in (None, known)
                )
                client = await stack.enter_async_context(
                    joined(addresses, role=Role.OBSERVER, code=joining.code, name=f"Stuck {number}")
                )
                await client.until(lambda m: isinstance(m, Welcome))
                await client.say(Watch(pictures=True))
                client.link.transport.pause_reading()
                stuck.append(client)
            before_mib = resident_mib(host.pid("stream"))
            poses = await surgeon.hear_for(6.0)
            assert missed(poses) == 0
            assert sum(map(is_live_pose, poses)) > 20
            assert resident_mib(host.pid("stream")) - before_mib < 5.0
            async with asyncio.timeout(10):
                while host.status().clients > 2:
                    await surgeon.hear_for(0.5)
            for client in stuck:
                client.link.transport.abort()

    run_live(tmp_path, scene)


def junk(rng: random.Random) -> bytes:
    """Bytes somebody might send in place of a WebSocket handshake or after one."""
    upgrade = (
        b"GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    body = rng.randbytes(rng.randrange(0, 300))
    text = rng.choice([b"{}", b"[" * 2000, b'{"type":"hello"}', b'{"type":"stop"}', b"\xff\xfe", body])
    frame = bytes([rng.choice([0x81, 0x82, 0x01, 0x80, 0xC1, 0x8B, 0xFF])])
    frame += bytes([0x80 | min(len(text), 125)]) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text))
    masked = frame + bytes(4) + text
    return rng.choice(
        [body, b"GET / HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx", upgrade + masked]
    )


@pytest.mark.hazard("H29")
def test_nonsense_on_the_port_leaves_the_healthy_client_every_pose(tmp_path):
    async def scene(host, addresses, surgeon, nurse):
        rng = random.Random(7)
        stream = host.pid("stream")
        listening = asyncio.create_task(surgeon.hear_for(4.0))
        for _ in range(JUNK_CONNECTIONS):
            bad = socket.socket()
            bad.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(bad, ("127.0.0.1", addresses.loopback_port))
            data = junk(rng)
            if b"%s" in data:
                data = data.replace(b"%s", f"127.0.0.1:{addresses.loopback_port}".encode(), 1)
            with contextlib.suppress(OSError):
                await loop.sock_sendall(bad, data)
            await asyncio.sleep(0.005)
            bad.close()
        poses = await listening
        assert missed(poses) == 0
        assert sum(map(is_live_pose, poses)) > 20
        assert host.pid("stream") == stream
        assert nurse.link.close_code is None

    run_live(tmp_path, scene)


def test_device_that_sends_nonsense_after_joining_is_put_out_with_words(tmp_path):
    async def scene(host, addresses, surgeon, nurse):
        await surgeon.link.send('{"type":"stop","extra":1}')
        with pytest.raises(ConnectionClosed) as caught:
            await surgeon.hear_for(5.0)
        assert caught.value.rcvd.code == 4400
        await nurse.until(lambda m: is_live_pose(m))

    run_live(tmp_path, scene)
