"""The console's own socket, for the programs that stand in for people in a demonstration."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from orview.edge.headset.link import HeadsetLink
from orview.edge.host.host import HostAddresses
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.limits import MAX_HOST_TEXT_BYTES
from orview.protocol.messages import Hello, Role
from orview.protocol.peer import ClientPeer


@asynccontextmanager
async def joined_console(addresses: HostAddresses, name: str) -> AsyncIterator[HeadsetLink]:
    """Join as the console of the host's own machine, under a name that says who is simulated.

    Raises:
        OSError, InvalidHandshake, ConnectionClosed: the host does not answer, or ended the connection.
    """
    async with connect(
        f"ws://127.0.0.1:{addresses.loopback_port}/ws",
        compression=None,
        max_size=MAX_HOST_TEXT_BYTES,
        ping_interval=None,
        proxy=None,
    ) as connection:
        hello = Hello(
            protocol=PROTOCOL_VERSION,
            role_wanted=Role.NURSE,
            device_name=name,
            token=addresses.console_token,
            code=None,
            page=None,
        )
        link = HeadsetLink(connection, ClientPeer(hello))
        await link.start()
        yield link
