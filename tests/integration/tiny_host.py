"""A host of a few lines for tests of clients: a real TLS socket, the host's peer, poses that can be made to fail."""

import asyncio
import contextlib
import secrets
import time
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from orview.edge.network.certificates import own_certificate, server_context
from orview.edge.network.discovery import Announcement
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol import messages
from orview.protocol.binary import PoseMessage
from orview.protocol.codec import PROTOCOL_VERSION, encode, encode_binary
from orview.protocol.messages import OverlayState
from orview.protocol.overlay import model_prefix
from orview.protocol.pairing import ADMISSION_BYTES, CODE_BYTES, Admission, Doorkeeper
from orview.protocol.peer import Close, HostPeer, Received, Send
from orview.protocol.poses import wire_from_rigid
from orview.units import NS_PER_S, ns_from_ms, s_from_ns

MODEL = b"glTF, as far as this host knows" * 1000
DIGEST = "5a" * 32
OTHER_DIGEST = "a5" * 32
EXPOSURE_AGE_MS = 20.0
"""How old every pose is when it is sent."""


def truth_room_from_patient(capture_ns: int) -> RigidTransform:
    """Where the patient was at a time: breathing and turning a little."""
    t_s = s_from_ns(capture_ns % (1000 * NS_PER_S))
    return RigidTransform.from_rotation_vector(
        Frame.ROOM, Frame.PATIENT, [0.3, 0.1 * t_s % 1.0, -0.2], [10.0 * t_s % 50.0, -20.0, 600.0]
    )


class TinyHost:
    """Attributes are switched by the tests while it runs.

    Attributes:
        sends: the pose loop sends.
        state: of session and poses.
        pose_digest: the model that poses name.
        model: the body that GET gives.
        sockets: open connections that were welcomed.
        sent_ns: when each pose was sent to anybody.
    """

    def __init__(self, folder: Path, *, rate_hz: float = 60.0) -> None:
        self.sends = True
        self.state = OverlayState.LIVE
        self.pose_digest = DIGEST
        self.model = MODEL
        self.received: list[messages.ClientMessage] = []
        self.sockets: set[ServerConnection] = set()
        self.sent_ns: list[int] = []
        self.welcomed = 0
        self.port = 0
        self.certificate = own_certificate(folder / "keys", names=["localhost", "127.0.0.1"])
        self.door = Doorkeeper(room_name="Room T")
        self._rate_hz = rate_hz
        self._sequence = 0
        self._server: Server | None = None
        self._posing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "TinyHost":
        self._server = await serve(
            self._handle,
            "127.0.0.1",
            self.port,
            ssl=server_context(self.certificate),
            compression=None,
            ping_interval=None,
            process_request=self._answer,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        self._posing = asyncio.create_task(self._pose_loop())
        return self

    async def __aexit__(self, *details: object) -> None:
        assert self._server is not None
        assert self._posing is not None
        self._posing.cancel()
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    def new_code(self) -> str:
        """Return a fresh joining code."""
        return self.door.issue_code(randomness=secrets.token_bytes(CODE_BYTES), now_ns=time.monotonic_ns()).code

    def announcement(self, host_id: str) -> Announcement:
        """Return what this host would say of itself by mDNS."""
        return Announcement(
            name=f"Room T {host_id}",
            host_id=host_id,
            addresses=("127.0.0.1",),
            port=self.port,
            protocol=PROTOCOL_VERSION,
            path="/ws",
            fingerprint=self.certificate.fingerprint,
        )

    def cut(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self.sockets):
            socket.transport.abort()

    def session(self) -> messages.Session:
        """Return the session as it stands."""
        digest = sha256(MODEL).hexdigest()
        return messages.Session(
            state=self.state,
            why="for the test",
            case_id="case",
            case_name="Case",
            model=messages.ModelEntry(
                digest=DIGEST,
                levels=(
                    messages.ModelLevelEntry(
                        level=messages.ModelLevelName.HEADSET,
                        sha256=digest,
                        bytes=len(MODEL),
                        triangles=1,
                        url=f"/m/{digest}",
                    ),
                ),
            ),
            structures=(),
            target_key=None,
            expected_error_mm=1.0,
            conditions=(),
            plan_digest=None,
            stage=0,
        )

    async def tell_session(self) -> None:
        """Tell every client the session."""
        for socket in list(self.sockets):
            with contextlib.suppress(ConnectionClosed):
                await socket.send(encode(self.session()))

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/ws":
            return None
        return Response(HTTPStatus.OK, "OK", Headers({"Content-Length": str(len(self.model))}), self.model)

    async def _handle(self, connection: ServerConnection) -> None:
        peer = HostPeer(now_ns=time.monotonic_ns())
        try:
            async for data in connection:
                events = list(peer.receive(data, now_ns=time.monotonic_ns()))
                while events:
                    event = events.pop(0)
                    match event:
                        case Send(text=text):
                            await connection.send(text)
                        case Close(code=code, reason=reason):
                            await connection.close(int(code), reason)
                        case Received(message=messages.Hello() as hello):
                            events.extend(self._admit(peer, hello))
                        case Received(message=message):
                            self.received.append(message)  # type: ignore[arg-type]
                    if isinstance(event, Send) and '"welcome"' in event.text:
                        await self._begin(connection)
        except ConnectionClosed:
            pass
        finally:
            self.sockets.discard(connection)

    def _admit(self, peer: HostPeer, hello: messages.Hello) -> tuple[Send | Close | Received, ...]:
        answer = self.door.admit(hello, randomness=secrets.token_bytes(ADMISSION_BYTES), now_ns=time.monotonic_ns())
        if not isinstance(answer, Admission):
            return peer.refuse(answer)
        return peer.admit(
            messages.Welcome(
                protocol=PROTOCOL_VERSION,
                device_id=answer.device.device_id,
                role=answer.device.role,
                token=answer.token,
                host_id="tiny",
                host_name="tiny host",
                room_name="Room T",
                host_ns=time.monotonic_ns(),
                simulated=True,
                research_use="Research use only.",
            )
        )

    async def _begin(self, connection: ServerConnection) -> None:
        self.welcomed += 1
        await connection.send(encode(messages.Room(room_frame_id=7, world_from_room=None, simulated=True)))
        await connection.send(encode(self.session()))
        self.sockets.add(connection)

    async def _pose_loop(self) -> None:
        next_s = time.monotonic()
        while True:
            next_s = max(next_s + 1.0 / self._rate_hz, time.monotonic())
            await asyncio.sleep(next_s - time.monotonic())
            if not self.sends or not self.sockets:
                continue
            self._sequence += 1
            self.sent_ns.append(time.monotonic_ns())
            data = encode_binary(self._pose())
            for socket in list(self.sockets):
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(data)

    def _pose(self) -> PoseMessage:
        send_ns = time.monotonic_ns()
        capture_ns = send_ns - ns_from_ms(EXPOSURE_AGE_MS)
        pose = PoseMessage(
            state=self.state,
            thing_id=0,
            sequence=self._sequence,
            room_frame_id=7,
            capture_ns=capture_ns,
            send_ns=send_ns,
            model_prefix=model_prefix(self.pose_digest),
            sight_age_ms=EXPOSURE_AGE_MS,
        )
        if self.state is not OverlayState.LIVE:
            return pose
        position_m, quat_xyzw = wire_from_rigid(truth_room_from_patient(capture_ns))
        return replace(pose, position_m=position_m, quat_xyzw=quat_xyzw, expected_error_mm=1.25)
