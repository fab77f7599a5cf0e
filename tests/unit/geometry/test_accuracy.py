"""Predicted errors against simulated ones, and the 95 % radius against closed forms and another integral."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.accuracy import (
    expected_fre_mm,
    expected_rms_mm,
    fitzpatrick_tre_mm,
    fre_mm,
    pose_covariance,
    radius_95_mm,
    radius_mm,
)
from orview.geometry.fit import best_rotation, fit_rigid, likely_poses
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose

FOUR = np.array([[50.0, 0, 0], [0, 50, 0], [-50, 0, 0], [0, -50, 0]])
SIX = np.array([[-80.0, -60, 0], [80, -60, 30], [80, 60, 0], [-80, 60, 30], [0, 60, 15], [10, -55, 8]])
CT_PLACE = RigidTransform.from_rotation_vector(Frame.PATIENT, Frame.BOARD, [0.9, -1.4, 0.6], [-180.0, 340.0, -1290.0])
"""Where real CTs have their points: turned, and far from the origin."""


def _simulate(
    points: NDArray[np.float64], target: NDArray[np.float64], roots: NDArray[np.float64], *, trials: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the error vectors at the target and the FREs, (T, 3) and (T,), of plain fits with errors root @ normal.

    All trials at once: the fit is the closed one of `fit_rigid`, on `points` disturbed against `points` as they are.
    """
    rng = np.random.default_rng(seed)
    noise = np.einsum("nij,tnj->tni", roots, rng.normal(size=(trials, len(points), 3)))
    centre = points.mean(axis=0)
    arms = points - centre
    seen = arms + noise
    seen_centre = seen.mean(axis=1, keepdims=True)
    rotations = best_rotation(np.einsum("tni,nj->tij", seen - seen_centre, arms))
    landed = np.einsum("tij,nj->tni", rotations, arms) + seen_centre
    errors = np.einsum("tij,j->ti", rotations, target - centre) + seen_centre[:, 0] - (target - centre)
    return errors, np.sqrt(((seen - landed) ** 2).sum(axis=2).mean(axis=1))


def _rms(errors: NDArray[np.float64]) -> float:
    return float(np.sqrt((errors**2).sum(axis=-1).mean()))


def test_the_simulation_fits_as_fit_rigid_does() -> None:
    target = np.array([0.0, 0.0, 140.0])
    errors, fres = _simulate(SIX, target, np.tile(np.eye(3), (6, 1, 1)), trials=1, seed=0)
    seen = SIX + np.random.default_rng(0).normal(size=(6, 3))
    fit = fit_rigid(seen, SIX, to_frame=Frame.BOARD, from_frame=Frame.PATIENT)
    np.testing.assert_allclose(fit.transform.apply(target) - target, errors[0], atol=1e-9)
    assert fre_mm(fit.residuals_mm) == pytest.approx(fres[0])


def test_the_good_numbers_four_fiducials_and_a_deep_target() -> None:
    # FLE 1 mm, four fiducials 50 mm out (one lifted 10 mm), target 150 mm away: 1.765 mm.
    lifted = np.array([[50.0, 0, 0], [-50, 0, 0], [0, 50, 0], [0, -50, 10]])
    target = np.array([0.0, 0.0, 150.0])
    predicted = fitzpatrick_tre_mm(lifted, target, fle_rms_mm=1.0)
    assert predicted == pytest.approx(1.765, abs=5e-4)
    roots = np.tile(np.eye(3) / math.sqrt(3.0), (4, 1, 1))
    errors, fres = _simulate(lifted, target, roots, trials=20_000, seed=1)
    assert _rms(errors) == pytest.approx(predicted, rel=0.02)
    assert np.sqrt((fres**2).mean()) == pytest.approx(expected_fre_mm(fle_rms_mm=1.0, count=4), rel=0.02)
    # Seven standard errors of a correlation of nothing are 0.05.
    assert abs(np.corrcoef(fres, np.linalg.norm(errors, axis=1))[0, 1]) < 0.05


@pytest.mark.parametrize("count", [3, 4, 6, 12])
def test_fre_falls_as_the_root_of_one_minus_two_over_n(count: int) -> None:
    points = np.random.default_rng(count).uniform(-80.0, 80.0, (count, 3))
    roots = np.tile(np.eye(3) / math.sqrt(3.0), (count, 1, 1))
    _, fres = _simulate(points, np.zeros(3), roots, trials=20_000, seed=2)
    assert np.sqrt((fres**2).mean()) == pytest.approx(math.sqrt(1.0 - 2.0 / count), rel=0.02)


