"""What is claimed of a ball's centre: more where its surroundings are lopsided, where slices are thick and hide it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.segment.bead_claim import FLOOR_MM, covariance_of
from orview.segment.bead_model import BRIGHT, FAR, NEAR, PLACE, SIZE, THICK, Voxels, normal_of
from orview.segment.bead_priors import priors_of

SPACING = np.array([0.7, 0.7, 1.0])
BY_VOXELS = np.diag([1e-5, 1e-5, 2e-5])


def _claim(
    *,
    radius_mm: float = 1.5,
    near_hu: float = -1000.0,
    thick_mm: float = 1.0,
    increment_mm: float = 1.0,
    spacing_mm: float = 0.7,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    grid = np.stack(np.meshgrid(*[np.arange(-5.0, 5.1, 0.5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    voxels = Voxels(grid, np.where(grid[:, 1] > 0.0, near_hu, -1000.0), np.inf, 12.0, SPACING)
    values, _, _ = priors_of(voxels, SPACING, np.zeros(3), radius_mm=radius_mm, guess_mm=2.0, alike=None)
    values[[SIZE, BRIGHT, THICK]] = np.log([radius_mm, 6000.0, thick_mm])
    values[[FAR, NEAR, PLACE]] = -1000.0, near_hu, 0.0
    _, part = voxels.model(values)
    claim = covariance_of(
        voxels, values, part, BY_VOXELS, flank_hu=6000.0, spacing_mm=np.array([spacing_mm, spacing_mm, increment_mm])
    )
    return claim, normal_of(values)


def _variance(claim: NDArray[np.float64], along: NDArray[np.float64]) -> float:
    return float(along @ claim @ along)


def test_a_ball_in_air_is_known_as_its_voxels_tell() -> None:
    claim, _ = _claim()
    coarse, _ = _claim(spacing_mm=2.0)
    assert (np.diag(coarse) > 4.0 * np.diag(claim)).all()
    assert np.diag(claim)[:2] == pytest.approx(8e-6 + FLOOR_MM**2, rel=0.1)


def test_a_ball_between_air_and_skin_is_known_worse_across_their_border() -> None:
    claim, normal = _claim(near_hu=100.0)
    beside = np.cross(normal, [0.0, 0.0, 1.0])
    assert _variance(claim, normal) > 4.0 * _variance(claim, beside / np.linalg.norm(beside))
    small, _ = _claim(near_hu=100.0, radius_mm=1.0)
    thick, _ = _claim(near_hu=100.0, thick_mm=2.5)
    for worse in (small, thick):
        assert _variance(worse, normal) > 1.5 * _variance(claim, normal)


def test_a_ball_smaller_than_a_slice_may_lie_anywhere_in_it() -> None:
    seen, hidden = (_claim(radius_mm=radius, increment_mm=2.5)[0][2, 2] for radius in (1.5, 1.0))
    # Half a millimetre to either side: 0.14 mm if every place were alike, and the slice's soft ends add to it.
    assert np.sqrt(hidden) > 0.2 > 2.0 * np.sqrt(seen)
