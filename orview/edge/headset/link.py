"""One socket of a reference headset: TLS pinned to a fingerprint before anything is said.

Written against docs/protocol.md, as a client in another language would be.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from orview.edge.network.certificates import fingerprint_of, pinning_context
from orview.errors import InputError, NetworkError, OrviewError, ProtocolError, RefusedError
from orview.protocol.codec import BinaryMessage
from orview.protocol.limits import MAX_HOST_TEXT_BYTES, MAX_PICTURE_BYTES
from orview.protocol.messages import Hello, Message, Refused, Welcome
from orview.protocol.peer import ClientPeer, Close, Event, Received, Send

DEFAULT_PORT = 8443
_OPEN_TIMEOUT_S = 5.0
_UNPAIRED_MEND = "Ask the nurse for a code, and give it with --code."


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a host is.

    Attributes:
        address: name or IP address.
        port: of its TLS server.
        path: of the socket.
        fingerprint: SHA-256 of its certificate, hex; None: the first one seen is taken.
    """

    address: str
    port: int
    path: str = "/ws"
    fingerprint: str | None = None

    @property
    def authority(self) -> str:
        """Address and port as URLs and `Host` headers have them."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A socket the host welcomed, and the place with the fingerprint it is pinned to."""

    link: "HeadsetLink"
    welcome: Welcome
    place: Place


def parse_place(text: str) -> tuple[Place, str | None]:
    """Return the place that an address, "address:port" or joining URL names, and the code in the URL if any.

    Raises:
        InputError: the text names no host.
    """
    try:
        url = urlsplit(text if "//" in text else f"//{text}")
        address, port = url.hostname, url.port
    except ValueError:
        address, port = None, None
    if not address or url.scheme not in ("", "https"):
        raise InputError(
            "This names no host.", mend="Give an address like 192.0.2.10:8443, or the link of the QR code."
        )
    codes = parse_qs(url.fragment).get("k", [])
    return Place(address=address, port=port or DEFAULT_PORT), codes[0] if codes else None


async def open_link(place: Place, hello: Hello) -> Answer:
    """Open a socket, check the certificate, say hello and wait for the welcome.

    Raises:
        NetworkError: nobody answers there, or with another certificate.
        RefusedError: the host does not let this device in.
        ProtocolError: what answers does not speak this version of the protocol.
    """
    try:
        async with asyncio.timeout(_OPEN_TIMEOUT_S):
            connection = await connect(
                f"wss://{place.authority}{place.path}",
                ssl=pinning_context(),
                compression=None,
                max_size=max(MAX_HOST_TEXT_BYTES, MAX_PICTURE_BYTES),
                ping_interval=None,  # Poses are the heartbeat.
                close_timeout=0.5,
                proxy=None,
                user_agent_header=None,
            )
            try:
                return await _greet(connection, place, hello)
            except BaseException:
                connection.transport.abort()
                raise
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
        raise NetworkError(
            "No orview host answers at this address.", mend="Check the address and that `orview serve` runs there."
        ) from error


async def _greet(connection: ClientConnection, place: Place, hello: Hello) -> Answer:
    # Before the hello: its code or token is for the right host alone (hazard H20).
    pinned = check_fingerprint(connection.transport.get_extra_info("ssl_object"), place)
    link = HeadsetLink(connection, ClientPeer(hello))
    await link.start()
    async for message in link.messages():
        if isinstance(message, Welcome):
            return Answer(link=link, welcome=message, place=pinned)
        if isinstance(message, Refused):
            raise RefusedError(message.message, mend=message.mend or _UNPAIRED_MEND)
    raise ProtocolError(
        link.fault or "The host ended the connection without a word.", mend="Update orview on both ends."
    )


class HeadsetLink:
    """One socket with the client's peer on it."""

    def __init__(self, connection: ClientConnection, peer: ClientPeer) -> None:
        self.fault = ""
        self._connection = connection
        self._peer = peer

    async def start(self) -> None:
        """Say hello."""
        await self._carry_out(self._peer.start())

    async def messages(self) -> AsyncIterator[Message | BinaryMessage]:
        """Yield what the host says until the connection ends; `fault` then says what it did wrong, if it did."""
        while True:
            try:
                data = await self._connection.recv()
            except ConnectionClosed:
                return
            for message in await self._carry_out(self._peer.receive(data)):
                yield message

    async def send(self, message: str | bytes) -> None:
        """Send a control message or a look; what a dead connection no longer takes is lost."""
        try:
            await self._connection.send(message)
        except ConnectionClosed:
            return

    def abandon(self) -> None:
        """End the connection without waiting for a host that may be gone."""
        self._connection.transport.abort()

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()

    async def _carry_out(self, events: tuple[Event, ...]) -> list[Message | BinaryMessage]:
        received: list[Message | BinaryMessage] = []
        for event in events:
            match event:
                case Received(message=message):
                    # A client's peer hands on nothing but hosts' messages.
                    received.append(message)  # type: ignore[arg-type]
                case Send(text=text):
                    await self.send(text)
                case Close(code=code, reason=reason):
                    self.fault = reason
                    await self._connection.close(int(code), reason)
        return received


def check_fingerprint(tls: ssl.SSLSocket | ssl.SSLObject | None, place: Place) -> Place:
    """Return the place with the fingerprint of a connection's certificate, which must be the one it is pinned to.

    Raises:
        NetworkError: there is no certificate.
        WrongHostError: it is another one.
    """
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    if certificate is None:
        raise NetworkError("The host shows no certificate.", mend="Check that the address is an orview host's.")
    fingerprint = fingerprint_of(certificate)
    if place.fingerprint is not None and fingerprint != place.fingerprint:
        raise WrongHostError(
            "The host shows another certificate than it should: this may be another machine in its place.",
            mend="Compare the fingerprint on the console, and pair again.",
        )
    return replace(place, fingerprint=fingerprint)


class WrongHostError(NetworkError):
    """The certificate is not the pinned one."""


FINAL_ERRORS: tuple[type[OrviewError], ...] = (RefusedError, ProtocolError, WrongHostError)
"""Trying again does not mend these."""
