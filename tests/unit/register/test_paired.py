"""Paired beads: the claimed covariance against simulated boards, and beads that disagree."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.accuracy import pose_covariance, radius_95_mm
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.register.paired import LocatedPoint, PairedFit, chi_square_limit, fit_points, misplaced_point
from orview.segment.beads import Bead

BOARD = load_board("patient_flat").beads_board_mm
PATIENT_FROM_BOARD = RigidTransform.from_rotation_vector(
    Frame.PATIENT, Frame.BOARD, [1.2, -0.8, 2.0], [-190.0, 310.0, -1130.0]
)
TUMOUR = PATIENT_FROM_BOARD.apply([75.0, 55.0, 110.0])
ALONG_SLICES = np.diag([0.03, 0.03, 0.12])
PLACED_SIGMA_MM = 0.1
PLACED = np.tile(PLACED_SIGMA_MM**2 * np.eye(3), (len(BOARD), 1, 1))


def _found(rng: np.random.Generator, *, sigma_mm: float = PLACED_SIGMA_MM) -> list[Bead]:
    """Return the beads of a board built with errors and found in a CT with errors, covariances told truly."""
    built = BOARD + rng.normal(0.0, sigma_mm, BOARD.shape)
    seen = PATIENT_FROM_BOARD.apply(built) + rng.normal(size=BOARD.shape) @ ALONG_SLICES
    return [
        Bead(position_patient_mm=place, covariance_mm2=ALONG_SLICES**2, diameter_mm=4.0, peak_hu=3000.0)
        for place in seen
    ]


def _fit(beads: Sequence[LocatedPoint]) -> PairedFit:
    return fit_points(beads, BOARD, covariances_board_mm2=PLACED)


def _simulated(count: int) -> list[PairedFit]:
    rng = np.random.default_rng(31)
    return [_fit(_found(rng)) for _ in range(count)]


def test_the_claimed_error_at_the_tumour_is_the_simulated_one() -> None:
    fits = _simulated(1500)
    truth = PATIENT_FROM_BOARD.inverse().apply(TUMOUR)
    errors_mm = np.array([np.linalg.norm(fit.board_from_patient.transform.apply(TUMOUR) - truth) for fit in fits])
    bounds_mm = np.array([radius_95_mm(fit.board_from_patient.covariance_at(TUMOUR)) for fit in fits[:50]])
    assert np.ptp(bounds_mm) < 0.01
    # 1,500 draws: one standard error is 0.56 %.
    assert 0.935 <= np.mean(errors_mm <= bounds_mm[0]) <= 0.965
    misfits = [fit.misfit for fit in fits]
    assert np.mean(misfits) == pytest.approx(3 * 8 - 6, rel=0.02)
    assert all(fit.misfit_is_plausible for fit in fits)
    assert np.mean([fit.scale for fit in fits]) == pytest.approx(1.0, abs=1e-4)
    assert np.std([fit.scale for fit in fits]) == pytest.approx(fits[0].scale_sigma, rel=0.05)


def test_a_bead_on_a_bent_post_is_found_and_good_ones_are_left_alone() -> None:
    rng = np.random.default_rng(2)
    wrongly_blamed = 0
    for trial in range(60):
        beads = _found(rng)
        wrongly_blamed += misplaced_point(beads, BOARD, covariances_board_mm2=PLACED) is not None
        bent = trial % 8
        away = rotation_from_vector(rng.normal(size=3)) @ np.array([2.0, 0.0, 0.0])
        beads[bent] = Bead(
            position_patient_mm=beads[bent].position_patient_mm + away,
            covariance_mm2=ALONG_SLICES**2,
            diameter_mm=4.0,
            peak_hu=3000.0,
        )
        assert misplaced_point(beads, BOARD, covariances_board_mm2=PLACED) == bent
    assert wrongly_blamed <= 1


def test_what_all_places_share_shifts_the_pose_and_nothing_else() -> None:
    beads = _found(np.random.default_rng(7))
    shared = np.tile(np.diag([0.04, 0.01, 0.09]), (len(BOARD), 1, 1))
    alone = _fit(beads)
    fit = fit_points(beads, BOARD, covariances_board_mm2=PLACED, shared_board_mm2=shared)
    np.testing.assert_array_equal(fit.residuals_mm, alone.residuals_mm)
    assert (fit.misfit, fit.scale_sigma) == (alone.misfit, alone.scale_sigma)
    more = fit.board_from_patient.covariance - alone.board_from_patient.covariance
    np.testing.assert_allclose(more, fit.by_shared, atol=1e-15)
    for place in (TUMOUR, PATIENT_FROM_BOARD.apply(BOARD[0])):
        pose = UncertainPose(fit.board_from_patient.transform, fit.by_shared)
        np.testing.assert_allclose(pose.covariance_at(place), shared[0], atol=1e-12)


def test_beads_that_do_not_fit_their_claims_are_implausible() -> None:
    rng = np.random.default_rng(9)
    loose = [_fit(_found(rng, sigma_mm=0.5)) for _ in range(50)]
    assert not any(fit.misfit_is_plausible for fit in loose)


@pytest.mark.parametrize("degrees", [6, 12, 18, 30])
def test_the_chi_square_limit_is_exceeded_once_in_ten_thousand(degrees: int) -> None:
    # For even degrees the tail is a finite sum.
    half = chi_square_limit(degrees) / 2.0
    tail = math.exp(-half) * sum(half**k / math.factorial(k) for k in range(degrees // 2))
    assert 0.7e-4 < tail < 1.0e-4


def test_the_covariance_is_told_in_the_board_frame_and_smallest_amid_the_beads() -> None:
    pose = _fit(_found(np.random.default_rng(5))).board_from_patient
    assert pose.transform.to_frame is Frame.BOARD
    assert pose.transform.from_frame is Frame.PATIENT
    amid = pose.covariance_at(PATIENT_FROM_BOARD.apply(BOARD.mean(axis=0)))
    deep = pose.covariance_at(TUMOUR)
    assert np.trace(amid) < 0.5 * np.trace(deep)


def test_the_two_causes_of_error_add_up_to_the_fit_s_own() -> None:
    fit = _fit(_found(np.random.default_rng(6)))
    np.testing.assert_allclose(fit.by_found + fit.by_places, fit.board_from_patient.covariance, rtol=1e-12)
    rotation = fit.board_from_patient.transform.rotation
    both = PLACED + rotation @ ALONG_SLICES**2 @ rotation.T
    fitted = fit.board_from_patient.transform.apply(PATIENT_FROM_BOARD.apply(BOARD))
    whole = UncertainPose(fit.board_from_patient.transform, pose_covariance(fitted, both))
    told = fit.board_from_patient.covariance_at(TUMOUR)
    np.testing.assert_allclose(told, whole.covariance_at(TUMOUR), atol=5e-3 * np.trace(told))
    found = UncertainPose(fit.board_from_patient.transform, fit.by_found).covariance_at(TUMOUR)
    assert 0.0 < np.trace(found) < 0.5 * np.trace(told)
