"""The simulated camera filming a calibration board held by hand: near, tilted, into the corners of the picture."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.sim.board_picture import BoardPicture
from orview.sim.fixture import plate_corners_mm
from orview.sim.lens import LENS, Sensor

WALL_LIGHT = 0.22
NEAREST_MM, FARTHEST_MM = 330.0, 480.0
TILT_RAD = (math.radians(20.0), math.radians(45.0))
OFF_CENTRE = 0.22
"""How far the board's middle wanders from the picture's, in picture widths and heights."""


def calibration_pictures(
    board: Board, *, count: int, lens: PinholeLens = LENS, seed: int = 0
) -> Iterator[NDArray[np.uint8]]:
    """Yield pictures (H, W, 3) BGR of a board as a person who follows the advice would hold it.

    Args:
        board: flat, printed.
        count: how many.
        lens: of the simulated camera.
        seed: another seed is another pair of hands and other noise.
    """
    painter = BoardPicture(board, lens)
    sensor = Sensor(lens, seed=seed)
    rng = np.random.default_rng([seed, 7])
    centre = plate_corners_mm(board).mean(axis=0)
    for number in range(count):
        camera_from_board = _held(number, count, centre, lens, rng)
        light = np.full((lens.height_px, lens.width_px, 3), WALL_LIGHT, dtype=np.float32)
        region = painter.region(camera_from_board)
        if region is not None:
            painter.paint(light[region], region, camera_from_board)
        picture = sensor.encoded(light * sensor.light[..., None])
        sensor.add_noise(picture, t_s=float(number))
        yield picture


def _held(
    number: int, count: int, centre_board_mm: NDArray[np.float64], lens: PinholeLens, rng: np.random.Generator
) -> RigidTransform:
    """Return one pose: the tilt's direction goes round the circle, the place visits all parts of the picture."""
    turn = 2.0 * math.pi * number / count
    tilt = rng.uniform(*TILT_RAD)
    rotation = rotation_from_vector((0.0, 0.0, rng.uniform(-0.5, 0.5))) @ rotation_from_vector(
        (tilt * math.cos(turn), tilt * math.sin(turn), 0.0)
    )
    distance_mm = rng.uniform(NEAREST_MM, FARTHEST_MM)
    # 2.4 rad a step: places next to one another in time lie far apart in the picture.
    across, down = OFF_CENTRE * math.cos(2.4 * number), OFF_CENTRE * math.sin(2.4 * number)
    middle = np.array(
        [
            distance_mm * across * lens.width_px / lens.fx_px,
            distance_mm * down * lens.height_px / lens.fy_px,
            distance_mm,
        ]
    )
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, middle - rotation @ centre_board_mm)
