"""Where the headset's menu hangs, computed here from what its page promises: right of the field, low, 35 degrees."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from tests.browser.fixtures import Pose

OFF_RAD = np.deg2rad(35.0)
LOW_RAD = np.deg2rad(25.0)
DISTANCE_M = 0.8
FACE_M = 0.2
TITLE_M = 0.036
GAP_M = 0.008
COLUMNS, ROWS = 2, 4


class Face(NamedTuple):
    """The menu's face in the world."""

    middle_m: NDArray[np.float64]
    right: NDArray[np.float64]
    up: NDArray[np.float64]

    def button_m(self, index: int) -> NDArray[np.float64]:
        """The middle of a button, counted row by row."""
        row, column = divmod(index, COLUMNS)
        width = (FACE_M - GAP_M * (COLUMNS + 1)) / COLUMNS
        height = (FACE_M - TITLE_M - GAP_M * (ROWS + 1)) / ROWS
        x = -FACE_M / 2 + GAP_M + width / 2 + column * (width + GAP_M)
        y = FACE_M / 2 - TITLE_M - GAP_M - height / 2 - row * (height + GAP_M)
        return self.middle_m + x * self.right + y * self.up


def face(forward: NDArray[np.float64], head_m: NDArray[np.float64] | None = None) -> Face:
    """The face, seen from an upright head at `head_m`, for a field in this direction."""
    forward = forward / np.linalg.norm(forward)
    right = np.array([1.0, 0.0, 0.0]) - forward[0] * forward
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    aside = np.cos(LOW_RAD) * right - np.sin(LOW_RAD) * up
    direction = np.cos(OFF_RAD) * forward + np.sin(OFF_RAD) * aside
    side = np.cross(up, -direction)
    side /= np.linalg.norm(side)
    head = np.zeros(3) if head_m is None else head_m
    return Face(head + DISTANCE_M * direction, side, np.cross(-direction, side))


def looking_at(point_m: NDArray[np.float64], from_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Pose:
    """A pose at `from_m` whose -z points at the point."""
    direction = point_m - np.array(from_m)
    direction /= np.linalg.norm(direction)
    axis = np.cross([0.0, 0.0, -1.0], direction)
    angle = np.arccos(np.clip(-direction[2], -1.0, 1.0))
    vector = axis / max(float(np.linalg.norm(axis)), 1e-12) * angle
    turn = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.PATIENT, tuple(vector), np.zeros(3))
    return from_m, tuple(float(part) for part in turn.quat_xyzw)
