"""How others find this host: its announcement by mDNS, its neighbours, and what follows when its address changes."""

import asyncio
import contextlib
import ssl

from orview.edge.host.doors import EVERYWHERE, certificate_of, doors_of
from orview.edge.host.logbook import Logbook, LogLevel
from orview.edge.host.network_watch import NetworkWatch, Reached
from orview.edge.host.room import Room
from orview.edge.host.server import HostServer
from orview.edge.host.site import SOCKET_PATH, Site
from orview.edge.host.stream_start import StreamStart
from orview.edge.network.discovery import Announcement, Announcer, host_announcer
from orview.edge.network.neighbours import Neighbours, nearby_message
from orview.errors import NetworkError, OrviewError
from orview.protocol.codec import PROTOCOL_VERSION

LOOK_EVERY_S = 3.0
"""Longer than a reconnecting interface is without an address; a person who moved a plug is still at the screen."""
AGAIN_AFTER_S = 5.0


class Reach:
    """Keeps what names this host in step with where it is reached.

    Args:
        start: of the stream process.
        host_id: said in mDNS.
        room: told what people must know.
        log: told what happens.

    Attributes:
        network: where the host is reached.
        others: names and addresses of other hosts on this network, by their ids.
    """

    def __init__(self, start: StreamStart, *, host_id: str, room: Room, log: Logbook) -> None:
        self._start, self._host_id, self._room, self._log = start, host_id, room, log
        config = start.config
        self.network = NetworkWatch(
            config.address,
            reached=Reached(addresses=start.addresses, certificate=start.certificate),
            certify=lambda addresses: certificate_of(config, host_id, addresses),
        )
        self.others: dict[str, str] = {}
        self._neighbours: Neighbours | None = None
        self._changed = asyncio.Event()

    async def watch(self, *, site: Site, server: HostServer, context: ssl.SSLContext) -> None:
        """Follow the addresses of this machine for ever; a host on one fixed address has nothing to follow."""
        trouble = ""
        while self._start.config.address == EVERYWHERE:
            try:
                reached = await asyncio.to_thread(self.network.look)
            except OrviewError as error:
                reached = None
                if str(error) != trouble:
                    self._log.note("TROUBLE", LogLevel.WARNING, error=type(error).__name__)
                trouble = str(error)
            if reached is not None:
                self._follow(reached, site=site, server=server, context=context)
            await asyncio.sleep(LOOK_EVERY_S)

    def _follow(self, reached: Reached, *, site: Site, server: HostServer, context: ssl.SSLContext) -> None:
        certificate = reached.certificate
        # For connections from now on; those that are open keep what they have.
        context.load_cert_chain(certificate.certificate_file, certificate.key_file)
        doors = doors_of(
            certificate,
            reached.addresses,
            port=self._start.secure.getsockname()[1],
            loopback_port=self._start.plain.getsockname()[1],
        )
        site.hosts = doors.hosts
        server.accept_origins(doors.origins)
        self._room.reached_at(doors.join_url, fingerprint=certificate.fingerprint, words=self.network.words)
        self._changed.set()

    async def announce(self) -> None:
        """Announce the host for ever, anew wherever it is reached elsewhere."""
        while True:
            self._changed.clear()
            announcer = self._announcer()
            try:
                await self._announce(announcer)
            finally:
                self._neighbours = None
                await announcer.stop()

    async def _announce(self, announcer: Announcer) -> None:
        """Announce until the address changes."""
        # No network is no reason to stop: headsets join by address, and the network may come back.
        while not self._changed.is_set():
            if self.network.reached.addresses:
                with contextlib.suppress(NetworkError):
                    await announcer.start()
                    assert announcer.zeroconf is not None
                    self._neighbours = Neighbours(announcer.zeroconf, own_id=self._host_id, told=self._tell_neighbours)
                    watching = asyncio.ensure_future(self._neighbours.watch())
                    changed = asyncio.ensure_future(self._changed.wait())
                    try:
                        await asyncio.wait({watching, changed}, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        for task in (watching, changed):
                            task.cancel()
                        await asyncio.gather(watching, changed, return_exceptions=True)
                    if self._changed.is_set():
                        return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), AGAIN_AFTER_S)

    def _announcer(self) -> Announcer:
        start, reached = self._start, self.network.reached
        return host_announcer(
            Announcement(
                name=start.config.room_name,
                host_id=self._host_id,
                addresses=reached.addresses,
                port=start.secure.getsockname()[1],
                protocol=PROTOCOL_VERSION,
                path=SOCKET_PATH,
                fingerprint=reached.certificate.fingerprint,
            ),
            interfaces=start.config.announce_interfaces,
        )

    def _tell_neighbours(self) -> None:
        """Tell the nurse, the terminal and the log who else is on the network."""
        if self._neighbours is None:
            return
        for host in self._neighbours.hosts:
            said = host.announcement
            if said.host_id not in self.others:
                self._log.note(
                    "OTHER_HOST", LogLevel.WARNING, address=said.addresses[0], port=said.port, host=said.host_id
                )
        self.others = {
            host.announcement.host_id: f"{host.announcement.name} at {host.announcement.addresses[0]}"
            for host in self._neighbours.hosts
        }
        self._room.take_neighbours(nearby_message(self._neighbours.hosts, self._neighbours.headsets))
