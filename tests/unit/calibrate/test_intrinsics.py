"""Calibration against a known lens: the lens comes back, and its covariance says how far off it may be."""

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.calibrate.intrinsics import Calibration, calibrate_intrinsics
from orview.edge.boards import load_board
from orview.errors import RefusedError
from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting
from tests.board_pictures import board_pose

BOARD = load_board("calibration_a4")
LENS = PinholeLens(
    width_px=1280,
    height_px=720,
    fx_px=1065.0,
    fy_px=1062.0,
    cx_px=645.0,
    cy_px=352.0,
    distortion=(0.08, -0.15, 0.001, -0.0008, 0.03),
)


def lens_numbers(lens: PinholeLens) -> NDArray[np.float64]:
    return np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.distortion])


def sightings_of(
    count: int, *, seed: int, noise_px: float = 0.1, tilt_deg: tuple[float, float] = (15.0, 50.0)
) -> list[Sighting]:
    """Return corners of views spread over the picture, those outside it left out."""
    rng = np.random.default_rng(seed)
    views = []
    while len(views) < count:
        pose = board_pose(
            BOARD,
            distance_mm=rng.uniform(280.0, 450.0),
            tilt_deg=rng.uniform(*tilt_deg),
            azimuth_deg=rng.uniform(0.0, 360.0),
            roll_deg=rng.uniform(0.0, 360.0),
            aside_mm=(rng.uniform(-120.0, 120.0), rng.uniform(-60.0, 60.0)),
        )
        points = BOARD.chessboard_corners_mm
        pixels = LENS.project(pose.apply(points)) + rng.normal(0.0, noise_px, (len(points), 2))
        inside = ((pixels > 5.0) & (pixels < (LENS.width_px - 5.0, LENS.height_px - 5.0))).all(axis=1)
        if inside.sum() >= 30:
            views.append(Sighting(pixels=pixels[inside], points_board_mm=points[inside], marker_count=20))
    return views


def calibrate(sightings: list[Sighting]) -> Calibration:
    return calibrate_intrinsics(
        sightings,
        width_px=LENS.width_px,
        height_px=LENS.height_px,
        camera="test",
        mode="1280x720",
        serial="7",
        calibrated_on=date(2026, 1, 2),
        board_digest=BOARD.digest,
    )


def distance_in_sigmas(profile: CameraProfile) -> float:
    error = lens_numbers(profile.lens) - lens_numbers(LENS)
    return float(error @ np.linalg.solve(profile.covariance, error))


def test_corners_without_noise_give_the_exact_lens() -> None:
    result = calibrate(sightings_of(8, seed=1, noise_px=0.0))
    # OpenCV takes corners as float32, which rounds a pixel of 1000 to 6e-5.
    np.testing.assert_allclose(lens_numbers(result.profile.lens), lens_numbers(LENS), rtol=2e-3, atol=2e-3)
    assert result.profile.rms_px < 1e-3


def test_the_claimed_covariance_is_honest() -> None:
    trials = 120
    results = [calibrate(sightings_of(8, seed=seed)).profile for seed in range(trials)]
    squared = np.array([distance_in_sigmas(profile) for profile in results])
    # Chi-square with 9 degrees of freedom: mean 9, variance 18; 95 % lie below 16.92.
    assert squared.mean() == pytest.approx(9.0, abs=4.0 * np.sqrt(18.0 / trials))
    assert (squared < 16.92).mean() == pytest.approx(0.95, abs=3.0 * np.sqrt(0.95 * 0.05 / trials))


def test_the_profile_says_what_it_is_made_of() -> None:
    profile = calibrate(sightings_of(12, seed=3)).profile
    assert (profile.views, profile.board_digest, profile.calibrated_on) == (12, BOARD.digest, date(2026, 1, 2))
    # Two noisy coordinates a corner, less what the parameters absorb.
    assert profile.rms_px == pytest.approx(0.1 * np.sqrt(2.0), rel=0.05)


def test_gross_corners_are_left_out() -> None:
    clean = sightings_of(12, seed=4)
    rng = np.random.default_rng(5)
    spoilt = []
    for view in clean:
        pixels = view.pixels.copy()
        wrong = rng.choice(len(pixels), 3, replace=False)
        pixels[wrong] += rng.uniform(5.0, 30.0, (3, 2)) * rng.choice([-1.0, 1.0], (3, 2))
        spoilt.append(Sighting(pixels=pixels, points_board_mm=view.points_board_mm, marker_count=20))
    result = calibrate(spoilt)
    assert result.rejected_corners >= 3 * len(clean)
    assert result.rejected_corners <= 3 * len(clean) + 5
    assert distance_in_sigmas(result.profile) < 27.88  # chi-square, 9 degrees of freedom, 99.9 %


def test_gross_views_are_left_out_and_named() -> None:
    views = sightings_of(20, seed=6)
    rng = np.random.default_rng(7)
    bad = (2, 9, 13, 17)
    for k in bad:
        moved = views[k].pixels + rng.normal(0.0, 12.0, views[k].pixels.shape)
        views[k] = Sighting(pixels=moved, points_board_mm=views[k].points_board_mm, marker_count=20)
    result = calibrate(views)
    assert tuple(k for k, rms in enumerate(result.view_rms_px) if rms is None) == bad
    assert "CALIBRATION_VIEWS_REJECTED" in {finding.code for finding in result.findings}
    assert distance_in_sigmas(result.profile) < 27.88


def test_a_good_set_of_pictures_has_nothing_to_be_said_about() -> None:
    assert calibrate(sightings_of(16, seed=8)).findings == ()


def test_frontal_pictures_are_advised_against() -> None:
    codes = {finding.code for finding in calibrate(sightings_of(6, seed=9, tilt_deg=(0.0, 6.0))).findings}
    assert {"CALIBRATION_NO_TILT", "CALIBRATION_FOCAL_UNCERTAIN", "CALIBRATION_FEW_VIEWS"} <= codes


def test_identical_frontal_pictures_do_not_pass_for_a_lens() -> None:
    view = sightings_of(1, seed=10, tilt_deg=(0.0, 0.0))[0]
    with pytest.raises(RefusedError):
        calibrate([view] * 5)


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(RefusedError, match="at least 3"):
        calibrate(sightings_of(2, seed=11))
    few_corners = [
        Sighting(pixels=s.pixels[:6], points_board_mm=s.points_board_mm[:6], marker_count=3)
        for s in sightings_of(5, seed=12)
    ]
    with pytest.raises(RefusedError, match="at least 3"):
        calibrate(few_corners)


def test_pictures_of_another_board_are_refused() -> None:
    rng = np.random.default_rng(13)
    views = [
        Sighting(pixels=rng.permutation(s.pixels), points_board_mm=s.points_board_mm, marker_count=20)
        for s in sightings_of(6, seed=14)
    ]
    with pytest.raises(RefusedError):
        calibrate(views)


def test_a_board_with_depth_is_refused() -> None:
    views = [
        Sighting(pixels=s.pixels, points_board_mm=s.points_board_mm + np.array([0.0, 0.0, 5.0]), marker_count=20)
        for s in sightings_of(4, seed=15)
    ]
    with pytest.raises(RefusedError, match="flat board"):
        calibrate(views)
