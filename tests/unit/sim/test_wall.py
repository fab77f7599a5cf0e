"""The wall rests: what moves in its picture is the camera, by as much as it should."""

import numpy as np

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.sim.shutter import Shutter
from orview.sim.wall import paint_wall

LENS = PinholeLens(width_px=640, height_px=480, fx_px=900.0, fy_px=900.0, cx_px=319.5, cy_px=239.5)


def seen_from(x_mm: float, y_mm: float, seed: int = 0) -> np.ndarray:
    pose = RigidTransform(Frame.CAMERA, Frame.ROOM, np.eye(3), np.array([-x_mm, -y_mm, 1400.0]))
    return paint_wall(Shutter(rows=480).thing_from_camera(lambda _: pose, 0.0), LENS, seed=seed)


def test_a_camera_that_moves_aside_sees_the_wall_move_the_other_way() -> None:
    # 900 px / 1400 mm: 9 pixels to the left and 3 down.
    before, after = seen_from(0.0, 0.0), seen_from(14.0, -14.0 / 3.0)
    np.testing.assert_allclose(after[3:, :-9], before[:-3, 9:], atol=0.01)
    assert np.abs(after[3:] - before[:-3]).mean() > 0.02


def test_there_is_something_to_see_in_every_part_of_it() -> None:
    light = seen_from(0.0, 0.0)
    parts = light.reshape(4, 120, 4, 160).transpose(0, 2, 1, 3).reshape(16, -1)
    assert parts.std(axis=1).min() > 0.02
    assert light.min() > 0.0
    assert light.max() < 1.0


def test_another_seed_is_another_wall() -> None:
    assert np.array_equal(seen_from(0.0, 0.0), seen_from(0.0, 0.0))
    assert np.abs(seen_from(0.0, 0.0) - seen_from(0.0, 0.0, seed=1)).mean() > 0.03
