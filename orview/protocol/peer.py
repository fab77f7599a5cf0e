"""One connection as a state machine, for each end: what came in and a time go in, events come out. Nothing raises.

The edge does what the events say, in order: hand `Received` on, put `Send` on the socket, end with `Close`.
A fault of the other end becomes a close with words; on the client a closed connection hides the overlay.
"""

import re
from dataclasses import dataclass
from enum import Enum

from orview.protocol.codec import (
    HOST_TYPES,
    PROTOCOL_VERSION,
    BinaryMessage,
    decode_binary,
    decode_binary_from_client,
    decode_from_client,
    decode_from_host,
    encode,
    read_object,
)
from orview.protocol.faults import CloseCode, Fault, WireError
from orview.protocol.limits import HELLO_LIMIT_MS, MAX_CLIENT_TEXT_BYTES, MAX_HOST_TEXT_BYTES
from orview.protocol.looking import LookMessage
from orview.protocol.messages import (
    ROLES_BY_CLIENT_MESSAGE,
    ROLES_BY_HOST_MESSAGE,
    ClientMessage,
    Hello,
    HostMessage,
    Message,
    Ping,
    Pong,
    Refused,
    Role,
    Welcome,
)
from orview.units import ns_from_ms

_REASON_BYTES = 120
"""A close frame holds 123 bytes of reason (RFC 6455 section 5.5)."""
_SHOWABLE_VERSION = re.compile("[0-9a-z]{1,32}")


@dataclass(frozen=True)
class Received:
    """A message that kept every rule."""

    message: Message | BinaryMessage | LookMessage


@dataclass(frozen=True)
class Send:
    """Text to put on the socket."""

    text: str


@dataclass(frozen=True)
class Close:
    """End the connection with a code and words."""

    code: CloseCode
    reason: str


Event = Received | Send | Close


class PeerState(Enum):
    """How far a connection got."""

    HELLO = "hello"
    DECIDING = "deciding"
    OPEN = "open"
    CLOSED = "closed"


class HostPeer:
    """The host's end: hello first, then only what the role may send. Pings are answered here."""

    def __init__(self, *, now_ns: int) -> None:
        self._state = PeerState.HELLO
        self._hello_until_ns = now_ns + ns_from_ms(HELLO_LIMIT_MS)
        self._role: Role | None = None

    @property
    def state(self) -> PeerState:
        """How far the connection got."""
        return self._state

    @property
    def role(self) -> Role | None:
        """The role that was given, None before `admit`."""
        return self._role

    def receive(self, data: str | bytes, *, now_ns: int) -> tuple[Event, ...]:
        """Take one message from the socket; `now_ns` is when it was read.

        A `Received(Hello)` must be answered by `admit` or `refuse` before more is received.
        """
        if self._state is PeerState.CLOSED:
            return ()
        try:
            if self._state is PeerState.DECIDING:
                raise WireError(Fault.OUT_OF_TURN, "A client waits for the welcome.")
            if isinstance(data, bytes):
                if self._state is PeerState.HELLO:
                    raise WireError(Fault.OUT_OF_TURN, "The first message is a hello.")
                return (Received(decode_binary_from_client(data)),)
            if self._state is PeerState.HELLO:
                return self._receive_hello(data)
            return self._receive_open(decode_from_client(data), now_ns=now_ns)
        except WireError as error:
            refused = Refused(
                code=error.fault.value,
                message="The device sent something the protocol does not know.",
                mend="Reload the page, or update the device's program.",
                about="",
            )
            return self.refuse(refused, close=CloseCode.BAD_MESSAGE, reason=str(error))

    def admit(self, welcome: Welcome) -> tuple[Event, ...]:
        """Let the client in with the role of the welcome."""
        if self._state is not PeerState.DECIDING:
            return ()
        self._state = PeerState.OPEN
        self._role = welcome.role
        return (Send(encode(welcome)),)

    def refuse(
        self, refused: Refused, *, close: CloseCode = CloseCode.NOT_PAIRED, reason: str = ""
    ) -> tuple[Event, ...]:
        """Say no and end the connection."""
        if self._state is PeerState.CLOSED:
            return ()
        self._state = PeerState.CLOSED
        return (Send(encode(refused)), Close(close, _clip(reason or refused.message)))

    def tick(self, *, now_ns: int) -> tuple[Event, ...]:
        """Let time pass: a client that does not say hello is put out."""
        if self._state is PeerState.HELLO and now_ns > self._hello_until_ns:
            self._state = PeerState.CLOSED
            return (Close(CloseCode.HELLO_TIMEOUT, "The device did not say hello in time."),)
        return ()

    def may_be_told(self, message: HostMessage) -> bool:
        """Return whether this client's role is told messages of this type."""
        return self._role in ROLES_BY_HOST_MESSAGE[type(message)]

    def _receive_hello(self, text: str) -> tuple[Event, ...]:
        document = read_object(text, limit_bytes=MAX_CLIENT_TEXT_BYTES)
        if document.get("type") != Hello.TYPE:
            raise WireError(Fault.OUT_OF_TURN, "The first message is a hello.")
        # Asked before the other fields are: a hello of another version may have other ones.
        if document.get("protocol") != PROTOCOL_VERSION:
            refused = Refused(
                code="PROTOCOL_MISMATCH",
                message=_mismatch("The device", document.get("protocol"), "the host"),
                mend="Reload the page, or update the device's program to the host's version.",
                about=Hello.TYPE,
            )
            return self.refuse(refused, close=CloseCode.PROTOCOL_MISMATCH)
        hello = decode_from_client(text)
        self._state = PeerState.DECIDING
        return (Received(hello),)

    def _receive_open(self, message: ClientMessage, *, now_ns: int) -> tuple[Event, ...]:
        if isinstance(message, Hello):
            raise WireError(Fault.OUT_OF_TURN, "A hello is said once.")
        if isinstance(message, Ping):
            return (Send(encode(Pong(id=message.id, client_ns=message.client_ns, host_ns=now_ns))),)
        if self._role not in ROLES_BY_CLIENT_MESSAGE[type(message)]:
            refused = Refused(
                code="NOT_ALLOWED",
                message=f"The role {self._role} may not do this.",
                mend="Ask the nurse at the console.",
                about=message.TYPE,
            )
            return (Send(encode(refused)),)
        return (Received(message),)


