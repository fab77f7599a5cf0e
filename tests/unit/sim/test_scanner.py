"""A scan of a ball: its centre and mass are kept, blur and slices are as told, metal ends where the scale ends."""

import numpy as np
import pytest

from orview.sim.scanner import Scanner, Solid
from orview.sim.shapes import Ellipsoid

SIZE_MM = (20.0, 20.0, 20.0)
CENTRE = np.array([10.13, 9.71, 10.37])


def _ball(hu: float, radius_mm: float = 2.0) -> Solid:
    return Solid(shape=Ellipsoid(tuple(CENTRE), (radius_mm,) * 3), hu=hu, detail=True)


@pytest.mark.parametrize(("thickness_mm", "edge"), [(1.0, 0.0), (2.0, 0.0), (1.0, 0.1)])
def test_centre_and_mass_of_a_ball_are_kept(thickness_mm: float, edge: float) -> None:
    scanner = Scanner(spacing_mm=0.7, increment_mm=1.0, thickness_mm=thickness_mm, edge=edge, noise_hu=0.01)
    hu = scanner.scan([_ball(1500.0)], SIZE_MM, np.random.default_rng(0)).astype(float) + 1000.0
    k, j, i = np.meshgrid(*(np.arange(n) for n in hu.shape), indexing="ij")
    centre = np.array([(axis * hu).sum() for axis in (i, j, k)]) / hu.sum() * (0.7, 0.7, 1.0)
    np.testing.assert_allclose(centre, CENTRE, atol=0.01)
    assert hu.sum() * 0.49 == pytest.approx(2500.0 * 4.0 / 3.0 * np.pi * 8.0, rel=0.02)


def test_metal_ends_in_a_flat_top() -> None:
    scanner = Scanner(spacing_mm=0.7, increment_mm=1.0, thickness_mm=1.0)
    hu = scanner.scan([_ball(12_000.0)], SIZE_MM, np.random.default_rng(0))
    assert np.count_nonzero(hu == 3071) > 20


def test_noise_is_as_strong_as_told() -> None:
    scanner = Scanner(spacing_mm=0.7, increment_mm=1.0, thickness_mm=1.0, noise_hu=12.0)
    trunk = Solid(shape=Ellipsoid((10.0, 10.0, 10.0), (90.0, 90.0, 90.0)), hu=50.0)
    hu = scanner.scan([trunk], SIZE_MM, np.random.default_rng(0))
    assert hu.std() == pytest.approx(12.0, rel=0.1)
    assert hu.mean() == pytest.approx(50.0, abs=1.0)


def test_streaks_stay_in_the_slices_of_the_metal() -> None:
    scanner = Scanner(spacing_mm=0.7, increment_mm=1.0, thickness_mm=1.0, noise_hu=0.01)
    metal = Solid(shape=Ellipsoid(tuple(CENTRE), (2.0,) * 3), hu=12_000.0, detail=True, streaks_hu=200.0)
    hu = scanner.scan([metal], SIZE_MM, np.random.default_rng(1))
    assert hu[10, :4].std() > 5.0
    assert hu[2].std() < 1.0
