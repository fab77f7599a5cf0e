"""A new address is let in, named and told at once: hosts, origins, certificate and QR code change together."""

import asyncio
import ssl
from types import SimpleNamespace

import pytest

from orview.edge.host import reach as module
from orview.edge.host.config import HostConfig
from orview.edge.host.doors import EVERYWHERE, certificate_of, doors_of
from orview.edge.host.network_watch import NetworkWatch, Reached
from orview.edge.host.reach import Reach

FIRST, SECOND = "192.0.2.10", "198.51.100.7"


class Told:
    """A room that remembers what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []

    def reached_at(self, join_url: str, *, fingerprint: str, words: str) -> None:
        self.said.append((join_url, fingerprint, words))


class Port:
    """A listening socket as far as its number goes."""

    def __init__(self, number: int) -> None:
        self._number = number

    def getsockname(self) -> tuple[str, int]:
        return "", self._number


def test_everything_follows_the_address(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    config = HostConfig(
        store=tmp_path, camera="0", profile=tmp_path, board="patient_flat", room_name="OR", address=EVERYWHERE
    )
    certificate = certificate_of(config, "0" * 16, (FIRST,))
    start = SimpleNamespace(
        config=config, addresses=(FIRST,), certificate=certificate, secure=Port(8443), plain=Port(8080)
    )
    room, addresses = Told(), [FIRST]

    async def scene() -> tuple[SimpleNamespace, list[str]]:
        follows = Reach(start, host_id="0" * 16, room=room, log=SimpleNamespace())
        follows.network = NetworkWatch(
            EVERYWHERE,
            reached=Reached(addresses=(FIRST,), certificate=certificate),
            certify=lambda now: certificate_of(config, "0" * 16, now),
            look=lambda _: tuple(addresses),
        )
        site, origins = SimpleNamespace(hosts=frozenset()), []
        server = SimpleNamespace(accept_origins=lambda given: origins.extend(given))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        watching = asyncio.create_task(follows.watch(site=site, server=server, context=context))
        await asyncio.sleep(0.1)
        assert room.said == [], "what stays is no news"
        addresses[0] = SECOND
        async with asyncio.timeout(5):
            while not room.said:
                await asyncio.sleep(0.01)
        watching.cancel()
        return site, origins

    site, origins = asyncio.run(scene())
    ((join_url, fingerprint, words),) = room.said
    assert join_url == f"https://{SECOND}:8443/"
    assert fingerprint != certificate.fingerprint
    assert SECOND in words
    assert f"{SECOND}:8443" in site.hosts
    assert f"https://{SECOND}:8443" in origins
    again = certificate_of(config, "0" * 16, (SECOND,))
    assert again.fingerprint == fingerprint, "a restart takes the same one"
    assert site.hosts == doors_of(again, (SECOND,), port=8443, loopback_port=8080).hosts
