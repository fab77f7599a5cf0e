"""Who else is on the network while a host runs: other hosts that answer, headset apps that announce themselves.

mDNS tells of a host that crashed for many minutes, so each is asked at its port before anybody is warned of it.
"""

import asyncio
import contextlib
from collections.abc import Callable

from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from orview.edge.network.discovery import (
    HEADSET_SERVICE,
    HOST_SERVICE,
    FoundHost,
    FoundService,
    found_service,
    host_of,
)
from orview.protocol.nearby import Nearby, NearbyHeadset, NearbyHost

ASK_EVERY_S = 5.0
ANSWER_WITHIN_S = 2.0
_MOST_KNOWN = 64
"""Of each kind: anybody may announce as many as they like."""


class Neighbours:
    """Listens until it is stopped.

    Args:
        zeroconf: through which is listened, the announcer's own.
        own_id: of this host, which is no neighbour of itself.
        told: called whenever `hosts` or `headsets` are others.

    Attributes:
        hosts: other hosts that answered when they were asked last.
        headsets: headset apps that announce themselves.
    """

    def __init__(self, zeroconf: AsyncZeroconf, *, own_id: str, told: Callable[[], None]) -> None:
        self.hosts: tuple[FoundHost, ...] = ()
        self.headsets: tuple[FoundService, ...] = ()
        self._zeroconf = zeroconf
        self._own_id = own_id
        self._told = told
        self._heard: dict[str, dict[str, FoundService]] = {HOST_SERVICE: {}, HEADSET_SERVICE: {}}
        self._resolving: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    async def watch(self) -> None:
        """Listen until cancelled."""
        browser = AsyncServiceBrowser(self._zeroconf.zeroconf, list(self._heard), handlers=[self._heard_of])
        try:
            while True:
                await self._look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), ASK_EVERY_S)
                self._news.clear()
        finally:
            for task in tuple(self._resolving):
                task.cancel()
            await browser.async_cancel()

    async def _look(self) -> None:
        known = [host for service in self._heard[HOST_SERVICE].values() if (host := host_of(service)) is not None]
        others = [host for host in known if host.announcement.host_id != self._own_id]
        answers = await asyncio.gather(*(_answers(host) for host in others))
        hosts = tuple(host for host, answered in zip(others, answers, strict=True) if answered)
        headsets = tuple(self._heard[HEADSET_SERVICE].values())
        if (hosts, headsets) != (self.hosts, self.headsets):
            self.hosts, self.headsets = hosts, headsets
            self._told()

    def _heard_of(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        heard = self._heard[service_type]
        if state_change is ServiceStateChange.Removed:
            if heard.pop(name, None) is not None:
                self._news.set()
        elif name in heard or len(heard) < _MOST_KNOWN:
            task = asyncio.ensure_future(self._resolve(zeroconf, service_type, name))
            self._resolving.add(task)
            task.add_done_callback(self._resolving.discard)

    async def _resolve(self, zeroconf: Zeroconf, service_type: str, name: str) -> None:
        info = AsyncServiceInfo(service_type, name)
        if await info.async_request(zeroconf, 1000) and (service := found_service(info, service_type)) is not None:
            before = self._heard[service_type].get(name)
            self._heard[service_type][name] = service
            if before != service:
                self._news.set()


async def _answers(host: FoundHost) -> bool:
    """Return whether somebody listens where a host says it is."""
    said = host.announcement
    for address in said.addresses:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                _, writer = await asyncio.open_connection(address, said.port)
            writer.close()
            return True
    return False


def nearby_message(hosts: tuple[FoundHost, ...], headsets: tuple[FoundService, ...]) -> Nearby:
    """Return what the nurse is told; names are what strangers announced, and are cleaned for the screen."""
    return Nearby(
        hosts=tuple(
            NearbyHost(
                name=_shown(host.announcement.name),
                address=host.announcement.addresses[0][:64],
                replay=host.announcement.replay,
            )
            for host in hosts[:16]
        ),
        headsets=tuple(
            NearbyHeadset(name=_shown(headset.name), address=headset.addresses[0][:64]) for headset in headsets[:32]
        ),
    )


def _shown(name: str) -> str:
    return ("".join(character if character.isprintable() else " " for character in name).strip() or "unnamed")[:80]
