"""A calibration board in the hands of the simulated helper: which is held, where, and what the camera sees of it."""

import json
from pathlib import Path

from orview.edge.boards import load_board
from orview.edge.slots.latest_slot import LatestSlot
from orview.protocol.camera import CalibrationState, Camera
from orview.sim.calibration_views import HeldBoard

HELD_CAPACITY = 4096


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
