"""One simulated room that lives through many faults: a host, a camera that films the board, a nurse, worn headsets."""

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from websockets.exceptions import InvalidHandshake, WebSocketException

from orview.edge.case_store import CaseStore
from orview.edge.demo.nurse_acts import waits_for_touch
from orview.edge.host.host import Host
from orview.edge.host.store import HostStore
from orview.model.case import Case
from orview.protocol.binary import PoseMessage
from orview.protocol.messages import Confirm, Joining, NewCode, Notice, Role, SelectCase, Session, Start, Stop
from tests.faults.relay import Relay
from tests.faults.worn_headset import WornHeadset
from tests.integration.small_room import (
    FilmedBoard,
    RawClient,
    add_case,
    console,
    host_config,
    joined,
    only_missing,
    touch,
)

RELAYS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
_ASK_AGAIN_S = 0.15


DISK_MIB = 384
"""More than what a recording leaves free, so that it begins."""


@contextmanager
def small_disk(folder: Path, *, mib: int) -> Iterator[bool]:
    """Mount a disk of that size, which administrators may; yields whether that was so."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


class FaultRoom:
    """A host that runs for as many scenes as are to be played in it; a context manager.

    Attributes:
        folder: of everything; `store` is the host's.
        has_small_disk: the store lies on a disk that can be filled.
        case, other_case: in the store.
        film: what the camera sees.

    Args:
        folder: of everything.
        add: puts the two cases into the store, by their names.
        changes: of the host's configuration.
    """

    def __init__(self, folder: Path, *, add: Callable[..., Case] = add_case, **changes: object) -> None:
        self.folder = folder
        self.scenes = 0
        self._add, self._changes = add, changes

    def __enter__(self) -> "FaultRoom":
        folder = self.folder
        self._closing = contextlib.ExitStack()
        self.has_small_disk = self._closing.enter_context(small_disk(folder / "disk", mib=DISK_MIB))
        self.store = folder / "disk" / "store"
        store = CaseStore.open(self.store)
        self.case, self.other_case = self._add(store, name="Phantom 1"), self._add(store, name="Phantom 2")
        self.film = FilmedBoard(folder / "camera.slot")
        self.host = Host(host_config(folder, f"slot:{self.film.path}", store=self.store, names=RELAYS, **self._changes))
        self._closing.enter_context(self.film)
        self._closing.enter_context(self.host)
        self.addresses = self.host.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def play(self, scene: Callable[["Nurse"], object]) -> None:
        """Run `await scene(nurse)` with a nurse who has the first case on."""
        self.scenes += 1
        self.film.covered, self.film.filming = False, True

        async def run() -> None:
            async with nursed(self) as nurse:
                await nurse.begin(self.case.id)
                await scene(nurse)  # type: ignore[misc]

        asyncio.run(run())

    @property
    def record(self) -> str | None:
        """The record of the session on disk."""
        return HostStore(CaseStore(self.store)).session_record()

    def pids(self, *names: str) -> dict[str, int]:
        """Return the ids of running processes."""
        found = {name: self.host.pid(name) for name in names or ("stream", "track", "look", "work", "plan")}
        return {name: pid for name, pid in found.items() if pid is not None}

    @asynccontextmanager
    async def client(
        self, nurse: "Nurse", *, name: str = "Device", role: Role = Role.SURGEON
    ) -> AsyncIterator[RawClient]:
        """A bare client that joins by a code of its own."""
        async with joined(self.addresses, role=role, code=await nurse.new_code(), name=name) as client:
            yield client


class Nurse:
    """The console, which comes back whenever its connection ends.

    Attributes:
        confirms: she touches the check point and confirms when only that is missing.
        session: as it was told last on the connection that stands, None before.
        told: what was told of the session: when, and what.
        notices: what she was told by the way.
        pose: the newest pose and when it came.
        captured_ns: the exposures of poses, by their number; a stream process that was restarted counts anew.
        client: the connection that stands.
    """

    def __init__(self, room: FaultRoom) -> None:
        self.room = room
        self.confirms = False
        self.session: Session | None = None
        self.told: list[tuple[int, Session]] = []
        self.notices: list[Notice] = []
        self.pose: tuple[int, PoseMessage] | None = None
        self.captured_ns: dict[int, list[int]] = {}
        self.client: RawClient | None = None
        self._asked_s = 0.0

    async def begin(self, case_id: str) -> None:
        """Choose a case, open the session and make it live."""
        await self.until(lambda: self.session is not None)
        await self.say(Stop())
        await self.until_state("OFF")
        await self.say(SelectCase(case_id=case_id))
        await self.say(Start())
        await self.go_live()

    async def go_live(self) -> None:
        """Do what a nurse does until the overlay is live."""
        self.confirms = True
        await self.until_state("LIVE")
        self.confirms = False

    async def say(self, message: object) -> None:
        assert self.client is not None
        await self.client.say(message)

    async def new_code(self) -> str:
        """Return a joining code nobody used."""
        assert self.client is not None
        joining = self.client.told.get("Joining")
        known = joining.code if isinstance(joining, Joining) else None
        await self.say(NewCode())
        await self.until(lambda: self.client.told["Joining"].code not in (None, known))
        return str(self.client.told["Joining"].code)

    async def until(self, condition: Callable[[], object], *, timeout_s: float = 20.0) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.004)

    async def until_state(self, state: str) -> None:
        await self.until(lambda: self.session is not None and self.session.state == state)

    async def work(self) -> None:
        """Be there for ever."""
        while True:
            try:
                async with console(self.room.addresses) as client:
                    self.client, self.session = client, None
                    while True:
                        self._take(await client.hear())
                        client.history.clear()
                        client.arrived_ns.clear()
                        await self._confirm()
            except (OSError, WebSocketException, InvalidHandshake, EOFError):
                self.session = None
                await asyncio.sleep(0.005)

    def _take(self, message: object) -> None:
        if isinstance(message, Session):
            self.session = message
            self.told.append((time.monotonic_ns(), message))
        elif isinstance(message, Notice):
            self.notices.append(message)
        elif isinstance(message, PoseMessage):
            self.pose = (time.monotonic_ns(), message)
            self.captured_ns.setdefault(message.sequence, []).append(message.capture_ns)

    async def _confirm(self) -> None:
        if not self.confirms or self.client is None or time.monotonic() - self._asked_s < _ASK_AGAIN_S:
            return
        await self.client.vouch()
        room = self.client.told.get("Room")
        if room is not None and self.session is not None and waits_for_touch(self.session):
            self._asked_s = time.monotonic()
            await self.say(touch(room.room_frame_id))
        elif only_missing(self.session, "confirmed"):
            self._asked_s = time.monotonic()
            await self.say(Confirm())


@asynccontextmanager
async def nursed(room: FaultRoom) -> AsyncIterator[Nurse]:
    """A nurse at her console."""
    nurse = Nurse(room)
    working = asyncio.create_task(nurse.work())
    try:
        yield nurse
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


@asynccontextmanager
async def worn(nurse: Nurse) -> AsyncIterator[tuple[Sequence[WornHeadset], Sequence[Relay]]]:
    """Headsets, each behind a relay of its own, that show the overlay."""
    room = nurse.room
    port = room.addresses.port
    async with contextlib.AsyncExitStack() as stack:
        relays = [await stack.enter_async_context(Relay(address, ("127.0.0.1", port))) for address in RELAYS]
        headsets: list[WornHeadset] = []
        for number, relay in enumerate(relays):
            folder = room.folder / f"headset_{room.scenes}_{number}"
            code = await nurse.new_code()
            headset = WornHeadset(folder, f"{relay.address}:{port}", code, room.addresses.fingerprint)
            stack.callback(headset.end)
            headsets.append(headset)
            # The next code voids this one.
            await nurse.until(headset.look)
        await nurse.until(lambda: all(headset.shows for headset in headsets), timeout_s=30.0)
        yield headsets, relays
