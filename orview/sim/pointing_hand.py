"""A hand that touches a simulated patient with a pointer: roughly as quick, as steady and as exact as a person's."""

import math

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.sim.motion import RoomMotion

SPEED_MM_S = 150.0
SPOT_SIGMA_MM = 0.5
"""How far beside the spot that is meant the tip is set, one sigma along each axis."""

TREMOR_MM, TREMOR_S = 0.15, 0.4
_LEAN_RAD = (math.radians(20.0), math.radians(15.0), math.radians(5.0))
"""How the panels are tilted out of the plane that faces the camera: a face seen squarely tells little of its lean."""


TIP_POINTER_MM = (48.0, 140.0, 30.0)
"""Where the tip truly is, in the frame of the delivered `pointer` board."""

ROD_POINTER_MM = (48.0, 61.0, 18.0)
"""Where the rod leaves the panels."""


class PointingHand:
    """Moves a pointer's tip to where it is to be; the panels stay beside the board on the patient, facing the camera.

    Args:
        motion: of the room; the hand follows the patient.
        seed: another seed is another hand.
    """

    def __init__(self, motion: RoomMotion, *, seed: int) -> None:
        self._tip = np.array(TIP_POINTER_MM)
        self._camera_from_patient = motion.camera_from_patient(0.0)
        self._to_camera = -self._camera_from_patient.inverse().rotate(np.array([0.0, 0.0, 1.0]))
        self._rng = np.random.default_rng([seed, 83])
        self._spot: NDArray[np.float64] | None = None
        self._beside = np.zeros(3)
        self._place: NDArray[np.float64] | None = None
        self._tremor = np.zeros(3)

    def step(
        self, spot_patient_mm: NDArray[np.float64] | None, *, height_mm: float, dt_s: float
    ) -> RigidTransform | None:
        """Go on for a while, and return `patient_from_pointer`; None while the pointer is out of the picture.

        Args:
            spot_patient_mm: (3,) what is to be touched; None for nothing.
            height_mm: how far before it, towards the camera, the tip is to be.
            dt_s: since the last step.
        """
        if spot_patient_mm is None:
            self._place = self._spot = None
            return None
        if self._spot is None or not np.array_equal(spot_patient_mm, self._spot):
            self._spot = spot_patient_mm
            self._beside = self._rng.normal(0.0, SPOT_SIGMA_MM, 3)
        goal = spot_patient_mm + self._beside + height_mm * self._to_camera
        if self._place is None:
            self._place = goal
        way = goal - self._place
        far = float(np.linalg.norm(way))
        self._place = goal if far <= SPEED_MM_S * dt_s else self._place + way * (SPEED_MM_S * dt_s / far)
        fade = math.exp(-dt_s / TREMOR_S)
        self._tremor = fade * self._tremor + self._rng.normal(0.0, TREMOR_MM * math.sqrt(1.0 - fade**2), 3)
        rotation = self._rotation(spot_patient_mm)
        return RigidTransform(Frame.PATIENT, Frame.BOARD, rotation, self._place + self._tremor - rotation @ self._tip)

    def _rotation(self, spot_patient_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how the pointer is held at a spot, patient axes: its panels away from the board, to the side."""
        side = math.copysign(1.0, self._camera_from_patient.apply(spot_patient_mm)[0])
        # In the camera: +y of the pointer, panels to tip, runs inwards; its paper faces the camera.
        down, into = np.array([-side, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
        upright = np.column_stack([np.cross(down, into), down, into]) @ rotation_from_vector(_LEAN_RAD)
        return np.asarray(self._camera_from_patient.inverse().rotation @ upright)
