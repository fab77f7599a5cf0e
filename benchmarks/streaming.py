"""Poses to many clients: orview's fan-out beside `websockets.broadcast()`, turn about in one run.

    python -m benchmarks.streaming [--record]

Server and clients are two processes on loopback. Ratios are the result; the times are this
machine's. A second scene has one client that never reads among four that do, a third a host's work process that builds
a case meanwhile, turn about with none.
"""

import argparse
import asyncio
import multiprocessing
import os
import platform
import selectors
import socket
import struct
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.streaming_import import importing, source_words
from orview import __version__
from orview.edge.host.client_link import ClientLink, binary_frame
from orview.edge.host.process_life import come_first
from orview.protocol.binary import POSE_BYTES

RATE_HZ = 90
ROUNDS = 3
ROUND_S = 2.0
OURS, RIVAL = "orview", "websockets.broadcast()"
CLIENTS = 32
STUCK_LIVE_CLIENTS = 4
IMPORT_CLIENTS = 8
IMPORT_S = 4.0
IDLE, BUSY = "nothing else", "an import"
STUCK_PAYLOAD_BYTES = 20_000
SEND_NS_OFFSET = 24
RESULTS = Path(__file__).resolve().parent / "results" / "streaming.md"
IMPORT_RESULTS = RESULTS.with_name("streaming_import.md")
IMPORT_HEADER = (
    "| version | machine | imported | p99 sent late, alone / importing | p99 arrival, alone / importing | "
    "rate alone, importing | part of the time the import ran |\n|---|---|---|---|---|---|---|\n"
)
HEADER = (
    "| version | machine | p50 ours / theirs | p99 ours / theirs | CPU per message ours / theirs | "
    "stuck client: memory ours, theirs | stuck client: rate of the others ours, theirs |\n"
    "|---|---|---|---|---|---|---|\n"
)


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round measured: how long poses took to their clients, and how late they were handed to the sockets."""

    latencies_us: list[float]
    late_us: list[float]
    cpu_us_per_message: float
    grown_mib: float
    rate_hz: float


def server(port_pipe: Connection, way: str, first: bool) -> None:
    """Serve until told to end.

    Each command is (payload bytes, seconds), the answer (CPU s, memory grown, how late each pose was sent, us). With
    `first` it asks to run before other processes, as a host's stream does.
    """
    if first:
        come_first()
    asyncio.run(_serve(port_pipe, way))


async def _serve(pipe: Connection, way: str) -> None:
    connections: dict[ServerConnection, ClientLink] = {}

    async def handler(connection: ServerConnection) -> None:
        connections[connection] = ClientLink(connection, local=True, now_ns=0)
        await connection.wait_closed()
        del connections[connection]

    async with serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None) as listening:
        pipe.send(listening.sockets[0].getsockname()[1])
        while (command := await asyncio.to_thread(pipe.recv)) is not None:
            payload_bytes, seconds = command
            memory, cpu_s = _resident_bytes(), time.process_time()
            next_s = time.monotonic()
            late_us = []
            for _ in range(round(seconds * RATE_HZ)):
                next_s += 1 / RATE_HZ
                await asyncio.sleep(max(next_s - time.monotonic(), 0))
                payload = bytearray(payload_bytes)
                struct.pack_into("<Q", payload, SEND_NS_OFFSET, time.monotonic_ns())
                if way == OURS:
                    message = bytes(payload)
                    frame = binary_frame(message)
                    for link in connections.values():
                        link.send_pose(message, frame)
                else:
                    broadcast(connections, payload)
                late_us.append((time.monotonic() - next_s) * 1e6)
            pipe.send((time.process_time() - cpu_s, _resident_bytes() - memory, late_us))


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Clients:
    """Bare sockets that read frames and take the time of each."""

    def __init__(self, port: int, count: int, *, stuck: int = 0) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets = [_open_socket(port) for _ in range(count + stuck)]
        self._buffers = {reading: bytearray() for reading in self._sockets[:count]}
        for reading in self._buffers:
            reading.setblocking(False)
            self._selector.register(reading, selectors.EVENT_READ)
        self.latencies_us: list[float] = []

    def read(self, seconds: float) -> None:
        """Read everything that comes for so long."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            for key, _ in self._selector.select(left_s):
                reading = key.fileobj
                assert isinstance(reading, socket.socket)
                self._take(self._buffers[reading], reading.recv(1 << 18))

    def _take(self, buffer: bytearray, data: bytes) -> None:
        buffer += data
        now_ns = time.monotonic_ns()
        while len(buffer) >= 4:
            length, start = (buffer[1], 2) if buffer[1] < 126 else (int.from_bytes(buffer[2:4]), 4)
            if len(buffer) < start + length:
                return
            (sent_ns,) = struct.unpack_from("<Q", buffer, start + SEND_NS_OFFSET)
            self.latencies_us.append((now_ns - sent_ns) / 1000)
            del buffer[: start + length]

    def close(self) -> None:
        """End every connection."""
        self._selector.close()
        for opened in self._sockets:
            opened.close()


