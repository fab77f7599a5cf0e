"""Eyes made by a program: a wearer who looks at the simulated board, as wrongly as a headset's camera does."""

import numpy as np

from orview.edge.demo.simulated_room import RoomTruth
from orview.edge.headset.config import Look
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector

SIGMA_MM, SIGMA_RAD = 0.4, 0.003
"""Noise of one look, one sigma along each axis."""
BIAS_MM, BIAS_RAD = 0.3, 0.0008
"""What all looks are wrong by, one sigma along each axis."""


class SimulatedEyes:
    """Looks at the board on the patient of a simulated room.

    Args:
        truth: of the room.
        world_from_room: where the room truly stands in this headset's world; the headset is not told.
        seed: of the noise.
    """

    def __init__(self, truth: RoomTruth, world_from_room: RigidTransform, *, seed: int = 0) -> None:
        self._truth = truth
        self._world_from_room = world_from_room
        self._rng = np.random.default_rng([truth.seed, 79, seed])
        self._bias = self._rng.normal(size=6) * ([BIAS_RAD] * 3 + [BIAS_MM] * 3)

    def __call__(self, now_ns: int) -> Look:
        """Look once, now."""
        rng = self._rng
        room_from_board = self._truth.room_from_patient(now_ns) @ self._truth.patient_from_board
        world_from_board = self._world_from_room @ room_from_board
        sway = rng.normal(0.0, 30.0, 3)
        head = RigidTransform(Frame.WORLD, Frame.HEADSET, rotation_from_vector(rng.normal(0.0, 0.15, 3)), sway)
        wrong = self._bias + rng.normal(size=6) * ([SIGMA_RAD] * 3 + [SIGMA_MM] * 3)
        # About the board, which is where a look turns it; the axes are those of the head.
        turned = head.rotation @ rotation_from_vector(wrong[:3]) @ head.rotation.T @ world_from_board.rotation
        place = world_from_board.translation_mm + head.rotation @ wrong[3:]
        seen = RigidTransform(Frame.WORLD, Frame.BOARD, turned, place)
        return Look(world_from_board=seen, world_from_headset=head, sigma_mm=SIGMA_MM, sigma_rad=SIGMA_RAD)
