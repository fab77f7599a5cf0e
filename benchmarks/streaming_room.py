"""orview's road of poses by itself, and `websockets.broadcast()` on bare connections: servers for the fan-out's scenes.

    python -m benchmarks.streaming_room orview|orview-tls|broadcast [ADDRESS [MODEL_BYTES]]

Prints {"port"}, under TLS with {"fingerprint"}. Each line of the standard input, "SECONDS RATE BYTES", is a run,
answered by {"cpu_s", "ticks", "grown_bytes", "late_p99_us"}. orview's ways are the product's own port, connections and
crowd, pings and all. On loopback every connection is let in as it comes, since the C clients say no hello; with an
ADDRESS clients are real, and are told of a live session with a model of MODEL_BYTES. Where BYTES is a pose's length,
each tick makes a pose and encodes it; else a payload of that length goes where a pose would.
"""

import asyncio
import contextlib
import json
import os
import random
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from orview.edge.case_store import CaseStore
from orview.edge.host.client_link import ClientLink, binary_frame
from orview.edge.host.crowd import Crowd
from orview.edge.host.process_life import allow_many_files
from orview.edge.host.server import HostServer, quiet_library_logs
from orview.edge.host.site import Site
from orview.edge.network.certificates import own_certificate, server_context
from orview.protocol.binary import POSE_BYTES, PoseMessage
from orview.protocol.codec import PROTOCOL_VERSION, encode
from orview.protocol.messages import (
    Hello,
    ModelEntry,
    ModelLevelEntry,
    ModelLevelName,
    OverlayState,
    Role,
    Room,
    Session,
    Welcome,
)
from orview.protocol.pairing import Device
from orview.units import ns_from_ms

SEND_NS_AT = 24
FLUSH_EVERY_S = 0.02
MODEL_DIGEST = "01" * 32
HELLO = Hello(
    protocol=PROTOCOL_VERSION, role_wanted=Role.OBSERVER, device_name="C", token=None, code="123456", page=None
)
DEVICE = Device(device_id="c", name="C", role=Role.OBSERVER, room_name="Room B", token_digest="00")
WELCOME = Welcome(
    protocol=PROTOCOL_VERSION,
    device_id="c",
    role=Role.OBSERVER,
    token="t" * 43,
    host_id="b",
    host_name="benchmark",
    room_name="Room B",
    host_ns=0,
    simulated=True,
    research_use="Research use only.",
)

Send = Callable[[int], None]
"""Sends one tick's message of so many bytes to everybody."""


def resident_bytes() -> int:
    """Return what this process holds of the machine's memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def timed(payload_bytes: int) -> bytes:
    """Return a payload that holds the time now."""
    payload = bytearray(payload_bytes)
    struct.pack_into("<Q", payload, SEND_NS_AT, time.monotonic_ns())
    return bytes(payload)


def live_pose(sequence: int) -> PoseMessage:
    """Return a live pose that is sent now."""
    send_ns = time.monotonic_ns()
    return PoseMessage(
        state=OverlayState.LIVE,
        thing_id=0,
        sequence=sequence,
        room_frame_id=1,
        capture_ns=send_ns - ns_from_ms(1.0),
        send_ns=send_ns,
        model_prefix=bytes.fromhex(MODEL_DIGEST)[:8],
        position_m=(0.1, 0.2, 0.6),
        quat_xyzw=(0.0, 0.0, 0.0, 1.0),
        expected_error_mm=1.0,
        sight_age_ms=1.0,
    )


class OrviewRoom:
    """The product's port with a crowd on it."""

    def __init__(self, session: Session | None) -> None:
        self._session = session
        self.crowd = Crowd()
        self.links: set[ClientLink] = set()
        self._sequence = 0

    async def handle(self, connection: ServerConnection) -> None:
        """Let a connection in and keep it."""
        link = ClientLink(connection, local=True, now_ns=time.monotonic_ns())
        self.crowd.add(link)
        self.links.add(link)
        try:
            if self._session is None:
                link.receive(encode(HELLO), now_ns=time.monotonic_ns())
                link.admit(WELCOME, DEVICE)
            with contextlib.suppress(ConnectionClosed):
                async for data in connection:
                    for message in link.receive(data, now_ns=time.monotonic_ns()):
                        self._act(link, message)
        finally:
            self.crowd.remove(link)
            self.links.discard(link)

    def _act(self, link: ClientLink, message: object) -> None:
        if isinstance(message, Hello) and self._session is not None:
            link.admit(WELCOME, DEVICE)
            link.tell(Room(room_frame_id=1, world_from_room=None, simulated=True))
            link.tell(self._session)

    def send(self, payload_bytes: int) -> None:
        """Send one tick's message."""
        if payload_bytes == POSE_BYTES:
            self._sequence += 1
            self.crowd.send_pose(live_pose(self._sequence))
            return
        payload = timed(payload_bytes)
        frame = binary_frame(payload)
        for link in self.links:
            link.send_pose(payload, frame)

    async def flush(self) -> None:
        """Do what the stream process does beside the poses."""
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            self.crowd.flush(now_ns=time.monotonic_ns())


