"""Whoever helps in the simulated room: reads the nurse's console and does with the hands what it asks for.

What is asked travels over the console's own socket; from there to the simulated room it goes through slots.
"""

import asyncio
import contextlib
import json
import threading
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from orview.edge.demo.board_holder import asked_of
from orview.edge.demo.console_socket import joined_console
from orview.edge.demo.pointer_holder import pointed_at
from orview.edge.host.host import HostAddresses
from orview.edge.slots.latest_slot import LatestSlot
from orview.errors import OrviewError
from orview.protocol.camera import Camera
from orview.protocol.touching import Pointer

NAME = "Simulated helper"
_RETRY_S = 0.5


class Helper:
    """Reads the console in a thread of its own until closed; a context manager.

    Args:
        addresses: of the host.
        board: slot of which calibration board is held, and how.
        pointer: slot of what is pointed at.
    """

    def __init__(self, addresses: HostAddresses, *, board: Path, pointer: Path) -> None:
        self._addresses = addresses
        self._board, self._pointer = LatestSlot.attach(board), LatestSlot.attach(pointer)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulated-helper", daemon=True)

    def __enter__(self) -> "Helper":
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
                match message:
                    case Camera():
                        self._board.publish(json.dumps(asked_of(message)).encode())
                    case Pointer():
                        self._pointer.publish(json.dumps(pointed_at(message)).encode())
