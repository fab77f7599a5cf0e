"""The shapes a board may take hold every smooth bend, and nothing that a pose or a scale would explain."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.calibrate.shape import BoardShape

POINTS = np.array([(20.0 * x - 70.0, 20.0 * y - 90.0, 0.0) for y in range(10) for x in range(8)])
SHAPE = BoardShape(points_mm=POINTS)


def explained(displacement: NDArray[np.float64]) -> float:
    """Return which part of a displacement (N, 3) the shapes leave unexplained, largest first."""
    basis = SHAPE.basis(POINTS).reshape(-1, SHAPE.size)
    left = displacement.ravel() - basis @ np.linalg.lstsq(basis, displacement.ravel(), rcond=None)[0]
    return float(np.abs(left).max() / np.abs(displacement).max())


def up(height: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.outer(height - height.mean(), (0.0, 0.0, 1.0))


def test_cylinder_saddle_twist_and_a_wave_are_shapes() -> None:
    x, y = POINTS[:, 0] / 70.0, POINTS[:, 1] / 90.0
    for height in (x**2, y**2, (x + 0.5 * y) ** 2, x**2 - y**2, x * y):
        assert explained(up(height)) < 1e-9
    plane = np.stack([np.ones_like(x), x, y], axis=1)
    wave = np.sin(2.0 * y)
    assert explained(up(wave - plane @ np.linalg.lstsq(plane, wave, rcond=None)[0])) < 0.1


def test_what_a_pose_or_the_size_explains_is_no_shape() -> None:
    x, y = POINTS[:, 0], POINTS[:, 1]
    zero, one = np.zeros_like(x), np.ones_like(x)
    for motion in ((zero, zero, one), (zero, zero, x), (zero, zero, y), (one, zero, zero), (-y, x, zero), (x, y, zero)):
        displacement = np.stack(motion, axis=1)
        overlap = SHAPE.basis(POINTS).reshape(-1, SHAPE.size).T @ displacement.ravel()
        assert np.abs(overlap).max() < 1e-6 * np.abs(displacement).sum()


def test_stretching_one_way_and_shear_are_shapes() -> None:
    x, y, zero = POINTS[:, 0], POINTS[:, 1], np.zeros(len(POINTS))
    size2 = np.square(POINTS[:, :2]).sum(axis=0)
    # One way minus the part that is scale.
    scale = size2[0] / size2.sum()
    assert explained(np.stack([x * (1.0 - scale), -y * scale, zero], axis=1)) < 1e-9
    turn = (size2[0] - size2[1]) / size2.sum()
    assert explained(np.stack([y * (1.0 + turn), x * (1.0 - turn), zero], axis=1)) < 1e-9


def test_a_coefficient_is_the_largest_displacement_in_mm() -> None:
    basis = SHAPE.basis(POINTS)
    np.testing.assert_allclose(np.abs(basis).max(axis=(0, 1)), 1.0, rtol=1e-9)
    assert SHAPE.sigmas_mm.shape == (SHAPE.size,)


def test_the_bow_is_from_the_lowest_to_the_highest_corner() -> None:
    coefficients = np.zeros(SHAPE.size)
    assert SHAPE.bow_mm(coefficients) == 0.0
    basis = SHAPE.basis(POINTS).reshape(-1, SHAPE.size)
    saddle = up((POINTS[:, 0] / 70.0) ** 2 - (POINTS[:, 1] / 90.0) ** 2)
    coefficients = np.linalg.lstsq(basis, saddle.ravel(), rcond=None)[0]
    assert SHAPE.bow_mm(coefficients) == pytest.approx(np.ptp(saddle[:, 2]))


def test_a_board_with_few_corners_has_the_shapes_they_can_show() -> None:
    square = BoardShape(points_mm=np.array([(x, y, 0.0) for x in (-50.0, 0.0, 50.0) for y in (-50.0, 0.0, 50.0)]))
    # Nine corners carry nine polynomials; three of them are a plane.
    assert square.bends == 6
    assert np.isfinite(square.basis(square.points_mm)).all()
