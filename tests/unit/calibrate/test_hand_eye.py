"""Where the camera sits on a headset: exact, honest about its error, robust, and refused where motion was too poor."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.calibrate.hand_eye import HandEyeView, calibrate_hand_eye
from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from tests.unit.calibrate.moved_poses import covariance_about, disturbed, motion_between, scaled

CAMERA = RigidTransform.from_rotation_vector(Frame.HEADSET, Frame.CAMERA, (3.0, 0.2, -0.1), (32.0, 18.0, -41.0))
BOARD = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, (-1.2, 0.3, 0.4), (250.0, 900.0, -620.0))
AWAY = RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.BOARD, (0.3, -0.2, 0.1), (-60.0, -40.0, 500.0))


def views_of(
    count: int,
    *,
    seed: int,
    spread_deg: float = 29.0,
    noise: float = 1.0,
    axes: tuple[float, float, float] = (1.0, 1.0, 1.0),
    told: float = 1.0,
) -> list[HandEyeView]:
    """Return views of a resting board, the head turned by so much (rms) about its axes and moved by some 100 mm."""
    rng = np.random.default_rng(seed)
    views = []
    for _ in range(count):
        turn = rotation_from_vector(rng.normal(0.0, np.radians(spread_deg) / np.sqrt(3.0), 3) * axes)
        camera_from_board = RigidTransform(
            Frame.CAMERA, Frame.BOARD, turn @ AWAY.rotation, AWAY.translation_mm + rng.normal(0.0, 60.0, 3)
        )
        world_from_headset = BOARD @ camera_from_board.inverse() @ CAMERA.inverse()
        aside, deep = noise * 0.1, noise * 0.4
        seen = covariance_about(camera_from_board, turn_rad=noise * 0.0007, shift_mm=(aside, aside, deep))
        head = covariance_about(world_from_headset, turn_rad=noise * 0.0007, shift_mm=(noise * 0.3,) * 3)
        views.append(
            HandEyeView(
                world_from_headset=scaled(disturbed(world_from_headset, head, rng), told),
                camera_from_board=scaled(disturbed(camera_from_board, seen, rng), told),
            )
        )
    return views


def errors_of(views: list[HandEyeView]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the error (6,) of the camera's place and its claimed covariance."""
    found = calibrate_hand_eye(views).headset_from_camera
    return motion_between(CAMERA, found.transform), found.covariance


def test_poses_without_noise_give_the_exact_place() -> None:
    result = calibrate_hand_eye(views_of(8, seed=0, noise=1e-6))
    np.testing.assert_allclose(result.headset_from_camera.transform.matrix, CAMERA.matrix, atol=1e-5)
    np.testing.assert_allclose(result.world_from_board.transform.matrix, BOARD.matrix, atol=1e-4)
    assert all(result.used)


def test_30_poses_reach_the_known_accuracy_and_the_claim_is_honest() -> None:
    trials = 60
    drawn = [errors_of(views_of(30, seed=seed)) for seed in range(trials)]
    scores = np.array([error / np.sqrt(np.diag(covariance)) for error, covariance in drawn])
    rms = np.sqrt(np.square(scores).mean(axis=0))
    assert (rms > 0.8).all(), rms
    assert (rms < 1.3).all(), rms
    squared = np.array([error @ np.linalg.solve(covariance, error) for error, covariance in drawn])
    # Chi-square with 6 degrees of freedom: mean 6, variance 12.
    assert squared.mean() == pytest.approx(6.0, abs=4.0 * np.sqrt(12.0 / trials))
    assert np.median(np.linalg.norm([error[3:] for error, _ in drawn], axis=1)) < 0.38
    assert np.degrees(np.median(np.linalg.norm([error[:3] for error, _ in drawn], axis=1))) < 0.05


def test_gross_outliers_are_left_out_and_named() -> None:
    views = views_of(40, seed=1)
    wrong = (7, 23)
    far = RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.BOARD, (0.4, 0.9, -0.5), (80.0, -50.0, 700.0))
    for k in wrong:
        views[k] = HandEyeView(
            world_from_headset=views[k].world_from_headset,
            camera_from_board=UncertainPose(far, views[k].camera_from_board.covariance),
        )
    result = calibrate_hand_eye(views)
    assert tuple(k for k, used in enumerate(result.used) if not used) == wrong
    error = motion_between(CAMERA, result.headset_from_camera.transform)
    assert error @ np.linalg.solve(result.headset_from_camera.covariance, error) < 22.5


def test_a_claim_is_widened_where_the_views_scatter_more_than_they_say() -> None:
    honest = calibrate_hand_eye(views_of(30, seed=2))
    boastful = calibrate_hand_eye(views_of(30, seed=2, told=1.0 / 3.0))
    assert boastful.excess == pytest.approx(3.0, rel=0.2)
    ratio = np.diag(boastful.headset_from_camera.covariance) / np.diag(honest.headset_from_camera.covariance)
    assert ratio == pytest.approx(np.ones(6), rel=0.3)
    timid = views_of(30, seed=2, told=3.0)
    known, guessed = (calibrate_hand_eye(timid, noise_known=known) for known in (True, False))
    assert known.headset_from_camera.covariance[3, 3] > 5.0 * guessed.headset_from_camera.covariance[3, 3]


def test_a_head_that_hardly_turned_is_refused() -> None:
    with pytest.raises(RefusedError, match="hardly turned"):
        calibrate_hand_eye(views_of(30, seed=3, spread_deg=1.0))


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
def test_turns_about_one_axis_only_are_refused(axis: tuple[float, float, float]) -> None:
    with pytest.raises(RefusedError, match="one axis only"):
        calibrate_hand_eye(views_of(30, seed=4, axes=axis))


def test_too_few_views_and_a_board_that_moved_are_refused() -> None:
    with pytest.raises(RefusedError, match="4 views are too few"):
        calibrate_hand_eye(views_of(4, seed=5))
    mixed = [
        HandEyeView(world_from_headset=a.world_from_headset, camera_from_board=b.camera_from_board)
        for a, b in zip(views_of(30, seed=6), views_of(30, seed=7), strict=True)
    ]
    with pytest.raises(RefusedError, match="agree with one place"):
        calibrate_hand_eye(mixed)
