"""How the simulated room moves: a camera on an arm that sways, a patient who breathes. Functions of time alone.

The room frame is the camera's pose at t = 0 and rests. The patient's own frame rests in it but for the breath.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.sim.fixture import plate_corners_mm
from orview.sim.patient import LyingPatient

DISTANCE_MM = 600.0
SWAY_MM = 30.0
SWAY_PERIOD_S = 8.0
ROLL_RAD = math.radians(6.0)
NOD_MM = 15.0
NOD_PERIOD_S = 11.0
BREATH_MM = 1.0
BREATH_PERIOD_S = 4.0
_FROM_FEET_RAD = math.radians(24.0)
_FROM_SIDE_RAD = math.radians(8.0)


@dataclass(frozen=True, eq=False)
class RoomMotion:
    """Where camera and patient are at any time.

    Attributes:
        patient: who lies there.
        board: what the camera looks at.
    """

    patient: LyingPatient
    board: Board
    _room_from_rest: RigidTransform = field(init=False, repr=False)

    def __post_init__(self) -> None:
        camera_from_rest = self._rest_from_camera(0.0).inverse()
        object.__setattr__(
            self,
            "_room_from_rest",
            RigidTransform(Frame.ROOM, Frame.PATIENT, camera_from_rest.rotation, camera_from_rest.translation_mm),
        )

    def room_from_camera(self, t_s: float) -> RigidTransform:
        """Return where the arm holds the camera: at t = 0 the identity, then 60 mm and 12 degrees to and fro."""
        return self._room_from_rest @ self._rest_from_camera(t_s)

    def truth_room_from_patient(self, t_s: float) -> RigidTransform:
        """Return where the patient is: the back rises by 1 mm with each breath."""
        rise_mm = 0.5 * BREATH_MM * (1.0 - math.cos(2.0 * math.pi * t_s / BREATH_PERIOD_S))
        rest_from_patient = RigidTransform(Frame.PATIENT, Frame.PATIENT, np.eye(3), np.array([0.0, rise_mm, 0.0]))
        return self._room_from_rest @ rest_from_patient

    def camera_from_patient(self, t_s: float) -> RigidTransform:
        """Return where the camera sees the patient."""
        return self.room_from_camera(t_s).inverse() @ self.truth_room_from_patient(t_s)

    def camera_from_board(self, t_s: float) -> RigidTransform:
        """Return where the camera sees the board."""
        return self.camera_from_patient(t_s) @ self.patient.patient_from_board

    def _rest_from_camera(self, t_s: float) -> RigidTransform:
        """Return the camera's pose for a patient at rest: it looks at the board from above and from the feet."""
        sway, nod = 2.0 * math.pi * t_s / SWAY_PERIOD_S, 2.0 * math.pi * t_s / NOD_PERIOD_S
        aim = self.patient.patient_from_board.apply(plate_corners_mm(self.board).mean(axis=0))
        outwards = -self.patient.patient_from_board.rotate([0.0, 0.0, 1.0])
        to_feet = np.array([0.0, 0.0, -1.0])
        to_side = np.array([-1.0, 0.0, 0.0])
        from_aim = _unit(outwards + math.tan(_FROM_FEET_RAD) * to_feet + math.tan(_FROM_SIDE_RAD) * to_side)
        place = aim + DISTANCE_MM * from_aim + SWAY_MM * math.sin(sway) * to_side + NOD_MM * math.sin(nod) * to_feet
        forward = _unit(aim - place)
        right = _unit(np.cross(forward, np.array([0.0, 0.0, 1.0])))
        upright = np.column_stack([right, np.cross(forward, right), forward])
        roll = rotation_from_vector((0.0, 0.0, ROLL_RAD * math.sin(sway)))
        return RigidTransform(Frame.PATIENT, Frame.CAMERA, upright @ roll, place)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))
