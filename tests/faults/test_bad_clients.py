"""Clients that do not read, that send nonsense, that guess: beside them a healthy one misses nothing."""

import asyncio
import contextlib
import multiprocessing
import os
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from orview.edge.headset.link import Place, open_link
from orview.edge.host.host import HostAddresses
from orview.edge.host.process_life import come_first
from orview.edge.network.certificates import own_certificate, server_context
from orview.errors import NetworkError
from orview.protocol.binary import PoseMessage
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.messages import Hello, Refused, Role, Watch, Welcome
from orview.units import ms_from_ns
from tests.faults.bad_frames import Mutations, bad_frame, deflate_bomb, upgrade
from tests.faults.fault_room import RELAYS, FaultRoom, Nurse
from tests.faults.ledger import Ledger
from tests.integration.small_room import RawClient, is_live_pose, joined

AT_ONCE = 24
FRAMES_EACH = 5
MEMORY_MIB = 5.0


def resident_mib(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


class Listener:
    """A healthy client that counts the poses it missed, and keeps how old each was when it came."""

    def __init__(self, client: RawClient) -> None:
        self._client = client
        self.missed = self.poses = 0
        self.live = 0
        self.ages_ms: list[float] = []

    async def listen(self) -> None:
        """Listen for ever."""
        before: PoseMessage | None = None
        while True:
            message = await self._client.hear()
            at_ns, _ = self._client.arrived_ns[-1]
            self._client.arrived_ns.clear()
            self._client.history.clear()
            if isinstance(message, PoseMessage):
                self.poses += 1
                self.live += is_live_pose(message)
                self.missed += 0 if before is None else message.sequence - before.sequence - 1
                self.ages_ms.append(ms_from_ns(at_ns - message.send_ns))
                before = message


def listen_apart(addresses: HostAddresses, token: str, test: Connection) -> None:
    """Be a healthy client in a process of its own, which nobody's work in the test makes late; answers every word."""
    come_first()

    async def run() -> None:
        async with joined(addresses, role=Role.SURGEON, token=token) as client:
            listener = Listener(client)
            listening = asyncio.create_task(listener.listen())
            while await asyncio.to_thread(test.recv_bytes) == b"tell":
                test.send((list(listener.ages_ms), listener.missed, listening.done()))
                listener.ages_ms.clear()

    asyncio.run(run())


class Apart:
    """The test's end of `listen_apart`; a context manager."""

    def __init__(self, room: FaultRoom, token: str) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._here, there = spawn.Pipe()
        self._process = spawn.Process(target=listen_apart, args=(room.addresses, token, there), daemon=True)

    def __enter__(self) -> "Apart":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    async def heard(self) -> tuple[list[float], int]:
        """Return the ages of the poses since the last time (ms), and how many were missed in all."""
        self._here.send_bytes(b"tell")
        ages_ms, missed, ended = await asyncio.to_thread(self._here.recv)
        assert not ended, "the healthy client was put out"
        return ages_ms, missed


@asynccontextmanager
async def healthy(room: FaultRoom, nurse: Nurse) -> AsyncIterator[Listener]:
    async with room.client(nurse, name="Healthy") as client:
        await client.until(is_live_pose)
        listener = Listener(client)
        listening = asyncio.create_task(listener.listen())
        try:
            yield listener
            assert not listening.done(), "the healthy client was put out"
        finally:
            listening.cancel()


async def many(count: int, one) -> None:
    """Do something so often, several at a time."""
    left = iter(range(count))

    async def worker() -> None:
        for number in left:
            await one(number)

    async with asyncio.TaskGroup() as workers:
        for _ in range(AT_ONCE):
            workers.create_task(worker())


@pytest.mark.hazard("H27")
@pytest.mark.timeout(300)
def test_clients_that_never_read_bombs_and_half_handshakes_cost_the_others_nothing(
    room: FaultRoom, ledger: Ledger, full: bool
) -> None:
    row = ledger.row("clients that never read, deflate bombs, half handshakes")
    seconds, stuck_clients = (10.0, 30) if full else (1.5, 8)

    async def bombs(port: int) -> None:
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(upgrade(port) + deflate_bomb() if row.count % 2 else upgrade(port)[:60])
                row.count += 1
                await asyncio.sleep(0.05)
                writer.transport.abort()

    async def scene(nurse: Nurse) -> None:
        stream = room.pids()["stream"]
        async with room.client(nurse, name="Healthy") as client:
            token = (await client.until(lambda m: isinstance(m, Welcome))).token
        async with contextlib.AsyncExitStack() as stack:
            apart = stack.enter_context(Apart(room, token))
            stuck = []
            for number in range(stuck_clients):
                client = await stack.enter_async_context(room.client(nurse, name=f"Stuck {number}", role=Role.OBSERVER))
                await client.until(lambda m: isinstance(m, Welcome))
                stuck.append(client)
            await apart.heard()
            before_mib = resident_mib(stream)
            await asyncio.sleep(seconds)
            calm_ms, _ = await apart.heard()
            for client in stuck:
                await client.say(Watch(pictures=True))
                client.link.transport.pause_reading()
                row.count += 1
            bombing = asyncio.create_task(bombs(room.addresses.loopback_port))
            await apart.heard()
            await asyncio.sleep(seconds)
            attacked_ms, missed = await apart.heard()
            bombing.cancel()
            await nurse.until(lambda: room.host.status().clients <= 2, timeout_s=15.0)
            grown_mib = resident_mib(stream) - before_mib
            calm, attacked = np.percentile(calm_ms, 99), np.percentile(attacked_ms, 99)
            row.words = f"p99 age {calm:.2f} ms before, {attacked:.2f} ms meanwhile; memory {grown_mib:+.1f} MiB"
            if missed:
                row.wrong.append(f"{missed} poses missed")
            if grown_mib > MEMORY_MIB or (full and attacked > 2.0 * calm):
                row.wrong.append(row.words)
            for client in stuck:
                client.link.transport.abort()

    room.play(scene)
    assert row.wrong == []


@pytest.mark.hazard("H29")
@pytest.mark.timeout(1200)
def test_malformed_frames_leave_the_healthy_client_every_pose(room: FaultRoom, ledger: Ledger, full: bool) -> None:
    row = ledger.row("malformed WebSocket frames")
    rng = random.Random(29)
    port = room.addresses.loopback_port

    async def attack(_: int) -> None:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(upgrade(port) if rng.random() < 0.97 else b"GET / HTTP/1.1\r\n\r\n")
            writer.write(b"".join(bad_frame(rng) for _ in range(FRAMES_EACH)))
            row.count += FRAMES_EACH
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    # Until it is put out, or waits for the rest of a frame that never comes.
                    while await reader.read(65536):
                        pass
            writer.transport.abort()

    connections = 100_000 // FRAMES_EACH if full else 300

    async def scene(nurse: Nurse) -> None:
        stream = room.pids()["stream"]
        async with healthy(room, nurse) as listener:
            # What the host's memory comes to with many connections at once is reached within some thousands.
            await many(4000 if full else 200, attack)
            before_mib = resident_mib(stream)
            await many(connections, attack)
            await asyncio.sleep(0.5)
            grown_mib = resident_mib(stream) - before_mib
            row.words = f"healthy client: {listener.poses} poses, {listener.missed} missed; memory {grown_mib:+.1f} MiB"
            if listener.missed or grown_mib > MEMORY_MIB or room.pids()["stream"] != stream:
                row.wrong.append(row.words)
            assert listener.live > 20

    room.play(scene)
    assert row.wrong == []


@pytest.mark.hazard("H29")
@pytest.mark.timeout(1200)
def test_a_paired_device_that_sends_wrong_messages_is_put_out_with_words(
    room: FaultRoom, ledger: Ledger, full: bool
) -> None:
    row = ledger.row("messages changed against their schema, by a paired device")
    ends: dict[int, int] = {}

    async def scene(nurse: Nurse) -> None:
        stream = room.pids()["stream"]
        mutations = Mutations(random.Random(30))
        async with room.client(nurse, name="Broken") as broken:
            token = (await broken.until(lambda m: isinstance(m, Welcome))).token

        async def send_wrong_messages(until: int) -> None:
            while row.count < until:
                with contextlib.suppress(OSError, InvalidHandshake):
                    try:
                        async with joined(room.addresses, role=Role.SURGEON, token=token, by_loopback=True) as client:
                            while row.count < until:
                                row.count += 1
                                await client.link.send(mutations.next())
                                await asyncio.sleep(0)
                    except ConnectionClosed as closed:
                        code = closed.rcvd.code if closed.rcvd else 0
                        ends[code] = ends.get(code, 0) + 1

        async with healthy(room, nurse) as listener:
            await asyncio.gather(*(send_wrong_messages(200) for _ in range(4)))
            before_mib = resident_mib(stream)
            await asyncio.gather(*(send_wrong_messages(10_000 if full else 600) for _ in range(4)))
            await asyncio.sleep(0.5)
            grown_mib = resident_mib(stream) - before_mib
            row.words = (
                f"healthy client: {listener.poses} poses, {listener.missed} missed; memory {grown_mib:+.1f} MiB; "
                f"ended {sum(ends.values())} connections"
            )
            if listener.missed or grown_mib > MEMORY_MIB or room.pids()["stream"] != stream:
                row.wrong.append(row.words)
            # Every end has words: a wrong message (4400 and above) or one too large or not UTF-8 (RFC 6455).
            if not ends or any(code < 4400 and code not in (1002, 1007, 1009) for code in ends):
                row.wrong.append(f"connections ended with {ends}")

    room.play(scene)
    assert row.wrong == []


@pytest.mark.hazard("H19")
@pytest.mark.timeout(600)
def test_nobody_comes_in_by_guessing(room: FaultRoom, ledger: Ledger, full: bool) -> None:
    row = ledger.row("guesses at the joining code")
    guesses_each = 500

    async def guess(code: str) -> None:
        try:
            async with joined(room.addresses, role=Role.OBSERVER, code=code, by_loopback=True) as client:
                answer = await client.until(lambda m: isinstance(m, Refused | Welcome))
                if isinstance(answer, Welcome):
                    row.wrong.append(f"let in with {code}")
        except ConnectionClosed:
            pass
        row.count += 1

    async def scene(nurse: Nurse) -> None:
        rng = random.Random(19)
        for _ in range(10_000 // guesses_each if full else 1):
            true = await nurse.new_code()
            # Five wrong ones, and from then on the true one does no more than any other.
            for _ in range(5):
                await guess(f"{(int(true) + rng.randrange(1, 10**6)) % 10**6:06d}")
            rest = [
                true if n % 7 == 0 else f"{rng.randrange(10**6):06d}" for n in range((guesses_each if full else 60) - 5)
            ]
            await many(len(rest), lambda n, rest=rest: guess(rest[n]))

    room.play(scene)
    assert row.wrong == []


@pytest.mark.hazard("H20")
def test_a_relay_with_another_certificate_hears_nothing(
    room: FaultRoom, ledger: Ledger, full: bool, tmp_path: Path
) -> None:
    row = ledger.row("relay with another certificate")
    heard: list[bytes] = []

    async def in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # It would hand on whatever it is told, with the host's answers: it need only be told something.
        to_host = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        to_host.check_hostname, to_host.verify_mode = False, ssl.CERT_NONE
        host_reader, host_writer = await asyncio.open_connection("127.0.0.1", room.addresses.port, ssl=to_host)

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, kept: list[bytes]) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    kept.append(data)
                    target.write(data)

        await asyncio.gather(pump(reader, host_writer, heard), pump(host_reader, writer, []))
        writer.transport.abort()
        host_writer.transport.abort()

    async def scene(nurse: Nurse) -> None:
        own = own_certificate(tmp_path / "keys", names=["127.0.0.1", "localhost"])
        # By this address the host knows itself: but for the certificate it would let everybody in here.
        place = Place(address=RELAYS[0], port=room.addresses.port, fingerprint=room.addresses.fingerprint)
        server = await asyncio.start_server(in_the_middle, place.address, place.port, ssl=server_context(own))
        code = await nurse.new_code()
        hello = Hello(
            protocol=PROTOCOL_VERSION, role_wanted=Role.SURGEON, device_name="Headset", token=None, code=code, page=None
        )
        for _ in range(100 if full else 3):
            row.count += 1
            with pytest.raises(NetworkError):
                await open_link(place, hello)
        server.close()
        # A handshake may be begun; neither code nor token may be told.
        if any(code.encode() in data or b"hello" in data for data in heard):
            row.wrong.append("the code was told to the relay")
        await asyncio.sleep(1.0)
        assert {entry.name for entry in nurse.client.told["Clients"].clients} == {"Console"}

    room.play(scene)
    assert row.wrong == []
