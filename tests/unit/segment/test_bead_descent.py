"""The descent finds the parameters that made the voxels, and weighs less what no ball shows."""

import numpy as np
from numpy.typing import NDArray

from orview.segment.bead_descent import descend, noise_hu
from orview.segment.bead_model import BLUR, BRIGHT, CAP, FAR, NEAR, PARAMETERS, PLACE, SIZE, THICK, TURN, Voxels

GRID = np.stack(np.meshgrid(*[np.arange(-4.0, 4.1, 0.7)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
SPREADS = np.full(PARAMETERS, 3.0)


def _truth() -> NDArray[np.float64]:
    values = np.zeros(PARAMETERS)
    values[:3] = 0.21, -0.17, 0.3
    values[[SIZE, BRIGHT, BLUR, THICK]] = np.log([1.7, 3500.0, 0.5, 0.9])
    values[[FAR, NEAR, PLACE, TURN, CAP]] = -1000.0, 40.0, -0.8, 0.4, 0.3
    return values


def _voxels(rng: np.random.Generator, noise: float) -> Voxels:
    voxels = Voxels(GRID, np.zeros(len(GRID)), np.inf, 9.0, np.full(3, 0.7))
    voxels.hu = voxels.model(_truth())[0] + rng.normal(0.0, noise, len(GRID))
    return voxels


def test_a_descent_ends_at_what_made_the_voxels() -> None:
    voxels = _voxels(np.random.default_rng(1), 15.0)
    start = _truth()
    start[:3] += 0.3
    start[[SIZE, BRIGHT]] += 0.15, -0.2
    found = descend(voxels, start, _truth(), SPREADS)
    assert found is not None
    assert np.linalg.norm(found.values[:3] - _truth()[:3]) < 0.02
    assert np.abs(found.values[[SIZE, BRIGHT]] - _truth()[[SIZE, BRIGHT]]).max() < 0.06
    assert noise_hu(voxels.hu - found.shown_hu, found.part) < 25.0


def test_a_few_voxels_of_another_thing_weigh_little() -> None:
    voxels = _voxels(np.random.default_rng(2), 15.0)
    beside = np.linalg.norm(GRID - (2.8, 2.8, 0.0), axis=1) < 0.8
    voxels.hu = np.where(beside, 3000.0, voxels.hu)
    found = descend(voxels, _truth(), _truth(), SPREADS)
    assert found is not None
    assert np.linalg.norm(found.values[:3] - _truth()[:3]) < 0.05
    assert found.weights[beside].max() < 0.2 * np.median(found.weights)
