"""Opens ports for a replay and runs it in this process, beside nothing else."""

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.edge.host.clock import now_ns
from orview.edge.host.doors import doors_of, served_addresses
from orview.edge.host.host import HostAddresses, open_ports
from orview.edge.host.reception import Reception
from orview.edge.host.replay import RESEARCH_USE, Replay, marked
from orview.edge.host.server import HostServer, quiet_library_logs
from orview.edge.host.site import SOCKET_PATH, Site, built_pages
from orview.edge.network.certificates import machine_names, own_certificate, server_context
from orview.edge.network.discovery import Announcement, host_announcer
from orview.edge.recording.playing import Recording
from orview.errors import NetworkError
from orview.protocol import messages
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.pairing import ADMISSION_BYTES, Device, Doorkeeper


@dataclass(frozen=True, kw_only=True)
class ReplayConfig:
    """What a replay is told.

    Attributes:
        store: where the models are; nothing is written there.
        file: the recording.
        address, port, loopback_port, announce: as `HostConfig` has them.
        announce_interfaces: likewise.
        speed: 2 plays in half the time.
        at_once: begins without waiting for a headset.
    """

    store: Path
    file: Path
    address: str = "127.0.0.1"
    port: int = 8443
    loopback_port: int = 8080
    announce: bool = True
    announce_interfaces: tuple[str, ...] | None = None
    speed: float = 1.0
    at_once: bool = False


class _Forgets:
    """Who is let into a replay is let into nothing else, and forgotten with it."""

    def put_device(self, device: Device) -> None:
        """Forget a device."""


@asynccontextmanager
async def running(config: ReplayConfig) -> AsyncIterator[tuple[Replay, HostAddresses]]:
    """Run a replay while the block lasts; yields it and how it is reached.

    Raises:
        InputError: the recording cannot be played.
        NetworkError: a port is taken, or there is no network.
        StoreError: the store cannot be read.
    """
    quiet_library_logs()
    recording = Recording(config.file)
    name = marked(recording.head.room_name)
    with contextlib.ExitStack() as closing:
        secure, plain = open_ports(config.address, port=config.port, loopback_port=config.loopback_port)
        closing.callback(secure.close)
        closing.callback(plain.close)
        addresses = served_addresses(config.address)
        # A certificate of its own: no headset that keeps the live room's fingerprint takes this for it.
        keys = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="orview-replay-")))
        certificate = own_certificate(keys, names=machine_names(addresses))
        doors = doors_of(certificate, addresses, port=secure.getsockname()[1], loopback_port=plain.getsockname()[1])
        door = Doorkeeper(room_name=name)
        console = door.enrol(name="Console", role=messages.Role.NURSE, randomness=secrets.token_bytes(ADMISSION_BYTES))
        viewer = door.enrol(
            name="This machine", role=messages.Role.OBSERVER, randomness=secrets.token_bytes(ADMISSION_BYTES)
        )
        host_id = secrets.token_hex(8)
        reception = Reception(
            door=door,
            devices=_Forgets(),
            host_id=host_id,
            host_name=doors.host_name,
            room_name=name,
            simulated=True,
            join_url=doors.join_url,
            fingerprint=certificate.fingerprint,
            local_devices=frozenset({console.device.device_id, viewer.device.device_id}),
            research_use=RESEARCH_USE,
        )
        reception.issue_code(now_ns=now_ns())
        replay = Replay(recording, reception, speed=config.speed, at_once=config.at_once)
        store = CaseStore.open(config.store)
        site = Site(pages=built_pages(), store=store, hosts=doors.hosts)
        server = HostServer(
            site=site,
            handler=replay.handle,
            secure=(secure, server_context(certificate)),
            plain=plain,
            origins=doors.origins,
        )
        code = reception.standing_code(now_ns=now_ns())
        assert code is not None
        local = f"http://127.0.0.1:{plain.getsockname()[1]}"
        reached = HostAddresses(
            headset_url=f"{doors.join_url}#k={code.code}",
            local_headset_url=f"{local}/#t={viewer.token}",
            console_url=f"{local}/console#t={console.token}",
            code=code.code,
            console_token=console.token,
            fingerprint=certificate.fingerprint,
            port=secure.getsockname()[1],
            loopback_port=plain.getsockname()[1],
            addresses=addresses,
        )
        announcement = Announcement(
            name=name,
            host_id=host_id,
            addresses=addresses,
            port=secure.getsockname()[1],
            protocol=PROTOCOL_VERSION,
            path=SOCKET_PATH,
            fingerprint=certificate.fingerprint,
            replay=True,
        )
        async with server:
            tasks = [asyncio.create_task(replay.run())]
            if config.announce:
                tasks.append(asyncio.create_task(_announce(announcement, config.announce_interfaces)))
            try:
                yield replay, reached
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _announce(announcement: Announcement, interfaces: tuple[str, ...] | None) -> None:
    announcer = host_announcer(announcement, interfaces=interfaces)
    try:
        # Headsets join by address too: no network for mDNS is no reason to stop.
        with contextlib.suppress(NetworkError):
            await announcer.start()
            await asyncio.Event().wait()
    finally:
        await announcer.stop()
