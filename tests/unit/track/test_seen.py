"""Projecting with derivatives: the lens' own projection, and its slopes by finite differences."""

import numpy as np
import pytest

from orview.geometry.pinhole import PinholeLens
from orview.track.seen import project

LENSES = [
    PinholeLens(width_px=1920, height_px=1080, fx_px=1371.0, fy_px=1365.0, cx_px=966.2, cy_px=534.1),
    PinholeLens(
        width_px=1920,
        height_px=1080,
        fx_px=1371.0,
        fy_px=1365.0,
        cx_px=966.2,
        cy_px=534.1,
        distortion=(-0.21, 0.09, 0.0016, -0.0024, 0.01),
    ),
]


@pytest.mark.parametrize("lens", LENSES)
def test_pixels_are_those_of_the_lens_and_slopes_those_of_differences(lens: PinholeLens) -> None:
    points = np.random.default_rng(1).uniform((-300.0, -200.0, 400.0), (300.0, 200.0, 900.0), (200, 3))
    seen = project(points, lens)
    assert np.allclose(seen.pixels, lens.project(points), atol=1e-9)
    for axis in range(3):
        step = np.eye(3)[axis] * 1e-3
        slope = (lens.project(points + step) - lens.project(points - step)) / 2e-3
        assert np.allclose(seen.by_place[:, :, axis], slope, atol=1e-6)
