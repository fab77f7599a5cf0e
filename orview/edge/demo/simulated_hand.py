"""A hand made by a program: it touches named landmarks of the simulated patient, as unsteadily as it says."""

import time

import numpy as np

from orview.edge.demo.landmarks import CHECKED
from orview.edge.demo.simulated_room import RoomTruth
from orview.protocol.checking import CheckPoint
from orview.units import m_from_mm

TOUCH_SIGMA_MM = 0.5
"""One sigma along each axis: a pointed instrument on bare bone."""


class SimulatedHand:
    """Touches the landmarks of the patient in a simulated room."""

    def __init__(self, truth: RoomTruth) -> None:
        self._truth = truth
        self._rng = np.random.default_rng([truth.seed, 84])

    def touch(self, landmark: str, *, room_frame_id: int) -> CheckPoint:
        """Hold a tip on a landmark now, and say where it is in the room."""
        key = next(key for key, name in CHECKED.items() if name == landmark)
        room_from_patient = self._truth.room_from_patient(time.monotonic_ns())
        touched_mm = room_from_patient.apply(self._truth.motion.patient.landmarks[key])
        touched_mm = touched_mm + self._rng.normal(0.0, TOUCH_SIGMA_MM, 3)
        return CheckPoint(
            landmark=landmark,
            room_frame_id=room_frame_id,
            touched_room_m=tuple(float(value) for value in m_from_mm(touched_mm)),
            sigma_mm=TOUCH_SIGMA_MM,
        )
