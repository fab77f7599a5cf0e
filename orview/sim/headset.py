"""A simulated headset: a wearer who leans over the board, and the camera on the head. Functions of time alone.

The wearer looks around for some seconds, then rests, and again; a hand's breadth of motion, as people do.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.sim.board_picture import BoardPicture
from orview.sim.fixture import plate_corners_mm
from orview.sim.lens import Sensor

HEADSET_LENS = PinholeLens(
    width_px=1280,
    height_px=960,
    fx_px=871.4,
    fy_px=870.2,
    cx_px=634.7,
    cy_px=486.2,
    distortion=(0.04, -0.06, 0.0004, -0.0007, 0.0),
)
"""73 degrees across, as an outward camera of a headset."""

HEADSET_FROM_CAMERA = RigidTransform(
    Frame.HEADSET,
    Frame.CAMERA,
    rotation_from_vector((-0.15, 0.02, 0.01)) @ np.diag([1.0, -1.0, -1.0]),
    np.array([-32.0, -12.0, -65.0]),
)
"""Before the left eye, looking a little down; a head's axes are +x right, +y up, -z forward."""

LAG_S = 0.045
"""Stamp of a picture less its exposure."""
LAG_JITTER_S = 0.001

_REACH_MM = 470.0
_MOVE_S, _REST_S = 6.0, 4.0
_SWAY_MM, _TURN_RAD = 45.0, 0.14
_TREMOR_MM, _TREMOR_RAD = 0.08, 0.0002
_WALL_LIGHT = 0.22
_JPEG_QUALITY = 85


class Wearer:
    """Where a head is.

    Args:
        world_from_board: where the board rests, in the headset's world.
        board: that is looked at.
    """

    def __init__(self, world_from_board: RigidTransform, board: Board) -> None:
        self._aim = world_from_board.apply(plate_corners_mm(board).mean(axis=0))
        self._out = -world_from_board.rotate([0.0, 0.0, 1.0])

    def head(self, t_s: float) -> RigidTransform:
        """Return `world_from_headset` at a time."""
        share = self._moving(t_s)
        away = np.array([math.sin(1.9 * t_s), 0.6 * math.sin(2.6 * t_s + 0.7), 0.7 * math.sin(1.4 * t_s + 0.3)])
        tremor = np.array([math.sin(9.0 * t_s), math.sin(11.0 * t_s + 1.0), math.sin(7.0 * t_s + 2.0)])
        leaning = _unit(self._out + np.array([0.1, 0.2, 0.45]))
        place = self._aim + _REACH_MM * leaning + share * _SWAY_MM * away + _TREMOR_MM * tremor
        # The camera, not the nose, points at the board; then the head nods and turns beside that.
        forward = _unit(self._aim - place)
        right = _unit(np.cross(forward, np.array([0.0, 1.0, 0.0])))
        world_from_camera = np.column_stack([right, np.cross(forward, right), forward])
        turned = rotation_from_vector(share * _TURN_RAD * away[::-1] + _TREMOR_RAD * tremor)
        rotation = turned @ world_from_camera @ HEADSET_FROM_CAMERA.rotation.T
        return RigidTransform(Frame.WORLD, Frame.HEADSET, rotation, place)

    def _moving(self, t_s: float) -> float:
        """Return how much the head moves, 0 to 1; it comes to rest and starts again within a second."""
        phase = t_s % (_MOVE_S + _REST_S)
        return float(np.clip(min(phase, _MOVE_S - phase), 0.0, 1.0))


class HeadsetPictures:
    """What the camera on a head sees of a board before a wall.

    Args:
        board: that is seen.
        lens: the true one.
        seed: of the noise.
    """

    def __init__(self, board: Board, lens: PinholeLens = HEADSET_LENS, *, seed: int = 0) -> None:
        self._painter, self._sensor = BoardPicture(board, lens), Sensor(lens, seed=seed)
        wall = np.full((lens.height_px, lens.width_px, 3), _WALL_LIGHT, dtype=np.float32)
        self._wall = self._sensor.encoded(wall * self._sensor.light[..., None])

    def picture(self, camera_from_board: RigidTransform, *, t_s: float) -> NDArray[np.uint8]:
        """Return the picture (H, W, 3) BGR of a board; `t_s` draws the noise."""
        image = self._wall.copy()
        region = self._painter.region(camera_from_board)
        if region is not None:
            shade = self._sensor.light[region][..., None]
            light = np.full((*shade.shape[:2], 3), _WALL_LIGHT, dtype=np.float32)
            self._painter.paint(light, region, camera_from_board)
            image[region] = self._sensor.encoded(light * shade)
        self._sensor.add_noise(image, t_s=t_s)
        return image

    def jpeg(self, camera_from_board: RigidTransform, *, t_s: float) -> bytes:
        """Return the picture as a headset would send it."""
        whole, encoded = cv2.imencode(
            ".jpg", self.picture(camera_from_board, t_s=t_s), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        )
        assert whole
        return encoded.tobytes()


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))