class ClientPeer:
    """The client's end: says hello, waits for the welcome, then takes what the host sends."""

    def __init__(self, hello: Hello) -> None:
        self._state = PeerState.HELLO
        self._hello = hello

    @property
    def state(self) -> PeerState:
        """How far the connection got."""
        return self._state

    def start(self) -> tuple[Event, ...]:
        """Say hello; once, when the socket is open."""
        return (Send(encode(self._hello)),)

    def receive(self, data: str | bytes) -> tuple[Event, ...]:
        """Take one message from the socket. After a `refused` in place of the welcome the connection is over."""
        if self._state is PeerState.CLOSED:
            return ()
        try:
            if self._state is PeerState.OPEN:
                return (Received(decode_binary(data) if isinstance(data, bytes) else decode_from_host(data)),)
            if isinstance(data, bytes):
                raise WireError(Fault.OUT_OF_TURN, "The host's first message is a welcome.")
            return self._receive_answer(data)
        except WireError as error:
            return self._close(CloseCode.BAD_MESSAGE, str(error))

    def _receive_answer(self, text: str) -> tuple[Event, ...]:
        document = read_object(text, limit_bytes=MAX_HOST_TEXT_BYTES)
        kind = document.get("type")
        if kind == Welcome.TYPE and document.get("protocol") != PROTOCOL_VERSION:
            return self._close(
                CloseCode.PROTOCOL_MISMATCH, _mismatch("The host", document.get("protocol"), "this device")
            )
        if kind not in (Welcome.TYPE, Refused.TYPE):
            fault = Fault.OUT_OF_TURN if kind in HOST_TYPES else Fault.UNKNOWN_TYPE
            raise WireError(fault, "The host's first message is a welcome.")
        message = decode_from_host(text)
        self._state = PeerState.OPEN if isinstance(message, Welcome) else PeerState.CLOSED
        return (Received(message),)

    def _close(self, code: CloseCode, reason: str) -> tuple[Event, ...]:
        self._state = PeerState.CLOSED
        return (Close(code, _clip(reason)),)


def _mismatch(this: str, version: object, other: str) -> str:
    told = version if isinstance(version, str) and _SHOWABLE_VERSION.fullmatch(version) else "unknown"
    return f"{this} speaks version {told} of the protocol, {other} version {PROTOCOL_VERSION}."


def _clip(reason: str) -> str:
    return reason.encode()[:_REASON_BYTES].decode(errors="ignore")