@pytest.mark.parametrize("depth_mm", [0.0, 50.0, 140.0])
@pytest.mark.parametrize("layout", [FOUR, SIX], ids=["flat four", "six with relief"])
def test_both_predictions_agree_and_meet_the_simulation_in_ct_coordinates(
    layout: NDArray[np.float64], depth_mm: float
) -> None:
    # A predictor that mixes axes or origins passes at the origin and fails here by a third.
    points = CT_PLACE.apply(layout)
    target = CT_PLACE.apply([10.0, -5.0, depth_mm])
    fle_mm = 0.9
    covariances = np.tile(fle_mm**2 / 3.0 * np.eye(3), (len(layout), 1, 1))
    fitzpatrick = fitzpatrick_tre_mm(points, target, fle_rms_mm=fle_mm)
    covariance = _at(points, covariances, target)
    assert expected_rms_mm(covariance) == pytest.approx(fitzpatrick, rel=1e-6)
    errors, _ = _simulate(points, target, np.linalg.cholesky(covariances), trials=20_000, seed=3)
    assert _rms(errors) == pytest.approx(fitzpatrick, rel=0.02)
    lengths = np.linalg.norm(errors, axis=1)
    assert 0.94 <= np.mean(lengths <= radius_95_mm(covariance)) <= 0.96