def live_session(model: bytes) -> Session:
    """Return a session that lets clients show a model."""
    digest = sha256(model).hexdigest()
    level = ModelLevelEntry(
        level=ModelLevelName.HEADSET, sha256=digest, bytes=len(model), triangles=1, url=f"/m/{digest}"
    )
    return Session(
        state=OverlayState.LIVE,
        why="It is measured.",
        case_id="case",
        case_name="Case",
        model=ModelEntry(digest=MODEL_DIGEST, levels=(level,)),
        structures=(),
        target_key=None,
        expected_error_mm=1.0,
        conditions=(),
    )


async def run_orview(*, secure: bool, address: str, model: bytes | None) -> None:
    """Serve as the product does."""
    room = OrviewRoom(None if model is None else live_session(model))
    with tempfile.TemporaryDirectory() as scratch:
        listening = socket.create_server((address, 0), backlog=512)
        port = listening.getsockname()[1]
        store = CaseStore.open(Path(scratch) / "store")
        site = Site(pages=None, store=store, hosts=frozenset({f"{address}:{port}"}))
        if model is not None:
            store.blob_path(sha256(model).hexdigest()).write_bytes(model)
        told: dict[str, object] = {"port": port}
        context = None
        if secure:
            certificate = own_certificate(Path(scratch) / "keys", names=[address])
            context, told["fingerprint"] = server_context(certificate), certificate.fingerprint
        async with HostServer(
            site=site,
            handler=room.handle,
            secure=None if context is None else (listening, context),
            plain=None if secure else listening,
            origins=[],
        ):
            flushing = asyncio.create_task(room.flush())
            await obey(told, room.send)
            flushing.cancel()


async def run_broadcast() -> None:
    """Serve as the library's own fan-out does, at its best: no compression, no pings."""
    connections: set[ServerConnection] = set()

    async def handle(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.wait_closed()
        connections.discard(connection)

    async with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None, open_timeout=None) as server:
        port = server.sockets[0].getsockname()[1]
        await obey({"port": port}, lambda payload_bytes: broadcast(connections, timed(payload_bytes)))


async def obey(told: dict[str, object], send: Send) -> None:
    """Tell where this is, and run what the standard input asks for."""
    print(json.dumps(told), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        seconds, rate_hz, payload_bytes = line.split()
        print(json.dumps(await run(send, float(seconds), float(rate_hz), int(payload_bytes))), flush=True)


async def run(send: Send, seconds: float, rate_hz: float, payload_bytes: int) -> dict[str, float]:
    """Send at a rate for a while, as a camera does: a late tick is sent at once, one the next overtook is lost."""
    memory, cpu_s, begun_s = resident_bytes(), time.process_time(), time.monotonic()
    next_s, step_s, late_us = begun_s, 1.0 / rate_hz, []
    while next_s - begun_s < seconds:
        overtaken = int((time.monotonic() - next_s - step_s) / step_s)
        next_s += step_s * (1 + max(overtaken, 0))
        await asyncio.sleep(max(next_s - time.monotonic(), 0.0))
        send(payload_bytes)
        late_us.append((time.monotonic() - next_s) * 1e6)
    cpu_s = time.process_time() - cpu_s
    late_us.sort()
    return {
        "cpu_s": cpu_s,
        "ticks": len(late_us),
        "grown_bytes": resident_bytes() - memory,
        "late_p99_us": late_us[len(late_us) * 99 // 100],
    }


def main() -> None:
    """Serve in the way that is asked for."""
    allow_many_files()
    quiet_library_logs()
    way, address = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    if way == "broadcast":
        asyncio.run(run_broadcast())
        return
    model = random.Random(1).randbytes(int(sys.argv[3])) if len(sys.argv) > 3 else None
    asyncio.run(run_orview(secure=way == "orview-tls", address=address, model=model))


if __name__ == "__main__":
    main()
