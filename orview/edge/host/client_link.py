"""One client's connection: its peer, its outbox, and the only place that writes to its transport.

Frames are built here and written to the transport when it is free; else the newest pose waits in the outbox, so that
a client that does not read costs neither time nor memory (hazard H27). Poses to sockets that are free go past all this
(`fan_out`).
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State as ConnectionState

from orview.edge.host.connection import HostConnection
from orview.edge.host.reports import Reports
from orview.protocol import messages
from orview.protocol.codec import encode
from orview.protocol.faults import CloseCode
from orview.protocol.limits import MAX_LOOK_BYTES
from orview.protocol.looking import LookMessage
from orview.protocol.outbox import Outbox
from orview.protocol.pairing import Device
from orview.protocol.peer import Close, Event, HostPeer, Received, Send
from orview.protocol.slices import LookingAt
from orview.units import ns_from_s

_NUMBERS = itertools.count(1)

STALLED_LIMIT_NS = ns_from_s(2.0)
"""A client whose transport took nothing for so long is put out."""
SILENT_AFTER_NS = ns_from_s(3.0)
"""A client reports about once a second; who says nothing for so long is shown as silent."""


def binary_frame(payload: bytes) -> bytes:
    """Return the bytes of a binary WebSocket frame as a server sends it: whole, unmasked."""
    return Frame(Opcode.BINARY, payload).serialize(mask=False)


def buffers_of(transport: asyncio.WriteTransport) -> tuple[Callable[[], int], ...]:
    """Return the functions that tell how many bytes of what was written wait in this process, under TLS too.

    A TLS transport counts only what it has not handed to the socket's transport beneath it, which by
    itself holds back up to 64 KiB: half a minute of stale poses. There is no public way to that one.
    """
    beneath = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    own = transport.get_write_buffer_size
    return (own,) if beneath is None else (own, beneath.get_write_buffer_size)


class ClientLink:
    """The host's end of one client.

    Attributes:
        number: of the connection; no two of a host's run have the same.
        device: who it is, None until it was admitted.
        page: the number of a console's page, None for who gave none.
        watching: it asked for pictures.
        looking_at: what its wearer looks at, as it said last.
        local: it came in by the loopback port.
        on_change: called whenever `direct` may have changed, with what it is.
        poses_before: how many poses the room had sent when it was let in.
        poses_skipped: poses it was never sent because a newer one came first.
    """

    def __init__(self, connection: ServerConnection, *, local: bool, now_ns: int) -> None:
        self.number = next(_NUMBERS)
        self.device: Device | None = None
        self.page: str | None = None
        self.watching = False
        self.looking_at: LookingAt | None = None
        self.local = local
        self.poses_before = self.poses_skipped = 0
        self._connection = connection
        self._host_connection = connection if isinstance(connection, HostConnection) else None
        self._protocol = connection.protocol
        self._transport = connection.transport
        self._buffers = buffers_of(connection.transport)
        self._peer = HostPeer(now_ns=now_ns)
        self._outbox = Outbox()
        self._reports = Reports()
        self._heard_ns = now_ns
        self._blocked_since_ns: int | None = None
        self._closing: asyncio.Task[None] | None = None
        self.on_change: Callable[[ClientLink, int | None], None] = lambda link, direct: None

    def receive(self, data: str | bytes, *, now_ns: int) -> list[messages.ClientMessage | LookMessage]:
        """Take one message off the socket; returns what the host must act on."""
        self._heard_ns = now_ns
        return self._carry_out(self._peer.receive(data, now_ns=now_ns))

    def admit(self, welcome: messages.Welcome, device: Device) -> None:
        """Let the client in."""
        self.device = device
        # Strangers send short messages only; a picture is for who was let in.
        self._protocol.max_message_size = MAX_LOOK_BYTES
        if self._host_connection is not None:
            self._host_connection.let_in()
            self._host_connection.on_change = self._settle
        self._carry_out(self._peer.admit(welcome))
        self._settle()

    def refuse(self, refused: messages.Refused) -> None:
        """Say no and end the connection."""
        self._carry_out(self._peer.refuse(refused))

    def expire(self, *, now_ns: int) -> None:
        """Put out a client that does not say hello."""
        self._carry_out(self._peer.tick(now_ns=now_ns))

    def take_report(self, report: messages.Report, *, now_ns: int) -> None:
        """Remember what the client says it shows."""
        self._reports.take(report, now_ns=now_ns)

    @property
    def model_digest(self) -> str | None:
        """Which model the client says it has loaded and verified, None for none."""
        report = self._reports.newest
        return None if report is None else report.model_digest

    def tell(self, message: messages.HostMessage, text: str = "") -> None:
        """Send a control message if the client's role is told it; `text` is the message encoded, where known.

        A snapshot that still waits is replaced by a newer one of its type.
        """
        if not self._peer.may_be_told(message):
            return
        answers = isinstance(message, messages.Refused | messages.Notice | messages.Pong | messages.Welcome)
        fits = self._outbox.put_control(text or encode(message), replaces="" if answers else message.TYPE)
        if not fits:
            self.put_out(CloseCode.TOO_SLOW)
        self.flush()

    def send_pose(self, payload: bytes, frame: bytes) -> None:
        """Send a pose now, or keep it as the newest until the transport is free. `frame` is `payload` framed."""
        if not self._outbox and self._is_free():
            self._transport.write(frame)
        else:
            self.poses_skipped += self._outbox.put_pose(payload)
            self.flush()

    def send_picture(self, payload: bytes) -> None:
        """Send a picture, or keep it as the newest."""
        self._outbox.put_picture(payload)
        self.flush()

    def flush(self) -> bool:
        """Write what waits as long as the transport is free; returns whether something still waits."""
        while self._outbox and self._is_free():
            item = self._outbox.take()
            if isinstance(item, str):
                self._transport.write(Frame(Opcode.TEXT, item.encode()).serialize(mask=False))
            elif item is not None:
                self._transport.write(binary_frame(item))
        self._settle()
        return bool(self._outbox)

    @property
    def direct(self) -> int | None:
        """The descriptor a pose may be written to past all that stands here; None where it must wait its turn."""
        if self._host_connection is None or self.device is None or self._outbox:
            return None
        return self._host_connection.direct

    def finish(self, frame: bytes) -> None:
        """Write the rest of a frame the kernel did not take whole."""
        self._transport.write(frame)

    def put_out_if_stalled(self, *, now_ns: int) -> None:
        """Put the client out when its transport has taken nothing for too long."""
        if not any(waiting() for waiting in self._buffers):
            self._blocked_since_ns = None
        elif self._blocked_since_ns is None:
            self._blocked_since_ns = now_ns
        elif now_ns - self._blocked_since_ns > STALLED_LIMIT_NS:
            # A close frame would wait behind everything the client does not read.
            self._transport.abort()

    def put_out(self, code: CloseCode, reason: str = "") -> None:
        """End the connection."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(code, reason))

    def is_silent(self, *, now_ns: int) -> bool:
        """Whether the client has said nothing for too long."""
        return now_ns - self._heard_ns > SILENT_AFTER_NS

    def entry(self, *, now_ns: int, model_digest: str | None) -> messages.ClientEntry:
        """Return the client's line in the nurse's list; `model_digest` is the session's, None without a case."""
        assert self.device is not None
        reports, report, theirs = self._reports, self._reports.newest, self.model_digest
        silent = self.is_silent(now_ns=now_ns)
        return messages.ClientEntry(
            device_id=self.device.device_id,
            name=self.device.name,
            role=self.device.role,
            link=messages.LinkState.SILENT if silent else messages.LinkState.GOOD,
            shown=report is not None and report.shown and not silent,
            hidden_why=None if report is None else report.hidden_why,
            fps=None if report is None else report.fps,
            pose_age_ms=None if report is None else report.pose_age_ms,
            latency_ms=None if report is None else report.latency_ms,
            pose_age_p50_ms=reports.pose_age_ms[0],
            pose_age_p95_ms=reports.pose_age_ms[1],
            latency_p50_ms=reports.latency_ms[0],
            latency_p95_ms=reports.latency_ms[1],
            model_ok=None if model_digest is None or theirs is None else theirs == model_digest,
            battery=None if report is None else report.battery,
            last_seen_ns=self._heard_ns,
        )

    def _carry_out(self, events: tuple[Event, ...]) -> list[messages.ClientMessage | LookMessage]:
        received: list[messages.ClientMessage | LookMessage] = []
        for event in events:
            match event:
                case Received(message=message):
                    # A host's peer hands on nothing but clients' messages.
                    received.append(message)  # type: ignore[arg-type]
                case Send(text=text):
                    if not self._outbox.put_control(text):
                        self.put_out(CloseCode.TOO_SLOW)
                    self.flush()
                case Close(code=code, reason=reason):
                    self.put_out(code, reason)
        return received

    def _is_free(self) -> bool:
        # Asked for every client under TLS at every pose: a plain loop costs a third of any().
        for waiting in self._buffers:
            if waiting():
                return False
        return self._protocol.state is ConnectionState.OPEN

    def _settle(self) -> None:
        """Tell whether poses may go past all this from now on."""
        direct = self.direct
        if direct is not None:
            self._blocked_since_ns = None
        self.on_change(self, direct)

    async def _close(self, code: CloseCode, reason: str) -> None:
        with contextlib.suppress(OSError):
            await self._connection.close(int(code), reason)
