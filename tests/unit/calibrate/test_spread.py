"""Errors that neighbours share make a sigma larger; those of their own do not."""

import numpy as np
import pytest

from orview.calibrate.bundle import Corners
from orview.calibrate.spread import spread_of_errors

GRID = np.array([(20.0 * x, 20.0 * y, 0.0) for y in range(10) for x in range(8)])
VIEWS = 20
CORNERS = Corners(
    points_mm=np.tile(GRID, (VIEWS, 1)),
    basis=np.zeros((VIEWS * len(GRID), 3, 1)),
    pixels=np.zeros((VIEWS * len(GRID), 2)),
    starts=np.arange(VIEWS + 1) * len(GRID),
    weights=np.ones(VIEWS * len(GRID)),
)


def correlated(rho: float, seed: int) -> np.ndarray:
    apart = np.abs(GRID[:, None, :2] - GRID[None, :, :2]).sum(axis=2) / 20.0
    root = np.linalg.cholesky(rho**apart + 1e-9 * np.eye(len(GRID)))
    draws = np.random.default_rng(seed).normal(0.0, 0.1, (VIEWS, len(GRID), 2))
    return np.concatenate([root @ draw for draw in draws])


def test_independent_errors_are_taken_at_their_number() -> None:
    assert spread_of_errors(CORNERS, correlated(0.0, 0)) == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize("rho", [0.2, 0.5])
def test_errors_alike_widen_by_what_the_mean_of_many_widens(rho: float) -> None:
    widened = spread_of_errors(CORNERS, correlated(rho, 1))
    assert widened == pytest.approx((1.0 + rho) / (1.0 - rho), rel=0.1)
    means = np.array([correlated(rho, seed).reshape(VIEWS, -1, 2).mean(axis=1) for seed in range(20)])
    assert float(means.std()) * np.sqrt(len(GRID)) / 0.1 == pytest.approx(widened, rel=0.25)


def test_corners_that_are_not_believed_do_not_count() -> None:
    errors = correlated(0.0, 2)
    errors[:200] += 5.0
    weights = np.ones(len(errors))
    weights[:200] = 0.0
    kept = Corners(
        points_mm=CORNERS.points_mm, basis=CORNERS.basis, pixels=CORNERS.pixels, starts=CORNERS.starts, weights=weights
    )
    assert spread_of_errors(kept, errors) < 1.08 < spread_of_errors(CORNERS, errors)
