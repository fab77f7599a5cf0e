"""A host for browser tests: the real port, pages and wire of the product, and a stream the test itself holds.

The test says what the session is, where the patient lies and what the camera sees; everything between that and the
page (HTTP, content security policy, WebSocket, protocol) is the product's own code.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from orview.edge.case_store import CaseStore
from orview.edge.host.private_files import PrivateFiles
from orview.edge.host.server import HostServer
from orview.edge.host.site import Site
from orview.edge.report.folder import FOLDER as REPORTS
from orview.protocol import messages
from orview.protocol.binary import PictureMessage, PoseMessage
from orview.protocol.codec import decode_binary, encode, encode_binary
from orview.protocol.faults import CloseCode
from orview.protocol.messages import ModelEntry, ModelLevelEntry, ModelLevelName, OverlayState, Role
from orview.protocol.overlay import model_prefix, plan_prefix
from orview.protocol.peer import Close, HostPeer, Received, Send
from orview.protocol.slices import SliceEntry

CODE = "314159"
TOKEN = "t" * 43
POSE_HZ = 60
ROOM_FRAME_ID = 7
PATIENT_IN_VIEW = ((0.0, 0.0, -0.6), (0.0, 0.0, 0.0, 1.0))

PoseSource = Callable[[int], PoseMessage | None]
Acts = Callable[["RoomServer", messages.ClientMessage], None]


def off_session(**changes: Any) -> messages.Session:
    """A session nobody started; `changes` make of it what a test needs."""
    session = messages.Session(
        state=OverlayState.OFF,
        why="No session is on.",
        case_id=None,
        case_name=None,
        model=None,
        structures=(),
        target_key=None,
        expected_error_mm=None,
        conditions=(),
        plan_digest=None,
        stage=0,
    )
    return replace(session, **changes)


class TokenDoor:
    """Whoever has the token of these tests is a nurse."""

    def is_nurse(self, token: str, *, local: bool) -> bool:
        return local and token == TOKEN


class RoomServer:
    """Runs in a thread of its own; every method may be called from the test's thread.

    Attributes:
        url: the plain loopback address of the pages.
        received: what the clients said after their hello, in order, with the role of each.
        acts: called for each of these, on the server's loop.
    """

    def __init__(self, *, pages: Traversable, store: Path) -> None:
        self._pages = pages
        self._store = CaseStore.open(store)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._again = asyncio.Event()
        self._port = 0
        self._clients: dict[ServerConnection, Role] = {}
        self._codes = {CODE}
        self._told: dict[str, messages.HostMessage] = {}
        self._pose_source: PoseSource = lambda _now_ns: None
        self._streaming = True
        self._sequence = 0
        self._newest = b""
        self._pictures = 0
        self._admits = True
        self.acts: Acts | None = None
        self.received: list[tuple[Role, messages.ClientMessage]] = []
        self.simulated = True
        self.url = ""
        self.tell(off_session())
        self.place_room(((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)))

    def __enter__(self) -> "RoomServer":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._loop.call_soon_threadsafe(self._again.set)
        self._thread.join(10)

    # What a test says.

    def tell(self, message: messages.HostMessage) -> None:
        """Say something to all who are in and may hear it, and to all who come later."""
        self._told[message.TYPE] = message
        if self._thread.is_alive():
            self._call(self._broadcast(message))

    def tell_once(self, message: messages.HostMessage) -> None:
        """Say something to all who are in and may hear it, and to nobody who comes later."""
        self._call(self._broadcast(message))

    def keep_silent_about(self, kind: type[messages.HostMessage]) -> messages.HostMessage:
        """Tell those who come from now on nothing of this type; returns what was told until now."""
        return self._told.pop(kind.TYPE)

    def place_room(self, world_from_room: tuple[tuple[float, ...], tuple[float, ...]] | None) -> None:
        """Say where the room stands in every headset's world, or that nobody knows."""
        pose = None if world_from_room is None else (*world_from_room[0], *world_from_room[1])
        self.tell(messages.Room(room_frame_id=ROOM_FRAME_ID, world_from_room=pose, simulated=pose is not None))

    def add_model(self, glb: bytes, *, digest: str, served: bytes | None = None) -> ModelEntry:
        """Put a model on the host; `served` is what it hands out instead, as a broken host would."""
        name = sha256(glb).hexdigest()
        self._store.blob_path(name).write_bytes(glb)
        if served is not None:
            # The site verifies what it serves, so the lie is told about the digest.
            name = sha256(served).hexdigest()
            self._store.blob_path(name).write_bytes(served)
        announced = sha256(glb).hexdigest()
        level = ModelLevelEntry(
            level=ModelLevelName.PREVIEW, sha256=announced, bytes=len(glb), triangles=1, url=f"/m/{name}"
        )
        return ModelEntry(digest=digest, levels=(level,))

    def add_file(self, data: bytes) -> str:
        """Put a file of a plan among the models; returns its digest."""
        name = sha256(data).hexdigest()
        self._store.blob_path(name).write_bytes(data)
        return name

    def add_slices(self, data: bytes, *, case_id: str = "case-1") -> SliceEntry:
        """Put an image for looking at on the host."""
        name = sha256(data).hexdigest()
        self._store.slices_path(name).write_bytes(data)
        return SliceEntry(case_id=case_id, sha256=name, bytes=len(data), url=f"/s/{name}")

    def add_report(self, name: str, data: bytes) -> None:
        """Put a file of a report on the host."""
        folder = self._store.folder / REPORTS
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)

    def stand_patient(
        self,
        room_from_patient: tuple[tuple[float, ...], tuple[float, ...]] | None,
        *,
        digest: str,
        state: OverlayState = OverlayState.LIVE,
        sight_age_ms: float = 0.0,
        room_frame_id: int = ROOM_FRAME_ID,
        plan_digest: str | None = None,
        stage: int = 0,
    ) -> None:
        """Stream this pose until told otherwise, in a stage of a locked plan where there is one."""

        def source(now_ns: int) -> PoseMessage:
            live: dict[str, Any] = {}
            if state is OverlayState.LIVE and room_from_patient is not None:
                live = {
                    "position_m": room_from_patient[0],
                    "quat_xyzw": room_from_patient[1],
                    "expected_error_mm": 1.2,
                }
            self._sequence += 1
            return PoseMessage(
                state=state,
                thing_id=0,
                sequence=self._sequence,
                room_frame_id=room_frame_id,
                capture_ns=now_ns - int(sight_age_ms * 1e6),
                send_ns=now_ns,
                model_prefix=model_prefix(digest),
                plan_prefix=plan_prefix(plan_digest),
                stage=stage,
                sight_age_ms=sight_age_ms,
                **live,
            )

        self._pose_source = source

    @property
    def newest_pose(self) -> PoseMessage:
        """The newest pose of the stream, as the wire carries it."""
        pose = decode_binary(self._newest)
        assert isinstance(pose, PoseMessage)
        return pose

    def stop_poses(self) -> None:
        """Send no pose any more; sockets stay open and answer pings."""
        self._streaming = False

    def resume_poses(self) -> None:
        """Stream again."""
        self._streaming = True

    def show_picture(self, picture: PictureMessage) -> None:
        """Send one picture of the room camera to all."""
        self._pictures += 1
        self._call(self._send_binary(encode_binary(replace(picture, sequence=self._pictures))))

    def send_pose(self, pose: PoseMessage) -> None:
        """Send one pose outside the stream."""
        self._sequence += 1
        self._call(self._send_binary(encode_binary(replace(pose, sequence=self._sequence))))

    def send_again(self, pose: PoseMessage) -> None:
        """Send a pose as it is, number and stamp included, as something late or doubled on its way does."""
        self._call(self._send_binary(encode_binary(pose)))

    def cut(self) -> None:
        """Cut all sockets as a dead network would, without a goodbye."""

        async def abort() -> None:
            for client in list(self._clients):
                client.transport.abort()

        self._call(abort())

    def put_out(self) -> None:
        """Put every device out, as the nurse does."""

        async def close() -> None:
            for client in list(self._clients):
                await client.close(CloseCode.NOT_ALLOWED, "The nurse put this device out.")

        self._call(close())

    def restart(self) -> None:
        """Go down with all sockets, and listen on the same port again at once."""

        async def again() -> None:
            for client in list(self._clients):
                client.transport.abort()
            self._again.set()

        self._call(again())

    def hang(self, seconds: float) -> None:
        """Do nothing at all for so long, as a frozen process does; sockets stay open."""
        self._loop.call_soon_threadsafe(time.sleep, seconds)

    def let_in_nobody(self) -> None:
        """Leave every hello without an answer, as a host that hangs does."""
        self._admits = False

    def let_in_again(self) -> None:
        """Answer hellos again."""
        self._admits = True

    def wait_for(self, kind: type[messages.ClientMessage], *, timeout_s: float = 10.0) -> messages.ClientMessage:
        """Return the newest message of a type, waiting for the first."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            for _, message in reversed(self.received):
                if isinstance(message, kind):
                    return message
            time.sleep(0.02)
        raise AssertionError(f"No client said {kind.TYPE} within {timeout_s} s.")

    def wait_for_last(self, wanted: messages.ClientMessage, *, timeout_s: float = 10.0) -> None:
        """Wait until this is the newest message of its type."""
        until = time.monotonic() + timeout_s
        while self.wait_for(type(wanted)) != wanted:
            assert time.monotonic() < until, f"No client said {wanted} within {timeout_s} s."
            time.sleep(0.02)

    # The server's own thread.

    def _call(self, coroutine: Any) -> None:
        future: Future[None] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        if threading.current_thread() is not self._thread:
            future.result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        ticking = asyncio.create_task(self._tick())
        while not self._stop.is_set():
            self._again.clear()
            listening = socket.create_server(("127.0.0.1", self._port))
            self._port = listening.getsockname()[1]
            address = f"127.0.0.1:{self._port}"
            self.url = f"http://{address}"
            private = PrivateFiles(self._store, TokenDoor())
            site = Site(pages=self._pages, store=self._store, hosts=frozenset({address}), private=private)
            server = HostServer(site=site, handler=self._client, secure=None, plain=listening, origins=[self.url])
            async with server:
                self._ready.set()
                await self._again.wait()
        ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1 / POSE_HZ)
            pose = self._pose_source(time.monotonic_ns()) if self._streaming else None
            if pose is not None:
                self._newest = encode_binary(pose)
                await self._send_binary(self._newest)

    async def _broadcast(self, message: messages.HostMessage) -> None:
        for client, role in list(self._clients.items()):
            if role in messages.ROLES_BY_HOST_MESSAGE[type(message)]:
                await self._send(client, encode(message))

    async def _send_binary(self, payload: bytes) -> None:
        for client in list(self._clients):
            await self._send(client, payload)

    async def _send(self, client: ServerConnection, data: str | bytes) -> None:
        try:
            await client.send(data)
        except ConnectionClosed:
            self._clients.pop(client, None)

    async def _client(self, client: ServerConnection) -> None:
        peer = HostPeer(now_ns=time.monotonic_ns())
        try:
            async for data in client:
                for event in peer.receive(data, now_ns=time.monotonic_ns()):
                    match event:
                        case Received(messages.Hello() as hello):
                            await self._hello(client, peer, hello)
                        case Received(message):
                            assert peer.role is not None
                            self.received.append((peer.role, message))
                            if self.acts is not None:
                                self.acts(self, message)
                        case Send(text):
                            await client.send(text)
                        case Close(code, reason):
                            await client.close(code, reason)
        except ConnectionClosed:
            pass
        finally:
            self._clients.pop(client, None)

    async def _hello(self, client: ServerConnection, peer: HostPeer, hello: messages.Hello) -> None:
        if not self._admits:
            return
        if hello.token == TOKEN or hello.code in self._codes:
            self._codes.discard(hello.code or "")
            welcome = messages.Welcome(
                protocol=hello.protocol,
                device_id=f"device-{len(self._clients)}",
                role=hello.role_wanted,
                token=TOKEN,
                host_id="host-1",
                host_name="test host",
                room_name="Room 3",
                host_ns=time.monotonic_ns(),
                simulated=self.simulated,
                research_use="Research use only. Do not rely on it as the sole guide.",
            )
            events = peer.admit(welcome)
        else:
            refused = messages.Refused(
                code="WRONG_CODE", message="The code is not valid.", mend="Ask for a new one.", about="hello"
            )
            events = peer.refuse(refused)
        for event in events:
            if isinstance(event, Send):
                await client.send(event.text)
            elif isinstance(event, Close):
                await client.close(event.code, event.reason)
        if peer.role is not None:
            self._clients[client] = peer.role
            for message in self._told.values():
                if peer.role in messages.ROLES_BY_HOST_MESSAGE[type(message)]:
                    await self._send(client, encode(message))
