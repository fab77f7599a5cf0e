"""The error told for a target is the error that simulated calibrations and corners make there."""

import numpy as np
import pytest

from orview.calibrate.expected import DISTANCES_MM, expected_errors, sensitivity
from orview.calibrate.projection import vector_of
from orview.geometry.pinhole import PinholeLens

LENS = PinholeLens(width_px=1280, height_px=720, fx_px=1065.0, fy_px=1062.0, cx_px=645.0, cy_px=352.0)
POINTS = np.array([(20.0 * x - 70.0, 20.0 * y - 90.0, 0.0) for y in range(10) for x in range(8)])
SIZE = {"width_px": 1280, "height_px": 720}


def test_a_focal_length_off_by_one_per_cent_moves_the_target_away_by_one_per_cent() -> None:
    answer = sensitivity(vector_of(LENS), POINTS, **SIZE)
    both = np.zeros(9)
    both[:2] = 0.01 * vector_of(LENS)[:2]
    # Frontal and in the middle of the picture, the first of the poses: 1 % of 500 mm, and nothing sideways.
    moved = answer.by_lens[0] @ both
    assert moved[2] == pytest.approx(5.0, rel=0.05)
    assert np.abs(moved[:2]).max() < 0.3


def test_95_of_100_errors_stay_below_what_is_told() -> None:
    rng = np.random.default_rng(1)
    covariance = np.diag([2.0, 2.0, 1.5, 1.5, 0.004, 0.01, 1e-4, 1e-4, 0.001]) ** 2
    answer = sensitivity(vector_of(LENS), POINTS, **SIZE)
    told_mm = answer.error_mm(covariance, noise_px=0.2)
    errors = rng.multivariate_normal(np.zeros(9), covariance, 4000)
    moved = np.einsum("kij,nj->nki", answer.by_lens, errors)
    noise = [rng.multivariate_normal(np.zeros(3), 0.04 * part, 4000) for part in answer.by_noise]
    lengths = np.linalg.norm(moved + np.stack(noise, axis=1), axis=2)
    # Poses differ, so the share over all of them is near 95 %, not exactly.
    assert (lengths < told_mm).mean() == pytest.approx(0.95, abs=0.02)


def test_farther_is_worse_and_a_perfect_lens_leaves_the_noise() -> None:
    errors = expected_errors(vector_of(LENS), np.zeros((9, 9)), POINTS, noise_px=0.1, **SIZE)
    assert tuple(error.distance_mm for error in errors) == DISTANCES_MM
    sizes = [error.error_mm for error in errors]
    assert sizes == sorted(sizes)
    doubled = expected_errors(vector_of(LENS), np.zeros((9, 9)), POINTS, noise_px=0.2, **SIZE)
    assert doubled[1].error_mm == pytest.approx(2.0 * errors[1].error_mm)
