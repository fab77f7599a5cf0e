"""The fit of a ball against scans that know its centre; its claimed covariance; what it says of bars."""

import math

import numpy as np
import pytest

from orview.segment.bead_fit import BallFit, fit_ball
from orview.sim.back import Cylinder
from orview.sim.scanner import Scanner, Solid
from orview.sim.shapes import Ellipsoid, Shape

SIZE_MM = (14.0, 14.0, 14.0)
SPACING = np.array([0.7, 0.7, 1.0])


def _fit(shape: Shape, hu: float, *, seed: int = 0, radius_mm: float | None = None) -> BallFit | None:
    scanner = Scanner(spacing_mm=0.7, increment_mm=1.0, thickness_mm=1.0, noise_hu=30.0)
    block = scanner.scan([Solid(shape=shape, hu=hu, detail=True)], SIZE_MM, np.random.default_rng(seed))
    highest = 3071.0 if np.count_nonzero(block == 3071) > 3 else math.inf
    start = 0.5 * np.array(SIZE_MM) + 0.2
    return fit_ball(
        block.astype(float), SPACING, start, highest_hu=highest, radius_mm=radius_mm, guess_mm=radius_mm or 2.0
    )


@pytest.mark.parametrize("hu", [2500.0, 12_000.0])
def test_centre_size_and_blur_are_found_and_errors_are_as_claimed(hu: float) -> None:
    rng = np.random.default_rng(7)
    scores = []
    for seed in range(12):
        centre = 0.5 * np.array(SIZE_MM) + rng.uniform(-0.4, 0.4, 3)
        fit = _fit(Ellipsoid(tuple(centre), (1.75,) * 3), hu, seed=seed)
        assert fit is not None
        assert np.linalg.norm(fit.centre_mm - centre) < 0.03
        assert fit.radius_mm == pytest.approx(1.75, abs=0.12)
        assert fit.blur_mm == pytest.approx(0.5, abs=0.1)
        assert fit.misfit < 0.05
        scores.append((fit.centre_mm - centre) / np.sqrt(np.diag(fit.covariance_mm2)))
    assert 0.2 < np.sqrt((np.array(scores) ** 2).mean()) < 1.3


def test_a_bar_is_no_ball() -> None:
    middle = 0.5 * np.array(SIZE_MM)
    for axis in np.eye(3):
        fit = _fit(Cylinder(middle - 4.0 * axis, middle + 4.0 * axis, 1.8), 9000.0)
        assert fit is None or fit.misfit > 0.1


def test_a_ball_of_another_size_than_the_known_one_misfits() -> None:
    fit = _fit(Ellipsoid((7.0, 7.0, 7.0), (1.0,) * 3), 12_000.0, radius_mm=2.5)
    assert fit is None or fit.misfit > 0.1


def test_a_ball_on_the_skin_is_told_from_its_surroundings_though_most_of_them_is_air() -> None:
    """From a start in air alone four of these are told a third too large, and misfit by 0.05 to 0.08."""
    for seed in (1, 3, 5, 7):
        rng = np.random.default_rng(seed)
        centre = np.array([8.0, 8.0, 7.0]) + rng.uniform(-0.5, 0.5, 3)
        scanner = Scanner(spacing_mm=0.9, increment_mm=0.5, thickness_mm=0.6, noise_hu=33.0)
        below = np.array([0.0, 61.25 + rng.uniform(0.2, 1.5), 30.0])
        cap_mm = 1.25 + rng.uniform(0.6, 1.5)
        solids = [
            Solid(shape=Cylinder(centre - below, centre - (0.0, 61.75, -30.0), 60.0), hu=30.0, detail=True),
            Solid(shape=Ellipsoid(tuple(centre), (cap_mm,) * 3), hu=100.0, detail=True),
            Solid(shape=Ellipsoid(tuple(centre), (1.25,) * 3), hu=2400.0, detail=True),
        ]
        block = scanner.scan(solids, (16.0, 16.0, 14.0), rng).astype(float)
        start = centre + rng.uniform(-0.1, 0.1, 3)
        fit = fit_ball(block, np.array([0.9, 0.9, 0.5]), start, highest_hu=3071.0, guess_mm=1.2)
        assert fit is not None
        assert fit.misfit < 0.04
        assert fit.radius_mm == pytest.approx(1.25, abs=0.13)
        assert np.linalg.norm(fit.centre_mm - centre) < 0.05
