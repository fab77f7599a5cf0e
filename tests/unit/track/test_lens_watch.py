"""A lens that is no longer the profile's is told within ten looks, five seconds; noise and a bent print are not."""

from dataclasses import replace

import numpy as np
import pytest

from orview.geometry.pinhole import PinholeLens
from orview.markers.bow import bow_modes
from orview.markers.camera import CameraProfile
from orview.markers.uncertainty import pixel_jacobians
from orview.track.lens_watch import EVERY_NS, Leftover, LensWatch, leftover_of
from orview.track.predict import moved
from tests.board_pictures import board_pose
from tests.unit.track.test_follow import BOARD, LENS, PROFILE

LOOKS = 10
POINTS = BOARD.chessboard_corners_mm
TRUE_LENS = replace(LENS, width_px=1920, height_px=1080, fx_px=1371.0, fy_px=1371.0, cx_px=959.5, cy_px=539.5)


def profile_of(lens: PinholeLens) -> CameraProfile:
    covariance = np.diag([1.0, 1.0, 1.0, 1.0, 1e-8, 1e-8, 1e-10, 1e-10, 1e-8])
    return replace(PROFILE, lens=lens, mode="1920x1080", covariance=covariance)


def watched(
    lens: PinholeLens, *, seed: int = 0, noise_px: float = 0.05, looks: int = LOOKS, corners_only: bool = False
) -> LensWatch:
    """Return a watch that believes in `lens` after a board was seen through the true one, every half second.

    Seen are places on borders, each across itself only and all of them shifted alike, or corners.
    """
    watch, rng = LensWatch(BOARD, profile_of(lens)), np.random.default_rng(seed)
    points = (
        POINTS
        if corners_only
        else np.column_stack([rng.uniform((0.0, 0.0), BOARD.pattern_mm, (300, 2)), np.zeros(300)])
    )
    modes = bow_modes(BOARD, points)
    bent = points + modes @ rng.standard_normal(modes.shape[2])
    for k in range(looks):
        truth = board_pose(
            BOARD,
            distance_mm=500.0 + 30.0 * np.sin(1.9 * k),
            tilt_deg=28.0 + 10.0 * np.sin(1.3 * k),
            azimuth_deg=40.0 + 25.0 * np.sin(0.9 * k),
            roll_deg=15.0,
            aside_mm=(30.0 * np.sin(1.2 * k), 18.0 * np.cos(1.5 * k)),
        )
        seen = TRUE_LENS.project(truth.apply(bent)) + rng.normal(0.0, noise_px, (len(points), 2))
        angles = rng.integers(0, 4, len(points)) * (np.pi / 2.0) + np.radians(15.0)
        across = np.column_stack([np.cos(angles), np.sin(angles)])
        pose = truth
        for _ in range(5):  # Gauss-Newton by the lens believed in
            by_motion = pixel_jacobians(pose, points, lens)[0].reshape(len(points), 2, 6)
            rest = seen - lens.project(pose.apply(points))
            if corners_only:
                step = np.linalg.lstsq(by_motion.reshape(-1, 6), rest.ravel(), rcond=None)[0]
            else:
                shifted = np.einsum("nd,nd->n", across, rest) + 0.07
                slopes = np.column_stack([np.einsum("nd,ndk->nk", across, by_motion), np.ones(len(points))])
                step = np.linalg.lstsq(slopes, shifted, rcond=None)[0][:6]
            pose = moved(pose, step)
        leftover = leftover_of(pose, points, seen, lens)
        if not corners_only:
            rest_px = np.einsum("nd,nd->n", across, seen - lens.project(pose.apply(points)))
            leftover = Leftover(
                camera_from_board=pose, points_board_mm=points, across=across, rest_px=rest_px, shifted=True
            )
        assert watch.is_due(k * EVERY_NS) or watch.reason
        watch.look(leftover, taken_ns=k * EVERY_NS)
    return watch


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("factor", [0.95, 0.97, 0.98, 1.02, 1.03, 1.05])
def test_a_wrong_focal_length_is_told_within_five_seconds(factor: float) -> None:
    for seed in range(10):
        watch = watched(replace(TRUE_LENS, fx_px=factor * 1371.0, fy_px=factor * 1371.0), seed=seed)
        assert "focal length off" in watch.reason
        error = watch.lens_error()
        assert error is not None
        assert error[0][0] == pytest.approx(1.0 / factor - 1.0, abs=3.0 * error[1][0])


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_corners_alone_tell_of_a_grossly_wrong_focal_length(factor: float) -> None:
    for seed in range(10):
        lens = replace(TRUE_LENS, fx_px=factor * 1371.0, fy_px=factor * 1371.0)
        assert "focal length off" in watched(lens, seed=seed, corners_only=True).reason


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("shift_px", [(10.0, 0.0), (0.0, -10.0)])
def test_a_shifted_principal_point_is_told_within_ten_seconds(shift_px: tuple[float, float]) -> None:
    for seed in range(5):
        lens = replace(TRUE_LENS, cx_px=959.5 + shift_px[0], cy_px=539.5 + shift_px[1])
        assert "principal point off by about" in watched(lens, seed=seed, looks=2 * LOOKS).reason


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("noise_px", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("corners_only", [False, True])
def test_the_right_lens_is_left_in_peace(noise_px: float, corners_only: bool) -> None:
    for seed in range(15):
        watch = watched(TRUE_LENS, seed=seed, noise_px=noise_px, looks=2 * LOOKS, corners_only=corners_only)
        assert watch.reason == ""


def test_what_is_said_of_the_lens_is_as_uncertain_as_is_told() -> None:
    scores = []
    for seed in range(40):
        error = watched(TRUE_LENS, seed=seed, noise_px=0.06).lens_error()
        assert error is not None
        scores.append(error[0] / error[1])
    spread = np.std(scores, axis=0)
    # Borders of real pictures err together, so that less is claimed than independent noise would allow.
    assert (spread < 1.1).all()
    assert (spread > 0.2).all()


def test_a_picture_counts_only_every_half_second_and_after_acknowledging_all_begins_anew() -> None:
    watch = watched(replace(TRUE_LENS, fx_px=1.05 * 1371.0, fy_px=1.05 * 1371.0))
    assert watch.reason
    assert not watch.is_due(10**12)
    watch.acknowledge()
    assert (watch.reason, watch.lens_error()) == ("", None)
    assert watch.is_due(0)


@pytest.mark.hazard("H11")
def test_the_right_lens_is_measured_to_fit_within_ten_seconds() -> None:
    assert not LensWatch(BOARD, profile_of(TRUE_LENS)).fits
    assert not watched(TRUE_LENS, looks=2).fits
    assert all(watched(TRUE_LENS, seed=seed, looks=2 * LOOKS).fits for seed in range(10))


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("factor", [0.95, 0.98, 0.991, 1.009, 1.02, 1.05])
def test_no_refocused_lens_is_measured_to_fit_however_long_one_looks(factor: float) -> None:
    lens = replace(TRUE_LENS, fx_px=factor * 1371.0, fy_px=factor * 1371.0)
    for looks in (5, LOOKS, 4 * LOOKS):
        assert not any(watched(lens, seed=seed, looks=looks).fits for seed in range(3))
