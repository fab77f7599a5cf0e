"""Hosts and headsets on the local network by mDNS: announce this host, find others.

mDNS finds, it does not watch: a host that crashed stays listed for many minutes, so whether one lives is asked at its
port. What is announced is heard by the whole network and says nothing about a patient.
"""

import asyncio
import contextlib
import random
import re
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

# The records are part of the package's face for its old users, though not of its list of exports.
from zeroconf import (  # type: ignore[attr-defined]
    DNSAddress,
    DNSIncoming,
    DNSOutgoing,
    DNSPointer,
    DNSQuestion,
    DNSService,
    DNSText,
    InterfaceChoice,
    IPVersion,
    ServiceInfo,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from orview.edge.network.interfaces import interface_of, ipv4_addresses, is_on_own_network
from orview.errors import NetworkError

HOST_SERVICE = "_orview._tcp.local."
HEADSET_SERVICE = "_orview-headset._tcp.local."
_TYPE_PTR, _CLASS_IN = 12, 1
_MDNS_GROUP = ("224.0.0.251", 5353)
_ASK_AGAIN_S = (0.0, 0.25, 0.75, 1.5)
DISCARD_PORT = 9
"""What a headset app gives for a port: nobody connects to it."""
_MAX_LABEL_BYTES = 58
"""Of 63: a name that clashes gets a number at its end."""


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What a host says of itself.

    Attributes:
        name: what people read in a list: the room, never anything of a patient.
        host_id: random, kept over restarts.
        addresses: IPv4 or IPv6 addresses it serves on.
        port: of the TLS server.
        protocol: version of the protocol.
        path: of the socket.
        fingerprint: SHA-256 of the server's certificate, hex.
        replay: it plays a recording; nobody joins one unasked.
    """

    name: str
    host_id: str
    addresses: tuple[str, ...]
    port: int
    protocol: str
    path: str
    fingerprint: str
    replay: bool = False


@dataclass(frozen=True, kw_only=True)
class FoundService:
    """A service that answered.

    Attributes:
        name: the instance's name, as people read it.
        addresses: the one that answered first.
        port: its port.
        properties: its TXT record.
        found_after_s: since the search began.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    properties: dict[str, str]
    found_after_s: float


@dataclass(frozen=True, kw_only=True)
class FoundHost:
    """An orview host that answered: what it announced, and how long it took to be found."""

    announcement: Announcement
    found_after_s: float


class Announcer:
    """Announces one service until it is stopped. A name that is taken gets a number (`name` says which).

    Args:
        info: of the service.
        interfaces: addresses of the interfaces to announce on; None: all.
    """

    def __init__(self, info: AsyncServiceInfo, *, interfaces: Sequence[str] | None = None) -> None:
        self._info = info
        self._interfaces = interfaces
        self.zeroconf: AsyncZeroconf | None = None

    @property
    def name(self) -> str:
        """What people read in a list."""
        return self._info.name.removesuffix(f".{self._info.type}")

    async def start(self) -> str:
        """Announce, which takes about 1.7 s (others are asked whether the name is free); returns the name.

        Raises:
            NetworkError: there is no network to announce on.
        """
        self.zeroconf = _open_zeroconf(self._interfaces)
        try:
            await (await self.zeroconf.async_register_service(self._info, allow_name_change=True))
        except OSError as error:
            await self.stop()
            raise NetworkError("This machine cannot be announced on the network.", mend=_NETWORK_MEND) from error
        return self.name

    async def stop(self) -> None:
        """Say goodbye, so that lists forget it at once."""
        if self.zeroconf is not None:
            await self.zeroconf.async_unregister_all_services()
            await self.zeroconf.async_close()
            self.zeroconf = None


def host_announcer(said: Announcement, *, interfaces: Sequence[str] | None = None) -> Announcer:
    """Return the announcer of a host."""
    properties = {"v": said.protocol, "path": said.path, "tls": "1", "fp": said.fingerprint, "id": said.host_id}
    info = AsyncServiceInfo(
        HOST_SERVICE,
        f"{_label(said.name)}.{HOST_SERVICE}",
        # An address record has no place for an interface; who hears it knows on which.
        parsed_addresses=[address.partition("%")[0] for address in said.addresses],
        port=said.port,
        # Not the machine's own name: another responder on it may hold that with other addresses.
        server=f"orview-{said.host_id}.local.",
        properties=properties | ({"replay": "1"} if said.replay else {}),
    )
    return Announcer(info, interfaces=interfaces)


def headset_announcer(
    name: str, *, protocol: str, addresses: Sequence[str], interfaces: Sequence[str] | None = None
) -> Announcer:
    """Return the announcer of a headset app, so that the nurse sees that it is here."""
    own_id = secrets.token_hex(8)
    info = AsyncServiceInfo(
        HEADSET_SERVICE,
        f"{_label(name)}.{HEADSET_SERVICE}",
        parsed_addresses=list(addresses),
        port=DISCARD_PORT,
        server=f"orview-headset-{own_id}.local.",
        properties={"v": protocol, "id": own_id},
    )
    return Announcer(info, interfaces=interfaces)


async def browse_hosts(
    *,
    seconds: float,
    interfaces: Sequence[str] | None = None,
    first_only: bool = False,
    fingerprint: str | None = None,
    replays: bool = True,
) -> tuple[FoundHost, ...]:
    """Look for hosts for so long, or until the first answers; with `fingerprint` for the one with this certificate.

    Without `replays` those that play a recording are passed over.

    Raises:
        NetworkError: there is no network to look on.
    """

    def enough(found: Sequence[FoundService]) -> bool:
        return first_only and bool(wanted(found))

    def wanted(found: Sequence[FoundService]) -> tuple[FoundHost, ...]:
        hosts = (host for service in found if (host := host_of(service)) is not None)
        return tuple(
            host
            for host in hosts
            if fingerprint in (None, host.announcement.fingerprint) and (replays or not host.announcement.replay)
        )

    return wanted(await browse(HOST_SERVICE, seconds=seconds, interfaces=interfaces, enough=enough))


async def browse_headsets(*, seconds: float, interfaces: Sequence[str] | None = None) -> tuple[FoundService, ...]:
    """Look for native headset apps that announce themselves.

    Raises:
        NetworkError: there is no network to look on.
    """
    return await browse(HEADSET_SERVICE, seconds=seconds, interfaces=interfaces)


def find_hosts(
    *, seconds: float, interfaces: Sequence[str] | None = None, first_only: bool = False
) -> tuple[FoundHost, ...]:
    """Do as `browse_hosts`, for callers without an event loop."""
    return asyncio.run(browse_hosts(seconds=seconds, interfaces=interfaces, first_only=first_only))


async def browse(
    service_type: str,
    *,
    seconds: float,
    interfaces: Sequence[str] | None = None,
    enough: Callable[[Sequence[FoundService]], bool] = lambda found: False,
) -> tuple[FoundService, ...]:
    """Look for services of a type for so long, or until `enough` of them answered.

    Asks in two ways at once. From ports of its own, where no other responder of this machine can take the answer
    away (RFC 6762 section 6.7; measured 5 ms instead of 60 to 1200); and as a full mDNS listener, whose port firewalls
    know.

    Raises:
        NetworkError: there is no network to look on.
    """
    search = _Search(service_type, enough)
    listener = _open_zeroconf(interfaces)
    browser = AsyncServiceBrowser(listener.zeroconf, [service_type], handlers=[search.heard_of])
    asking = asyncio.create_task(search.ask_from_own_ports(interfaces))
    try:
        await asyncio.wait_for(search.done.wait(), seconds)
    except TimeoutError:
        pass
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await browser.async_cancel()
        await search.close()
        await listener.async_close()
    return tuple(search.found.values())


class _Search:
    """One search for services of one type; every answer ends in `found`."""

    def __init__(self, service_type: str, enough: Callable[[Sequence[FoundService]], bool]) -> None:
        self.found: dict[str, FoundService] = {}
        self.done = asyncio.Event()
        self._type = service_type
        self._enough = enough
        self._started_s = time.monotonic()
        self._resolving: set[asyncio.Task[None]] = set()

    async def ask_from_own_ports(self, interfaces: Sequence[str] | None) -> None:
        """Ask on each interface, several times, until cancelled."""
        loop = asyncio.get_running_loop()
        transports: list[asyncio.DatagramTransport] = []
        for address in interfaces if interfaces is not None else ipv4_addresses():
            try:
                multicast = _multicast_socket(address)
                answers = partial(_Answers, self, interface_of(address))
                transport, _ = await loop.create_datagram_endpoint(answers, sock=multicast)
            except OSError:
                continue  # An interface that just went away, or has no multicast: the others are asked.
            transports.append(transport)
        try:
            for pause_s in _ASK_AGAIN_S:
                await asyncio.sleep(pause_s)
                for transport in transports:
                    transport.sendto(_question(self._type), _MDNS_GROUP)
            await asyncio.Event().wait()
        finally:
            for transport in transports:
                transport.close()

    def take_answer(self, data: bytes, *, answered_from: str, interface: str) -> None:
        """Take an answer to `ask_from_own_ports`, heard on this interface."""
        for info in _services_in(data, self._type):
            self._take(info, answered_from=answered_from, interface=interface)

    def heard_of(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        """Take what the mDNS listener heard: resolve a name it has seen."""
        if state_change is ServiceStateChange.Removed:
            return
        task = asyncio.ensure_future(self._resolve(zeroconf, name))
        self._resolving.add(task)
        task.add_done_callback(self._resolving.discard)

    async def _resolve(self, zeroconf: Zeroconf, name: str) -> None:
        info = AsyncServiceInfo(self._type, name)
        if await info.async_request(zeroconf, 1000):
            self._take(info)

    async def close(self) -> None:
        """Give up what is still being resolved."""
        tasks = list(self._resolving)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self, info: ServiceInfo, *, answered_from: str = "", interface: str = "") -> None:
        after_s = time.monotonic() - self._started_s
        service = found_service(
            info, self._type, answered_from=answered_from, interface=interface, found_after_s=after_s
        )
        if service is None or service.name in self.found:
            return
        self.found[service.name] = service
        if self._enough(tuple(self.found.values())):
            self.done.set()


class _Answers(asyncio.DatagramProtocol):
    """What is answered to one port of a search."""

    def __init__(self, search: _Search, interface: str) -> None:
        self._search = search
        self._interface = interface

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take an answer."""
        self._search.take_answer(data, answered_from=addr[0], interface=self._interface)

    def error_received(self, exc: Exception) -> None:
        """An interface refused a question; the next may not."""


def found_service(
    info: ServiceInfo,
    service_type: str,
    *,
    answered_from: str = "",
    interface: str = "",
    found_after_s: float = 0.0,
) -> FoundService | None:
    """Return what a service says of itself, None where it does not say where it is.

    Of several addresses the one that answered comes first, then those of a network this machine is on, IPv4 before
    IPv6. A link-local address carries the interface it was heard on, without which it leads nowhere.
    """
    heard = (_with_interface(address, interface) for address in info.parsed_scoped_addresses())
    addresses = sorted(
        filter(None, dict.fromkeys(heard)),
        key=lambda address: (address != answered_from, not is_on_own_network(address), ":" in address),
    )
    if not addresses or not info.port:
        return None
    return FoundService(
        name=info.name.removesuffix(f".{service_type}"),
        addresses=tuple(addresses),
        port=info.port,
        properties={_words(key): _words(value or b"") for key, value in info.properties.items()},
        found_after_s=found_after_s,
    )


def _with_interface(address: str, interface: str) -> str:
    """Return an address that can be connected to, empty where it is link-local and nobody knows where."""
    if "%" in address or not ip_address(address).is_link_local or ":" not in address:
        return address
    return f"{address}%{interface}" if interface else ""


def host_of(service: FoundService) -> FoundHost | None:
    """Return the host a service is, None where what it says of itself is none: anybody may announce anything."""
    told = service.properties
    wanted = {
        "v": "[0-9a-z]{1,32}",
        "path": "/[A-Za-z0-9/_-]{0,99}",
        "tls": "1",
        "fp": "[0-9a-f]{64}",
        "id": "[a-z0-9-]{1,32}",
    }
    if any(re.fullmatch(pattern, told.get(key, "")) is None for key, pattern in wanted.items()):
        return None
    announcement = Announcement(
        name=service.name,
        host_id=told["id"],
        addresses=service.addresses,
        port=service.port,
        protocol=told["v"],
        path=told["path"],
        fingerprint=told["fp"],
        replay="replay" in told,
    )
    return FoundHost(announcement=announcement, found_after_s=service.found_after_s)


def _question(service_type: str) -> bytes:
    # The random id keeps responders from taking a repeated question for an echo of the first.
    question = DNSOutgoing(0, multicast=False, id_=random.getrandbits(16))
    question.add_question(DNSQuestion(service_type, _TYPE_PTR, _CLASS_IN))
    return question.packets()[0]


def _services_in(data: bytes, service_type: str) -> list[ServiceInfo]:
    """Return the services a response tells whole: pointer, place, text and addresses."""
    answers = DNSIncoming(data).answers()
    services = []
    for pointer in answers:
        if not isinstance(pointer, DNSPointer) or pointer.name.lower() != service_type:
            continue
        place = next((r for r in answers if isinstance(r, DNSService) and r.name == pointer.alias), None)
        text = next((r for r in answers if isinstance(r, DNSText) and r.name == pointer.alias), None)
        if place is None or text is None or not pointer.alias.endswith(f".{service_type}"):
            continue
        addresses = [r.address for r in answers if isinstance(r, DNSAddress) and r.name == place.server]
        services.append(ServiceInfo(service_type, pointer.alias, place.port, properties=text.text, addresses=addresses))
    return services


def _multicast_socket(address: str) -> socket.socket:
    """Return a socket that asks the mDNS group over the interface of this IPv4 address, from a port of its own."""
    if ip_address(address).version != 4:
        raise OSError("mDNS is asked over IPv4 here")
    multicast = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        multicast.setblocking(False)
        multicast.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        multicast.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        multicast.bind((address, 0))
    except OSError:
        multicast.close()
        raise
    return multicast


_NETWORK_MEND = "Connect this machine to the room's network, or name the interface to use."


def _open_zeroconf(interfaces: Sequence[str] | None) -> AsyncZeroconf:
    chosen = InterfaceChoice.All if interfaces is None else list(interfaces)
    both = interfaces is None or any(ip_address(interface).version == 6 for interface in interfaces)
    if both:
        # A machine may have its IPv6 switched off, in more than one way: then it is found by IPv4 as ever.
        with contextlib.suppress(OSError, RuntimeError):
            return AsyncZeroconf(interfaces=chosen, ip_version=IPVersion.All)
    try:
        return AsyncZeroconf(interfaces=chosen, ip_version=IPVersion.V4Only)
    except (OSError, RuntimeError) as error:
        raise NetworkError("There is no network for mDNS.", mend=_NETWORK_MEND) from error


def _words(text: bytes) -> str:
    return text.decode(errors="replace")


def _label(name: str) -> str:
    """Return a name as one DNS label: no dots, at most `_MAX_LABEL_BYTES`."""
    return name.replace(".", " ").encode()[:_MAX_LABEL_BYTES].decode(errors="ignore").strip() or "orview"
