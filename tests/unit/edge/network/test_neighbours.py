"""Another host is a neighbour as long as it answers; a headset app as long as it is announced."""

import asyncio
import contextlib
import socket
from dataclasses import replace

import pytest
from zeroconf.asyncio import AsyncZeroconf

from orview.edge.network import neighbours as module
from orview.edge.network.discovery import FoundHost, headset_announcer
from orview.edge.network.neighbours import Neighbours, nearby_message
from tests.unit.edge.network.test_discovery import LOOPBACK, announced, announcement, some_id


@pytest.mark.hazard("H18")
def test_who_answers_is_told_and_who_does_not_is_not(monkeypatch):
    monkeypatch.setattr(module, "ASK_EVERY_S", 0.1)

    async def run() -> None:
        own, other, dead = some_id(), some_id(), some_id()
        headset = f"Headset {some_id()}"
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as gone:
            closed_port = gone.getsockname()[1]
        zeroconf = AsyncZeroconf(interfaces=LOOPBACK)
        news = asyncio.Event()
        watching = Neighbours(zeroconf, own_id=own, told=news.set)

        def ids() -> set[str]:
            return {host.announcement.host_id for host in watching.hosts} & {own, other, dead}

        async def until(holds) -> None:
            async with asyncio.timeout(10):
                while not holds():
                    news.clear()
                    await news.wait()

        task = asyncio.create_task(watching.watch())
        app = headset_announcer(headset, protocol="0", addresses=LOOPBACK, interfaces=["127.0.0.4"])
        await app.start()
        async with announced(
            replace(announcement(f"OR {own}", own), port=port),
            replace(announcement(f"OR {other}", other), port=port),
            replace(announcement(f"OR {dead}", dead), port=closed_port),
        ):
            await until(lambda: ids() == {other} and headset in {one.name for one in watching.headsets})
            # It crashed: mDNS still tells of it, its port does not.
            listening.close()
            await until(lambda: ids() == set())
        await app.stop()
        await until(lambda: headset not in {one.name for one in watching.headsets})
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await zeroconf.async_close()

    asyncio.run(run())


def test_what_strangers_announced_is_fit_for_the_screen():
    host = FoundHost(announcement=replace(announcement("\x1b[31m" + "x" * 200, "aa"), replay=True), found_after_s=0.0)
    message = nearby_message((host,) * 40, ())
    assert len(message.hosts) == 16
    assert message.hosts[0].name == "[31m" + "x" * 76
    assert message.hosts[0].replay
