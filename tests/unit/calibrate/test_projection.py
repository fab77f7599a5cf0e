"""Projection with derivatives agrees with OpenCV's, and with the differences of its own values."""

import cv2
import numpy as np
import pytest

from orview.calibrate.projection import lens_of, project, vector_of
from orview.errors import ContractError
from orview.geometry.pinhole import PinholeLens

LENS = PinholeLens(
    width_px=1280,
    height_px=720,
    fx_px=1065.0,
    fy_px=1062.0,
    cx_px=645.0,
    cy_px=352.0,
    distortion=(0.08, -0.15, 0.001, -0.0008, 0.03),
)
POINTS = np.random.default_rng(0).uniform((-200.0, -120.0, 300.0), (200.0, 120.0, 600.0), (50, 3))


def test_pixels_and_derivatives_are_opencvs() -> None:
    pixels, by_point, by_lens = project(vector_of(LENS), POINTS)
    wanted, jacobian = cv2.projectPoints(POINTS, np.zeros(3), np.zeros(3), LENS.matrix, np.array(LENS.distortion))
    np.testing.assert_allclose(pixels, wanted.reshape(-1, 2), atol=1e-9)
    np.testing.assert_allclose(pixels, LENS.project(POINTS), atol=1e-9)
    # A shift of the board moves every point alike.
    np.testing.assert_allclose(by_point.reshape(-1, 3), jacobian[:, 3:6], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(by_lens.reshape(-1, 9), jacobian[:, 6:15], rtol=1e-9, atol=1e-12)


def test_shapes_are_kept() -> None:
    pixels, by_point, by_lens = project(vector_of(LENS), POINTS.reshape(5, 10, 3))
    assert (pixels.shape, by_point.shape, by_lens.shape) == ((5, 10, 2), (5, 10, 2, 3), (5, 10, 2, 9))


def test_a_lens_survives_its_vector_and_an_impossible_one_is_refused() -> None:
    assert lens_of(vector_of(LENS), width_px=1280, height_px=720) == LENS
    with pytest.raises(ContractError):
        lens_of(-vector_of(LENS), width_px=1280, height_px=720)
