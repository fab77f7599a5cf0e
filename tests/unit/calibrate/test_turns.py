"""Orientations that differ about one, two or three axes are told apart."""

import numpy as np
import pytest

from orview.calibrate.turns import rotation_vectors, turn_spread_rad
from orview.geometry.rigid import rotation_from_vector


def rotations(sigmas_rad: tuple[float, float, float]) -> np.ndarray:
    turns = np.random.default_rng(0).normal(0.0, 1.0, (200, 3)) * sigmas_rad
    return np.array([rotation_from_vector(turn) for turn in turns])


@pytest.mark.parametrize("sigmas_rad", [(0.2, 0.0, 0.0), (0.2, 0.1, 0.0), (0.2, 0.1, 0.05)])
def test_the_turns_between_pairs_are_told_per_axis(sigmas_rad: tuple[float, float, float]) -> None:
    # The difference of two draws has twice the variance.
    wanted = np.sqrt(2.0) * np.array(sigmas_rad)
    assert turn_spread_rad(rotations(sigmas_rad)) == pytest.approx(wanted, rel=0.15, abs=0.02)


def test_one_pose_turns_about_nothing() -> None:
    assert turn_spread_rad(rotations((0.1, 0.1, 0.1))[:1]).tolist() == [0.0, 0.0, 0.0]


def test_rotation_vectors_come_back() -> None:
    turns = np.random.default_rng(1).normal(0.0, 1.0, (50, 3))
    turns = np.vstack([turns * np.minimum(1.0, 3.0 / np.linalg.norm(turns, axis=1, keepdims=True)), np.zeros((1, 3))])
    found = rotation_vectors(np.array([rotation_from_vector(turn) for turn in turns]))
    np.testing.assert_allclose(found, turns, atol=1e-9)
