"""Each row's own time and pose."""

import numpy as np
import pytest

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.sim.shutter import Shutter

LENS = PinholeLens(width_px=640, height_px=480, fx_px=600.0, fy_px=600.0, cx_px=319.5, cy_px=239.5)


def swinging(t_s: float) -> RigidTransform:
    rotation = rotation_from_vector(np.array([0.3, 0.1, 0.0]) + np.array([0.5, -0.8, 1.2]) * t_s)
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, np.array([10.0 + 400.0 * t_s, -5.0, 500.0]))


def test_the_middle_row_has_the_time_of_the_picture_and_the_ends_are_a_readout_apart() -> None:
    shutter = Shutter(rows=480, readout_s=0.02)
    assert shutter.row_time_s(239.5, 3.0) == pytest.approx(3.0)
    assert shutter.row_time_s(479.0, 3.0) - shutter.row_time_s(0.0, 3.0) == pytest.approx(0.02)


def test_rows_between_knots_have_their_own_pose() -> None:
    shutter = Shutter(rows=480, readout_s=0.02)
    rows = shutter.thing_from_camera(swinging, 1.0).rows(0, 480)
    point = np.array([30.0, -40.0, 520.0, 1.0])
    for row in (0, 17, 200, 301, 479):
        exact = swinging(float(shutter.row_time_s(row, 1.0))).inverse().apply(point[:3])
        # 1 um at half a metre is 1e-3 px.
        np.testing.assert_allclose((rows[row] @ point)[:3], exact, atol=1e-3)


def test_a_point_is_seen_by_the_row_it_lands_on() -> None:
    shutter = Shutter(rows=480, readout_s=0.02)
    points = np.array([(-60.0, -50.0, 0.0), (70.0, 55.0, -5.0), (0.0, 0.0, 0.0)])
    pixels = shutter.project(points, swinging, LENS, 0.2)
    for point, pixel in zip(points, pixels, strict=True):
        at_its_time = LENS.project(swinging(float(shutter.row_time_s(pixel[1], 0.2))).apply(point))
        np.testing.assert_allclose(pixel, at_its_time, atol=1e-6)
    still = Shutter(rows=480).project(points, swinging, LENS, 0.2)
    assert np.abs(still - pixels).max() > 0.5
