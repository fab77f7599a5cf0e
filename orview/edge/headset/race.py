"""Where the host of a reference headset is, and the race of sockets to it."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from orview.edge.headset.config import HeadsetConfig
from orview.edge.headset.link import FINAL_ERRORS, Answer, Place, open_link, parse_place
from orview.edge.network.discovery import browse_hosts, headset_announcer
from orview.edge.network.interfaces import ipv4_addresses, lasting_ipv6_addresses
from orview.errors import NetworkError, OrviewError
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.messages import Hello, Welcome
from orview.units import ns_from_ms

RACE_EVERY_MS = 125
RACERS = 8
"""Under way at once: the oldest gives way, a second old by then. A SYN that was lost is not sent again before that."""


@dataclass
class Found:
    """What is known of the host: where it is, and what it answered."""

    place: Place
    discovered_s: float | None
    pinned: str
    connected_s: float = 0.0
    connections: int = 0
    welcome: Welcome | None = None
    credential: dict[str, str | None] = field(default_factory=dict)


async def find_host(config: HeadsetConfig) -> Found:
    """Find the host a headset was told of, or any.

    Raises:
        NetworkError: no host is found.
        InputError: the address is none.
    """
    if config.host is not None:
        place, code = parse_place(config.host)
        given = Place(address=place.address, port=place.port, fingerprint=config.fingerprint)
        pinned = "given" if config.fingerprint else "first seen"
        return Found(given, None, pinned, credential={"code": config.code or code, "token": config.token})
    hosts = await browse_hosts(
        seconds=config.search_s,
        interfaces=config.interfaces,
        first_only=True,
        fingerprint=config.fingerprint,
        # A recording is never joined unasked; whoever gives its fingerprint asks.
        replays=config.fingerprint is not None,
    )
    if not hosts:
        raise NetworkError(
            "No host found on this network.",
            mend="Start one with `orview serve`, or give its address with --host.",
        )
    said = hosts[0].announcement
    place = Place(address=said.addresses[0], port=said.port, path=said.path, fingerprint=said.fingerprint)
    credential = {"code": config.code, "token": config.token}
    pinned = "given" if config.fingerprint else "announced"
    return Found(place, hosts[0].found_after_s, pinned, credential=credential)


async def announce(config: HeadsetConfig) -> None:
    """Tell the network that a headset is here, if it is to, until cancelled."""
    if not config.announce:
        return
    addresses = config.interfaces or (*ipv4_addresses(), *lasting_ipv6_addresses())
    announcer = headset_announcer(
        config.device_name, protocol=PROTOCOL_VERSION, addresses=addresses, interfaces=config.interfaces
    )
    try:
        # It is a courtesy to the nurse: without a network for it the headset does its work all the same.
        with contextlib.suppress(NetworkError):
            await announcer.start()
            await asyncio.Event().wait()
    finally:
        await announcer.stop()


async def open_first(config: HeadsetConfig, found: Found) -> Answer:
    """Open a socket to the host and say hello (`link.open_link`)."""
    return await open_link(found.place, _hello(config, found))


class Race:
    """Opens new sockets beside a silent one: a cut TCP connection may take seconds to come back by itself.

    Args:
        config: of the headset.
        found: the host.
        now_ns: the headset's clock.
    """

    def __init__(self, config: HeadsetConfig, found: Found, now_ns: Callable[[], int]) -> None:
        self._config, self._found, self._now_ns = config, found, now_ns
        self._racers: list[asyncio.Task[Answer]] = []
        self._raced_ns = 0

    def step(self) -> Answer | None:
        """Open another socket where it is time; returns the one that was welcomed first, which ends the race.

        Raises:
            OrviewError: no other try will do better.
        """
        for racer in [racer for racer in self._racers if racer.done()]:
            self._racers.remove(racer)
            answer = _answer_of(racer)
            if answer is not None:
                self.call_off()
                return answer
        now_ns = self._now_ns()
        # A clock that jumped back must not hold the race up.
        if not 0 <= now_ns - self._raced_ns < ns_from_ms(RACE_EVERY_MS):
            self._raced_ns = now_ns
            if len(self._racers) >= RACERS:
                _call_off(self._racers.pop(0))
            self._racers.append(asyncio.create_task(open_first(self._config, self._found)))
        return None

    def call_off(self) -> None:
        """Give up all racers: those still running are cancelled, and a socket that was won is closed."""
        for racer in self._racers:
            _call_off(racer)
        self._racers.clear()


def _call_off(racer: "asyncio.Task[Answer]") -> None:
    if not racer.cancel() and not racer.cancelled() and racer.exception() is None:
        racer.result().link.abandon()


def _hello(config: HeadsetConfig, found: Found) -> Hello:
    return Hello(
        protocol=PROTOCOL_VERSION,
        role_wanted=config.role,
        device_name=config.device_name,
        token=found.credential["token"],
        code=found.credential["code"],
        page=None,
    )


def _answer_of(racer: "asyncio.Task[Answer]") -> Answer | None:
    """Return what a finished racer brought home, None when it failed in a way another try may not.

    Raises:
        OrviewError: no other try will do better.
    """
    if racer.cancelled():
        return None
    error = racer.exception()
    if error is None:
        return racer.result()
    if isinstance(error, FINAL_ERRORS) or not isinstance(error, OrviewError):
        raise error
    return None
