"""The tip of a pointer: exact, honest, robust, and refused where the swing was too narrow or the tip slipped."""

import numpy as np
import pytest

from orview.calibrate.pivot import calibrate_pivot
from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from tests.unit.calibrate.moved_poses import covariance_about, disturbed

TIP = np.array([25.0, -140.0, 12.0])
PIVOT = np.array([30.0, 60.0, 480.0])


def swung(
    count: int, *, seed: int, cone_deg: float = 30.0, noise: float = 1.0, flat: bool = False
) -> list[UncertainPose]:
    """Return poses of a pointer's board, swung about its tip within a cone of this half angle."""
    rng = np.random.default_rng(seed)
    poses = []
    for _ in range(count):
        direction = 0.0 if flat else rng.uniform(0.0, 2.0 * np.pi)
        lean = np.radians(cone_deg) * (rng.uniform(-1.0, 1.0) if flat else np.sqrt(rng.uniform()))
        spin = 0.0 if flat else rng.uniform(-0.5, 0.5)
        rotation = rotation_from_vector(lean * np.array([np.cos(direction), 0.0, np.sin(direction)]))
        rotation = rotation @ rotation_from_vector((0.0, spin, 0.0))
        truth = RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, PIVOT - rotation @ TIP)
        covariance = covariance_about(truth, turn_rad=0.002 * noise, shift_mm=(0.1 * noise, 0.1 * noise, 0.4 * noise))
        poses.append(disturbed(truth, covariance, rng))
    return poses


def shifted(pose: UncertainPose, by_mm: tuple[float, float, float]) -> UncertainPose:
    transform = pose.transform
    moved = RigidTransform(Frame.CAMERA, Frame.BOARD, transform.rotation, transform.translation_mm + by_mm)
    return UncertainPose(moved, pose.covariance)


def test_poses_without_noise_give_the_exact_tip() -> None:
    result = calibrate_pivot(swung(20, seed=0, noise=1e-6))
    np.testing.assert_allclose(result.tip_in_board_mm, TIP, atol=1e-4)
    np.testing.assert_allclose(result.pivot_in_camera_mm, PIVOT, atol=1e-4)


def test_the_claim_is_honest() -> None:
    trials = 120
    results = [calibrate_pivot(swung(60, seed=seed)) for seed in range(trials)]
    errors = np.array([result.tip_in_board_mm - TIP for result in results])
    scores = errors / [np.sqrt(np.diag(result.covariance_mm2)) for result in results]
    rms = np.sqrt(np.square(scores).mean(axis=0))
    assert (rms > 0.8).all(), rms
    assert (rms < 1.3).all(), rms
    inside = np.mean([np.linalg.norm(e) < result.error_mm for e, result in zip(errors, results, strict=True)])
    assert inside == pytest.approx(0.95, abs=3.0 * np.sqrt(0.95 * 0.05 / trials))


def test_wrong_poses_are_left_out() -> None:
    poses = swung(60, seed=1)
    wrong = (5, 17, 44)
    for k in wrong:
        poses[k] = shifted(poses[k], (25.0, -10.0, 30.0))
    result = calibrate_pivot(poses)
    assert set(wrong) <= {k for k, used in enumerate(result.used) if not used}
    assert sum(result.used) >= 55
    error = result.tip_in_board_mm - TIP
    assert error @ np.linalg.solve(result.covariance_mm2, error) < 16.3


def test_a_narrow_cone_and_a_swing_to_and_fro_are_refused() -> None:
    with pytest.raises(RefusedError, match="too narrow"):
        calibrate_pivot(swung(60, seed=2, cone_deg=6.0))
    with pytest.raises(RefusedError, match="too narrow"):
        calibrate_pivot(swung(60, seed=3, cone_deg=40.0, flat=True))


def test_a_tip_that_slipped_is_refused() -> None:
    slipping = [shifted(pose, (4.0 * k, 3.0 * k, 0.0)) for k, pose in enumerate(swung(30, seed=5))]
    with pytest.raises(RefusedError, match="slipped"):
        calibrate_pivot(swung(10, seed=4) + slipping)


def test_too_few_poses_are_refused() -> None:
    with pytest.raises(RefusedError, match="7 poses are too few"):
        calibrate_pivot(swung(7, seed=6))
