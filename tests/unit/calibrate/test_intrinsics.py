"""Calibration against a known lens: the lens comes back, and its covariance says how far off it may be."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.calibrate.expected import sensitivity
from orview.calibrate.intrinsics import Calibration, calibrate_intrinsics
from orview.calibrate.projection import vector_of
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


MIDDLE = np.append(0.5 * (BOARD.chessboard_corners_mm.min(axis=0) + BOARD.chessboard_corners_mm.max(axis=0))[:2], 0.0)
SENSITIVITY = sensitivity(
    vector_of(LENS), BOARD.chessboard_corners_mm - MIDDLE, width_px=LENS.width_px, height_px=LENS.height_px
)


def bent(kind: str, bow_mm: float) -> NDArray[np.float64]:
    """Return where the corners of a board are that is bent by so much from its middle to the ends of the sheet."""
    x, y = ((BOARD.chessboard_corners_mm - MIDDLE)[:, :2] / (95.0, 115.0)).T
    height = {"cylinder": y * y, "saddle": x * x - y * y, "twist": x * y}[kind]
    return BOARD.chessboard_corners_mm + np.outer(bow_mm * height, (0.0, 0.0, 1.0))


def sightings_of(
    count: int,
    *,
    seed: int,
    noise_px: float = 0.1,
    tilt_deg: tuple[float, float] = (15.0, 50.0),
    truth: NDArray[np.float64] | None = None,
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
        pixels = LENS.project(pose.apply(points if truth is None else truth)) + rng.normal(
            0.0, noise_px, (len(points), 2)
        )
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
    error = vector_of(profile.lens) - vector_of(LENS)
    return float(error @ np.linalg.solve(profile.covariance, error))


def test_corners_without_noise_give_the_exact_lens() -> None:
    result = calibrate(sightings_of(8, seed=1, noise_px=0.0))
    # OpenCV takes corners as float32, which rounds a pixel of 1000 to 6e-5.
    np.testing.assert_allclose(vector_of(result.profile.lens), vector_of(LENS), rtol=2e-3, atol=2e-3)
    assert result.profile.rms_px < 1e-3


@pytest.mark.slow
def test_the_claimed_covariance_is_honest() -> None:
    trials = 120
    results = [calibrate(sightings_of(8, seed=1000 + seed)).profile for seed in range(trials)]
    squared = np.array([distance_in_sigmas(profile) for profile in results])
    # Chi-square with 9 degrees of freedom: mean 9, variance 18; 95 % lie below 16.92.
    assert squared.mean() == pytest.approx(9.0, abs=4.0 * np.sqrt(18.0 / trials))
    assert (squared < 16.92).mean() == pytest.approx(0.95, abs=3.0 * np.sqrt(0.95 * 0.05 / trials))


@pytest.mark.slow
def test_the_claims_are_honest_on_a_board_that_is_not_flat() -> None:
    bows = [("cylinder", 0.5), ("saddle", 1.0), ("twist", 0.3)]
    results = [calibrate(sightings_of(20, seed=1000 + k, truth=bent(*bows[k % 3]))).profile for k in range(60)]
    errors = [vector_of(profile.lens) - vector_of(LENS) for profile in results]
    scores = [error / list(profile.sigmas.values()) for error, profile in zip(errors, results, strict=True)]
    rms = np.sqrt(np.square(scores).mean(axis=0))
    assert (rms > 0.8).all(), rms
    assert (rms < 1.3).all(), rms
    # The same at the target: what the error of the lens does there, in units of what is claimed for it.
    at_target = SENSITIVITY.by_lens
    moved = np.array([at_target @ error for error in errors])
    claimed = np.array([np.einsum("kij,jl,kil->ki", at_target, p.covariance, at_target) for p in results])
    assert 0.8 < np.sqrt((np.square(moved) / claimed).mean()) < 1.3


@cache
def mean_error_mm(kind: str, bow_mm: float) -> float:
    """Return how far the target lands from where it is with the lenses of five calibrations, mean."""
    lenses = [calibrate(sightings_of(20, seed=seed, truth=bent(kind, bow_mm))).profile.lens for seed in range(5)]
    moved = [SENSITIVITY.by_lens @ (vector_of(lens) - vector_of(LENS)) for lens in lenses]
    return float(np.linalg.norm(moved, axis=2).mean())


@pytest.mark.parametrize("bow_mm", [0.25, 1.0])
@pytest.mark.parametrize("kind", ["cylinder", "saddle", "twist"])
def test_a_bent_board_costs_no_more_than_a_flat_one(kind: str, bow_mm: float) -> None:
    assert mean_error_mm(kind, bow_mm) < 0.45
    assert mean_error_mm(kind, bow_mm) < 1.3 * mean_error_mm("cylinder", 0.0)


def test_the_bow_of_the_board_is_found_and_told() -> None:
    truth = bent("saddle", 0.7)
    result = calibrate(sightings_of(20, seed=20, truth=truth))
    # The corners end a square before the sheet does; their plane of best fit is level by symmetry.
    assert result.profile.board_bow_mm == pytest.approx(np.ptp(truth[:, 2]), abs=0.05)
    assert "CALIBRATION_BOARD_BENT" in {finding.code for finding in result.findings}
    assert calibrate(sightings_of(20, seed=20)).profile.board_bow_mm < 0.1


def test_a_print_stretched_one_way_does_not_pass_for_a_lens_with_two_focal_lengths() -> None:
    stretched = BOARD.chessboard_corners_mm * (1.001, 0.999, 1.0)
    profile = calibrate(sightings_of(20, seed=21, truth=stretched)).profile
    assert distance_in_sigmas(profile) < 27.88
    assert profile.lens.fx_px / profile.lens.fy_px == pytest.approx(LENS.fx_px / LENS.fy_px, abs=3e-4)


def test_the_verdict_is_the_error_at_the_working_distance() -> None:
    good = calibrate(sightings_of(20, seed=22))
    at_work = {expected.distance_mm: expected.error_mm for expected in good.expected}
    assert (good.verdict, good.accepted) == ("accepted", True)
    assert good.profile.expected_error_mm == at_work[500.0] < good.limit_mm
    assert at_work[300.0] < at_work[500.0] < at_work[1200.0]
    poor = calibrate(sightings_of(4, seed=22))
    assert (poor.verdict, poor.accepted) == ("refused", False)
    assert "CALIBRATION_TOO_UNCERTAIN" in {finding.code for finding in poor.findings}


def test_two_boards_with_the_same_ids_are_refused() -> None:
    views = sightings_of(10, seed=23)
    doubled = [replace(view, doubled_ids=(41, 43)) for view in views]
    assert calibrate(doubled[:4] + views[4:]).profile.views == 10
    with pytest.raises(RefusedError, match="two boards"):
        calibrate(doubled[:6] + views[6:])


def test_neighbours_that_err_alike_widen_the_claim() -> None:
    rng = np.random.default_rng(24)
    views = sightings_of(16, seed=24, noise_px=0.0)
    spoilt = []
    for view in views:
        waves = rng.normal(0.0, 1.0 / 25.0, (2, 2))
        drift = 0.2 * np.sin(view.points_board_mm[:, :2] @ waves + rng.uniform(0.0, 6.0, 2))
        spoilt.append(replace(view, pixels=view.pixels + drift + rng.normal(0.0, 0.03, view.pixels.shape)))
    result = calibrate(spoilt)
    assert "CALIBRATION_ERRORS_ALIKE" in {finding.code for finding in result.findings}
    assert distance_in_sigmas(result.profile) < 27.88


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