def _open_socket(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port))
    opened.sendall(
        b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += opened.recv(1)
    return opened


def measure(
    way: str, *, count: int, payload_bytes: int, stuck: int = 0, seconds: float = ROUND_S, first: bool = False
) -> Round:
    """Run one round of one way in fresh processes."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=server, args=(theirs, way, first))
    process.start()
    clients = Clients(ours.recv(), count, stuck=stuck)
    try:
        # Warm up, and let the kernel's buffers of a stuck client fill, before anything is measured.
        ours.send((payload_bytes, 1.0))
        clients.read(1.2)
        ours.recv()
        clients.latencies_us.clear()
        ours.send((payload_bytes, seconds))
        clients.read(seconds + 0.2)
        cpu_s, grown_bytes, late_us = ours.recv()
        ours.send(None)
    finally:
        clients.close()
        process.join(5)
        process.kill()
    messages = max(len(clients.latencies_us), 1)
    return Round(
        latencies_us=clients.latencies_us,
        late_us=late_us,
        cpu_us_per_message=cpu_s * 1e6 / messages,
        grown_mib=grown_bytes / (1 << 20),
        rate_hz=messages / count / seconds,
    )


def _percentile(values: list[float], fraction: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(fraction * len(ordered)), len(ordered) - 1)]


def measure_import(*, record: bool) -> None:
    """Measure poses while a work process builds a case and while none does, turn about, and print both.

    When poses are handed to the sockets is the host's own doing; when they arrive also waits for the clients here,
    which share its processors as headsets do not.
    """
    rounds: dict[str, list[Round]] = {IDLE: [], BUSY: []}
    ran = []
    for _ in range(ROUNDS):
        rounds[IDLE].append(_pose_round())
        with importing() as case:
            begun_s = time.time()
            rounds[BUSY].append(_pose_round())
            # A case that is done before the round is no import for the rest of it, and that is told.
            ran.append((case.ran_until() - begun_s) / (time.time() - begun_s))
    sent = {what: median(_percentile(one.late_us, 0.99) for one in several) for what, several in rounds.items()}
    p99 = {what: median(_percentile(one.latencies_us, 0.99) for one in several) for what, several in rounds.items()}
    rate = {what: median(one.rate_hz for one in several) for what, several in rounds.items()}
    print(f"{IMPORT_CLIENTS} clients at {RATE_HZ} Hz while a work process imports {source_words()}, {ROUNDS} rounds")
    for what in (IDLE, BUSY):
        late = f"p99 sent late {sent[what]:6.0f} us   arrived {p99[what]:6.0f} us"
        print(f"  beside {what:<13} {late}   {rate[what]:5.1f} Hz")
    ratios = [f"{values[BUSY] / values[IDLE]:.2f}" for values in (sent, p99)]
    print(f"  ratio: sent {ratios[0]}, arrived {ratios[1]}; the import ran {median(ran):.0%} of the time")
    if record:
        _append(
            IMPORT_RESULTS,
            f"# Poses during an import, made by `python -m benchmarks.streaming`\n\n{IMPORT_HEADER}",
            f"| {__version__} | {platform.machine()}, {os.cpu_count()} cores | {source_words()} | "
            f"{sent[IDLE]:.0f} / {sent[BUSY]:.0f} us = {ratios[0]} | "
            f"{p99[IDLE]:.0f} / {p99[BUSY]:.0f} us = {ratios[1]} | "
            f"{rate[IDLE]:.0f} Hz, {rate[BUSY]:.0f} Hz | {median(ran):.0%} |\n",
        )


def _pose_round() -> Round:
    return measure(OURS, count=IMPORT_CLIENTS, payload_bytes=POSE_BYTES, seconds=IMPORT_S, first=True)


def _append(results: Path, head: str, row: str) -> None:
    """Add a row to a page of results, which is begun with its head."""
    if not results.exists():
        results.parent.mkdir(parents=True, exist_ok=True)
        results.write_text(head, encoding="utf-8")
    with results.open("a", encoding="utf-8") as page:
        page.write(row)


def main() -> None:
    """Measure both ways turn about, print the ratios, and add a row to the results when asked."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--record", action="store_true", help="add a row to results/streaming.md")
    record = arguments.parse_args().record
    many: dict[str, list[Round]] = {OURS: [], RIVAL: []}
    stuck: dict[str, list[Round]] = {OURS: [], RIVAL: []}
    for _ in range(ROUNDS):
        for way in (OURS, RIVAL):
            many[way].append(measure(way, count=CLIENTS, payload_bytes=POSE_BYTES))
            stuck[way].append(measure(way, count=STUCK_LIVE_CLIENTS, payload_bytes=STUCK_PAYLOAD_BYTES, stuck=1))
    p50 = {way: median(_percentile(r.latencies_us, 0.5) for r in rounds) for way, rounds in many.items()}
    p99 = {way: min(_percentile(r.latencies_us, 0.99) for r in rounds) for way, rounds in many.items()}
    cpu = {way: median(r.cpu_us_per_message for r in rounds) for way, rounds in many.items()}
    grown = {way: median(r.grown_mib for r in rounds) for way, rounds in stuck.items()}
    rate = {way: median(r.rate_hz for r in rounds) for way, rounds in stuck.items()}
    print(f"{CLIENTS} clients at {RATE_HZ} Hz, {POSE_BYTES} bytes, {ROUNDS} rounds of {ROUND_S:.0f} s each, turn about")
    for way in (OURS, RIVAL):
        print(f"  {way:<24} p50 {p50[way]:6.0f} us   p99 {p99[way]:6.0f} us   CPU {cpu[way]:5.1f} us per message")
    ratios = [f"{values[OURS] / values[RIVAL]:.2f}" for values in (p50, p99, cpu)]
    print(f"  ratio: p50 {ratios[0]}, p99 {ratios[1]}, CPU {ratios[2]}")
    print(f"one stuck client of {STUCK_LIVE_CLIENTS + 1}, {STUCK_PAYLOAD_BYTES} bytes at {RATE_HZ} Hz, {ROUND_S:.0f} s")
    for way in (OURS, RIVAL):
        print(f"  {way:<24} memory {grown[way]:+5.1f} MiB   the others {rate[way]:5.1f} Hz")
    if record:
        _append(
            RESULTS,
            f"# Streaming: ours beside `{RIVAL}`, made by `python -m benchmarks.streaming`\n\n{HEADER}",
            f"| {__version__} | {platform.machine()}, {os.cpu_count()} cores | "
            f"{p50[OURS]:.0f} / {p50[RIVAL]:.0f} us = {ratios[0]} | "
            f"{p99[OURS]:.0f} / {p99[RIVAL]:.0f} us = {ratios[1]} | "
            f"{cpu[OURS]:.1f} / {cpu[RIVAL]:.1f} us = {ratios[2]} | "
            f"{grown[OURS]:+.1f} MiB, {grown[RIVAL]:+.1f} MiB | {rate[OURS]:.0f} Hz, {rate[RIVAL]:.0f} Hz |\n",
        )
    measure_import(record=record)


if __name__ == "__main__":
    main()
