"""The helper in the simulated room: somebody who reads the nurse's console and holds a calibration board as it asks.

What is asked travels over the console's own socket; from there to the simulated room it goes through a slot.
"""

import asyncio
import contextlib
import json
import threading
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from orview.edge.boards import load_board
from orview.edge.demo.console_socket import joined_console
from orview.edge.host.host import HostAddresses
from orview.edge.slots.latest_slot import LatestSlot
from orview.errors import OrviewError
from orview.protocol.camera import CalibrationState, Camera
from orview.sim.calibration_views import HeldBoard

HELD_CAPACITY = 4096
NAME = "Simulated helper"
_RETRY_S = 0.5


class BoardHolder:
    """Reads the console in a thread of its own until closed; a context manager.

    Args:
        addresses: of the host.
        slot: where the sentences go.
    """

    def __init__(self, addresses: HostAddresses, slot: Path) -> None:
        self._addresses = addresses
        self._slot = LatestSlot.attach(slot)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="board-holder", daemon=True)

    def __enter__(self) -> "BoardHolder":
        self._reading = self._loop.create_task(self._read_on())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._reading.cancel)
        self._thread.join(5.0)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._reading)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    async def _read_on(self) -> None:
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, OrviewError):
                await self._read()
            await asyncio.sleep(_RETRY_S)

    async def _read(self) -> None:
        """Do what the console says until the connection ends."""
        async with joined_console(self._addresses, NAME) as link:
            async for message in link.messages():
                if isinstance(message, Camera):
                    self._slot.publish(json.dumps(asked_of(message)).encode())


def asked_of(camera: Camera) -> dict[str, str] | None:
    """Return which board is to be held and how, None where none is."""
    entry = camera.calibration
    if entry is None or entry.state is not CalibrationState.CAPTURING:
        return None
    return {"board": entry.board, "sentence": entry.words}


class HeldBefore:
    """What the simulated camera sees instead of the patient while somebody holds a board before it.

    Args:
        slot: of the sentences.
        seed: another seed is another person.
    """

    def __init__(self, slot: Path, *, seed: int) -> None:
        self._slot = LatestSlot.attach(slot)
        self._seed = seed
        self._board = ""
        self._held: HeldBoard | None = None

    def next(self) -> tuple[HeldBoard, str] | None:
        """Return the board that is held and the newest sentence, None while nobody holds one."""
        newest = self._slot.latest()
        asked = None if newest is None else json.loads(newest[1])
        if asked is None:
            self._held = None
            return None
        if self._held is None or asked["board"] != self._board:
            self._board, self._held = asked["board"], HeldBoard(load_board(asked["board"]), seed=self._seed)
        return self._held, asked["sentence"]
