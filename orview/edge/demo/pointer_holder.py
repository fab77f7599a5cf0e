"""The surgeon's hand in the simulated room: it reads on the console what to touch, and moves a pointer there.

What is asked goes through a slot to the room, where the pointer is seen by the camera and by nobody else.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.edge.demo.landmarks import SPOTS
from orview.edge.slots.latest_slot import LatestSlot
from orview.geometry.rigid import RigidTransform
from orview.protocol.touching import Pointer, TipState
from orview.sim.motion import RoomMotion
from orview.sim.pointing_hand import PointingHand

POINTING_CAPACITY = 4096
_HEIGHTS_MM = {TipState.UNSEEN: 30.0, TipState.LIFT: 70.0, TipState.TAKEN: 70.0}
"""How far before the spot the tip is held; on it where the console asks for that."""


def pointed_at(pointer: Pointer) -> dict[str, str | float] | None:
    """Return at what the tip is to be, and how far before it; None where nothing is to be touched."""
    if pointer.landmark is None:
        return None
    return {"landmark": pointer.landmark, "height_mm": _HEIGHTS_MM.get(pointer.tip, 0.0)}


class PointerHeld:
    """The pointer as the simulated camera sees it.

    Args:
        slot: of what is asked.
        motion: of the room.
        seed: another seed is another hand.
    """

    def __init__(self, slot: Path, motion: RoomMotion, *, seed: int) -> None:
        self._slot = LatestSlot.attach(slot)
        self._landmarks = motion.patient.landmarks
        self._hand = PointingHand(motion, seed=seed)
        self._t_s: float | None = None

    def next(self, t_s: float) -> RigidTransform | None:
        """Return `patient_from_pointer` at a time of the room; None while nobody points."""
        before, self._t_s = self._t_s, t_s
        newest = self._slot.latest()
        asked = None if newest is None else json.loads(newest[1])
        spot: NDArray[np.float64] | None = None
        if asked is not None and asked["landmark"] in SPOTS:
            spot = self._landmarks[SPOTS[asked["landmark"]]]
        height_mm = 0.0 if asked is None else float(asked["height_mm"])
        return self._hand.step(spot, height_mm=height_mm, dt_s=0.0 if before is None else max(t_s - before, 0.0))
