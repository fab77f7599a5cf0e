"""The fit of point sets: exact where it can be, honest where it cannot, refused where it must be."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import ContractError, RefusedError
from orview.frames import Frame
from orview.geometry.accuracy import fre_mm, pose_covariance
from orview.geometry.fit import RigidFit, best_rotation, fit_rigid, fit_rigid_likely, likely_poses, scale_sigma
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from tests.data import shared_data

BEADS = np.array(
    [
        [-10.0, -8, 8],
        [160, 5, 8],
        [152, 118, 8],
        [-12, 110, 8],
        [70, -14, -22],
        [165, 62, -25],
        [40, 122, -20],
        [88, 60, 8],
    ]
)
PLACE = RigidTransform.from_rotation_vector(Frame.BOARD, Frame.PATIENT, [0.4, -2.1, 0.7], [-310.0, 540.0, -1210.0])


def _fit(points_to: NDArray[np.float64], points_from: NDArray[np.float64], **more: object) -> RigidFit:
    return fit_rigid(points_to, points_from, to_frame=Frame.BOARD, from_frame=Frame.PATIENT, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [3, 4, 8])
def test_the_fit_of_exact_points_is_exact(count: int) -> None:
    fit = _fit(PLACE.apply(BEADS[-count:]), BEADS[-count:])
    np.testing.assert_allclose(fit.transform.matrix, PLACE.matrix, atol=1e-9)
    np.testing.assert_allclose(fit.residuals_mm, 0.0, atol=1e-9)
    assert fit.scale == pytest.approx(1.0, abs=1e-12)
    assert fit.transform.to_frame is Frame.BOARD
    assert fit.transform.from_frame is Frame.PATIENT


def test_weights_pull_the_fit_to_the_points_that_are_sure() -> None:
    moved = PLACE.apply(BEADS)
    moved[0] += (6.0, 0.0, 0.0)
    weights = np.ones(8)
    weights[0] = 1e-9
    fit = _fit(moved, BEADS, weights=weights)
    np.testing.assert_allclose(fit.transform.matrix, PLACE.matrix, atol=1e-6)
    assert fit.residuals_mm[0] == pytest.approx((6.0, 0.0, 0.0), abs=1e-6)


def test_a_weight_of_two_counts_as_the_point_twice() -> None:
    # The fit refuses duplicates, so the twin stands 0.002 mm away: the answers meet within that.
    noisy = PLACE.apply(BEADS) + np.random.default_rng(4).normal(0, 1.0, BEADS.shape)
    twice = _fit(noisy, BEADS, weights=[2, 1, 1, 1, 1, 1, 1, 1])
    shift = np.array((0.002, 0.0, 0.0))
    listed = _fit(np.vstack([noisy, noisy[:1] + PLACE.rotate(shift)]), np.vstack([BEADS, BEADS[:1] + shift]))
    np.testing.assert_allclose(twice.transform.apply(BEADS), listed.transform.apply(BEADS), atol=2e-3)


@pytest.mark.hazard("H04")
def test_a_mirrored_point_set_never_becomes_a_mirrored_pose() -> None:
    mirrored = BEADS * (-1.0, 1.0, 1.0)
    fit = _fit(mirrored, BEADS)
    assert np.linalg.det(fit.transform.rotation) == pytest.approx(1.0)
    assert fre_mm(fit.residuals_mm) > 5.0
    flat = BEADS * (1.0, 1.0, 0.0)
    turned = _fit(flat * (-1.0, 1.0, 1.0), flat)
    assert np.linalg.det(turned.transform.rotation) == pytest.approx(1.0)


def test_best_rotation_of_many_matrices_is_that_of_each() -> None:
    matrices = np.random.default_rng(0).normal(size=(20, 3, 3))
    together = best_rotation(matrices)
    np.testing.assert_allclose(np.linalg.det(together), 1.0)
    for matrix, rotation in zip(matrices, together, strict=True):
        np.testing.assert_array_equal(best_rotation(matrix), rotation)


@pytest.mark.parametrize("factor", [0.001, 0.01, 0.99, 1.0, 1.01, 10.0, 25.4, 1000.0])
def test_the_scale_beside_the_fit_tells_a_wrong_unit_and_a_wrong_print(factor: float) -> None:
    noise = np.random.default_rng(7).normal(0, 0.1, BEADS.shape)
    fit = _fit(PLACE.apply(BEADS) * factor, BEADS + noise)
    sigma = scale_sigma(BEADS, np.tile(0.01 * np.eye(3), (8, 1, 1)))
    assert abs(fit.scale / factor - 1.0) < 5.0 * sigma < 0.005


def test_scale_sigma_is_the_spread_of_simulated_scales() -> None:
    rng = np.random.default_rng(11)
    covariances = np.tile(np.diag([0.01, 0.04, 0.09]), (8, 1, 1))
    scales = [_fit(BEADS + rng.normal(0, (0.1, 0.2, 0.3), BEADS.shape), BEADS).scale for _ in range(3000)]
    assert np.std(scales) == pytest.approx(scale_sigma(BEADS, covariances), rel=0.04)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (BEADS[:2], "do not fix"),
        (BEADS[:0], "do not fix"),
        (np.outer([0.0, 1, 2, 3], [10.0, 20, 5]), "one line"),
        (BEADS[[0, 1, 2, 2]], "same place"),
        (np.where(np.eye(8, 3) > 0, np.nan, BEADS), "not a finite number"),
        (np.where(np.eye(8, 3) > 0, np.inf, BEADS), "not a finite number"),
    ],
)
def test_points_that_fix_no_pose_are_refused_with_words(points: NDArray[np.float64], words: str) -> None:
    good = BEADS[: len(points)]
    with pytest.raises(RefusedError, match=words):
        _fit(points, good)
    with pytest.raises(RefusedError, match=words):
        _fit(good, points)


def test_shapes_and_weights_that_make_no_sense_break_the_contract() -> None:
    with pytest.raises(ContractError):
        _fit(BEADS, BEADS[:7])
    with pytest.raises(ContractError):
        _fit(BEADS[:, :2], BEADS[:, :2])
    for weights in ([1.0] * 7, [1.0] * 7 + [0.0], [1.0] * 7 + [np.nan]):
        with pytest.raises(ContractError):
            _fit(BEADS, BEADS, weights=weights)
    with pytest.raises(ContractError):
        fit_rigid_likely(
            BEADS,
            BEADS,
            covariances_to_mm2=np.zeros((8, 3, 3)),
            covariances_from_mm2=np.zeros((8, 3, 3)),
            to_frame=Frame.BOARD,
            from_frame=Frame.PATIENT,
        )


def _random_covariances(rng: np.random.Generator, sigmas: tuple[float, float, float]) -> NDArray[np.float64]:
    turns = best_rotation(rng.normal(size=(8, 3, 3)))
    return turns @ np.diag(np.square(sigmas)) @ np.swapaxes(turns, 1, 2)


def test_with_equal_round_errors_the_likely_fit_is_the_plain_fit() -> None:
    noisy = PLACE.apply(BEADS) + np.random.default_rng(1).normal(0, 0.3, BEADS.shape)
    round_errors = np.tile(0.09 * np.eye(3), (8, 1, 1))
    likely = fit_rigid_likely(
        noisy,
        BEADS,
        covariances_to_mm2=round_errors,
        covariances_from_mm2=round_errors,
        to_frame=Frame.BOARD,
        from_frame=Frame.PATIENT,
    )
    np.testing.assert_allclose(likely.transform.matrix, _fit(noisy, BEADS).transform.matrix, atol=1e-7)


def test_many_likely_fits_at_once_are_each_the_one_fit() -> None:
    rng = np.random.default_rng(12)
    covariances = np.stack([_random_covariances(rng, (0.1, 0.2, 0.8)) for _ in range(6)])
    covariances = 0.5 * (covariances + np.swapaxes(covariances, -1, -2))
    found = BEADS + rng.normal(0, 0.4, (6, *BEADS.shape))
    places = np.tile(0.01 * np.eye(3), (6, 8, 1, 1))
    rotations, translations = likely_poses(np.tile(PLACE.apply(BEADS), (6, 1, 1)), found, places, covariances)
    for number in range(6):
        fit = fit_rigid_likely(
            PLACE.apply(BEADS),
            found[number],
            covariances_to_mm2=places[number],
            covariances_from_mm2=covariances[number],
            to_frame=Frame.BOARD,
            from_frame=Frame.PATIENT,
        )
        np.testing.assert_allclose(fit.transform.rotation, rotations[number], atol=1e-9)
        np.testing.assert_allclose(fit.transform.translation_mm, translations[number], atol=1e-6)


def test_the_likely_fit_uses_directions_and_beats_the_plain_one_as_predicted() -> None:
    rng = np.random.default_rng(5)
    covariances = _random_covariances(rng, (0.1, 0.1, 0.6))
    roots = np.linalg.cholesky(covariances)
    target = np.array([75.0, 55.0, 120.0])
    truth, plain, likely = PLACE.apply(target), [], []
    for _ in range(1500):
        noise = (roots @ rng.normal(size=(8, 3, 1)))[:, :, 0]
        points_from, points_to = BEADS + noise, PLACE.apply(BEADS)
        plain.append(_fit(points_to, points_from).transform.apply(target) - truth)
        fit = fit_rigid_likely(
            points_to,
            points_from,
            covariances_to_mm2=np.zeros((8, 3, 3)),
            covariances_from_mm2=covariances,
            to_frame=Frame.BOARD,
            from_frame=Frame.PATIENT,
        )
        likely.append(fit.transform.apply(target) - truth)
    plain_mm, likely_mm = (float(np.sqrt((np.square(errors)).sum(axis=1).mean())) for errors in (plain, likely))
    assert likely_mm < 0.6 * plain_mm
    told_in_board = PLACE.rotation @ covariances @ PLACE.rotation.T
    predicted = UncertainPose(PLACE, pose_covariance(PLACE.apply(BEADS), told_in_board)).covariance_at(target)
    assert likely_mm == pytest.approx(np.sqrt(np.trace(predicted)), rel=0.05)


def test_the_real_phantoms_two_marker_lists_do_not_agree_rigidly_and_the_fit_says_so() -> None:
    folder = shared_data("phantom_pelvis")
    original, shifted = (
        np.loadtxt(folder / name) for name in ("CT_Fiducial_Markers.txt", "CT_Fiducial_Markers_shifted.txt")
    )
    fit = fit_rigid(shifted, original, to_frame=Frame.MODEL, from_frame=Frame.PATIENT)
    # The published lists differ by 5.0, 5.1, 7.8 and 7.7 mm along z: two pairs of markers lie 2.2 mm further apart
    # in one list than in the other, which no rigid motion can do. The misfit and the scale show it.
    assert fre_mm(fit.residuals_mm) == pytest.approx(1.343, abs=0.01)
    assert fit.scale == pytest.approx(1.0067, abs=1e-4)
    assert np.linalg.norm(fit.residuals_mm, axis=1).max() == pytest.approx(1.512, abs=0.01)
