"""Profiles that err by what they say of themselves."""

import numpy as np
import pytest

from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import LENS_PARAMETERS
from orview.sim.calibrated import calibrated_profile, lens_bound

LENS = PinholeLens(
    width_px=1920,
    height_px=1080,
    fx_px=1371.0,
    fy_px=1371.0,
    cx_px=966.0,
    cy_px=534.0,
    distortion=(-0.11, 0.06, 0.0006, -0.0004, 0.0),
)


def values_of(lens: PinholeLens) -> np.ndarray:
    return np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.distortion])


def test_the_error_is_a_draw_from_the_covariance() -> None:
    squares = []
    for seed in range(60):
        profile = calibrated_profile(LENS, seed=seed)
        error = values_of(profile.lens) - values_of(LENS)
        squares.append(error @ np.linalg.solve(profile.covariance, error))
    # Chi square with nine degrees of freedom: mean 9, and its mean of 60 within three deviations.
    assert np.mean(squares) == pytest.approx(len(LENS_PARAMETERS), abs=3.0 * np.sqrt(18.0 / 60.0))


def test_more_views_leave_less_open() -> None:
    few, many = (lens_bound(LENS, np.random.default_rng(3), views=n)[0, 0] for n in (8, 32))
    assert many < 0.5 * few


def test_the_same_seed_is_the_same_calibration_and_the_readout_is_known() -> None:
    first, again = (calibrated_profile(LENS, seed=4, readout_ms=16.0) for _ in range(2))
    assert first.digest == again.digest
    assert first.readout_ms == 16.0
    assert first.digest != calibrated_profile(LENS, seed=5, readout_ms=16.0).digest