def _at(
    points: NDArray[np.float64],
    covariances: NDArray[np.float64],
    target: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    pose = UncertainPose(
        RigidTransform.identity(Frame.PATIENT, Frame.PATIENT), pose_covariance(points, covariances, weights=weights)
    )
    return pose.covariance_at(target)


def test_unequal_errors_under_a_plain_fit_are_predicted_direction_by_direction() -> None:
    points = CT_PLACE.apply(SIX)
    target = CT_PLACE.apply([0.0, 20.0, 120.0])
    rng = np.random.default_rng(5)
    turns = np.stack([rotation_from_vector(rng.normal(size=3)) for _ in range(6)])
    covariances = turns @ np.diag([0.01, 0.04, 0.49]) @ np.swapaxes(turns, 1, 2)
    predicted = _at(points, covariances, target, weights=np.ones(6))
    errors, _ = _simulate(points, target, np.linalg.cholesky(covariances), trials=40_000, seed=6)
    np.testing.assert_allclose(np.cov(errors.T), predicted, atol=0.02 * np.trace(predicted))
    assert _rms(errors) == pytest.approx(expected_rms_mm(predicted), rel=0.02)
    assert 0.94 <= np.mean(np.linalg.norm(errors, axis=1) <= radius_95_mm(predicted)) <= 0.96
    # The most likely fit would be better than the plain one.
    assert expected_rms_mm(_at(points, covariances, target)) < 0.8 * expected_rms_mm(predicted)


@pytest.mark.parametrize("even", [True, False], ids=["round errors", "ellipsoids"])
@pytest.mark.parametrize("seed", range(5))
def test_random_layouts_far_from_the_origin_are_as_wrong_as_predicted(seed: int, even: bool) -> None:
    # `python -m benchmarks.registration` does this for 30 layouts of each kind and 20,000 trials.
    rng = np.random.default_rng([40, seed])
    count, trials = 4 + seed, 12_000
    place = RigidTransform(
        Frame.PATIENT, Frame.BOARD, best_rotation(rng.normal(size=(3, 3))), rng.uniform(-1400.0, 1400.0, 3)
    )
    points = place.apply(rng.uniform((-80.0, -60.0, -15.0), (80.0, 60.0, 15.0), (count, 3)))
    target = place.apply([*rng.uniform(-40.0, 40.0, 2), rng.uniform(40.0, 160.0)])
    axes = best_rotation(rng.normal(size=(count, 3, 3)))
    variances = np.full((count, 3), 0.16) if even else rng.uniform(0.1, 0.6, (count, 3)) ** 2
    covariances = axes @ (variances[:, :, None] * np.swapaxes(axes, 1, 2))
    covariances = 0.5 * (covariances + np.swapaxes(covariances, 1, 2))
    noise = np.einsum("nij,tnj->tni", np.linalg.cholesky(covariances), rng.normal(size=(trials, count, 3)))
    shape = (trials, count, 3, 3)
    rotations, translations = likely_poses(
        points + noise, np.broadcast_to(points, noise.shape), np.broadcast_to(covariances, shape), np.zeros(shape)
    )
    errors = rotations @ target + translations - target
    claimed = _at(points, covariances, target)
    assert _rms(errors) == pytest.approx(expected_rms_mm(claimed), rel=0.02)
    assert 0.94 <= np.mean(np.linalg.norm(errors, axis=1) <= radius_95_mm(claimed)) <= 0.96


def test_a_pose_far_from_the_origin_keeps_its_covariance() -> None:
    covariances = np.tile(0.01 * np.eye(3), (6, 1, 1))
    near = _at(SIX, covariances, np.array([0.0, 0.0, 100.0]))
    far = np.array([3e4, -2e4, 5e4])
    np.testing.assert_allclose(_at(SIX + far, covariances, far + np.array([0.0, 0.0, 100.0])), near, rtol=1e-4)


@pytest.mark.parametrize(
    ("variances", "radius"),
    [
        ((1.0, 0.0, 0.0), 1.959963984540054),
        ((1.0, 1.0, 0.0), math.sqrt(-2.0 * math.log(0.05))),
        ((1.0, 1.0, 1.0), 2.795483482915108),
        ((0.0, 0.0, 0.0), 0.0),
    ],
)
def test_the_95_percent_radius_meets_the_closed_forms(variances: tuple[float, ...], radius: float) -> None:
    turn = rotation_from_vector([0.3, -1.0, 0.5])
    for size in (1e-6, 1.0, 1e4):
        covariance = turn @ np.diag(variances) @ turn.T * size**2
        assert radius_95_mm(covariance) == pytest.approx(radius * size, rel=1e-6)


@pytest.mark.parametrize(
    "variances",
    [(1, 0.5, 0.2), (1, 0.9, 0.01), (1, 0.1, 0.1), (1, 0.3, 0.001), (1, 1, 0.5), (1, 0.999, 0.998), (1, 1e-6, 1e-6)],
)
def test_the_95_percent_radius_meets_imhofs_integral(variances: tuple[float, ...]) -> None:
    radius = radius_95_mm(np.diag(variances))
    # Imhof 1961, equation 3.2: P(Q > q) = 1/2 + 1/pi integral of sin(theta) / (u rho).
    step = 2.5e-4
    u = (np.arange(1_600_000) + 0.5) * step
    theta = 0.5 * sum(np.arctan(v * u) for v in variances) - 0.5 * radius**2 * u
    rho = np.prod([(1.0 + (v * u) ** 2) ** 0.25 for v in variances], axis=0)
    outside = 0.5 + float((np.sin(theta) / (u * rho)).sum()) * step / math.pi
    assert outside == pytest.approx(0.05, abs=1e-4)


def test_the_95_percent_radius_holds_95_percent_of_draws() -> None:
    rng = np.random.default_rng(8)
    for _ in range(5):
        root = rng.normal(size=(3, 3)) @ np.diag(rng.uniform(0.0, 1.0, 3))
        draws = rng.normal(size=(200_000, 3)) @ root.T
        held = np.mean(np.linalg.norm(draws, axis=1) <= radius_95_mm(root @ root.T))
        assert held == pytest.approx(0.95, abs=0.0025)


@pytest.mark.parametrize("probability", [0.5, 0.8, 0.99, 0.9999])
def test_other_probabilities_meet_the_plane(probability: float) -> None:
    expected = math.sqrt(-2.0 * math.log(1.0 - probability))
    assert radius_mm(np.diag([4.0, 4.0, 0.0]), probability=probability) == pytest.approx(2.0 * expected, rel=1e-6)


@pytest.mark.parametrize(
    "covariance",
    [np.eye(2), np.full((3, 3), np.nan), -np.eye(3), np.diag([1.0, 1.0, -0.1]), np.eye(3) + np.eye(3, k=1)],
)
def test_what_is_no_covariance_has_no_radius(covariance: NDArray[np.float64]) -> None:
    with pytest.raises(ContractError):
        radius_95_mm(covariance)


def test_probabilities_and_counts_out_of_range_break_the_contract() -> None:
    for probability in (0.0, 0.4, 1.0, math.nan):
        with pytest.raises(ContractError):
            radius_mm(np.eye(3), probability=probability)
    with pytest.raises(ContractError):
        expected_fre_mm(fle_rms_mm=1.0, count=2)
    with pytest.raises(ContractError):
        pose_covariance(SIX, np.zeros((6, 3, 3)))
