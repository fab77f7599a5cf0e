"""A stack that leans is moved back slice by slice: nothing but in-plane interpolation changes its numbers."""

import numpy as np
import pytest

from orview.image.straighten import straighten
from tests.shapes import grid

FIRST = grid((0.7, 0.8, 2.0), (-10.0, 20.0, 30.0))


def leaning(lean_px: tuple[float, float], value: object) -> np.ndarray:
    """A function of patient mm, sampled on a stack that leans."""
    k, j, i = np.mgrid[:9, :30, :26].astype(np.float64)
    points = FIRST.apply(np.stack([i + k * lean_px[0], j + k * lean_px[1], k], axis=-1))
    return np.asarray(value(points), dtype=np.float32)  # type: ignore[operator]


def quadratic(points: np.ndarray) -> np.ndarray:
    x, y, z = np.moveaxis(points, -1, 0)
    return 5.0 + 0.3 * x - 0.2 * y + 0.1 * z + 0.02 * x * x - 0.03 * y * y + 0.01 * x * y


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("lean_px", [(0.0, 0.6), (0.0, -1.37), (1.0, 0.0), (-0.45, 2.2)])
def test_a_quadratic_comes_back_exactly(lean_px: tuple[float, float]) -> None:
    array, transform = straighten(leaning(lean_px, quadratic), FIRST, lean_px=lean_px, outside=-1e4)
    k, j, i = np.mgrid[: array.shape[0], : array.shape[1], : array.shape[2]]
    truth = quadratic(transform.apply(np.stack([i, j, k], axis=-1)))
    inside = array > -1e4
    # The cubic reaches two pixels far: at the slices' own borders it has no more to go by.
    for plane in range(9):
        rows = np.flatnonzero(inside[plane].any(axis=1))
        columns = np.flatnonzero(inside[plane].any(axis=0))
        part = (plane, slice(rows[0] + 2, rows[-1] - 1), slice(columns[0] + 2, columns[-1] - 1))
        assert array[part] == pytest.approx(truth[part], abs=2e-4)
        assert len(rows) >= 29
        assert len(columns) >= 25


def test_whole_pixels_are_only_moved() -> None:
    source = np.random.default_rng(4).normal(size=(5, 12, 10)).astype(np.float32)
    array, transform = straighten(source, FIRST, lean_px=(0.0, -2.0), outside=-7.0)
    assert array.shape == (5, 20, 10)
    for n in range(5):
        assert np.array_equal(array[n, 8 - 2 * n : 20 - 2 * n], source[n])
        assert (array[n, : 8 - 2 * n] == -7.0).all()
        # Where slice n lay, it still lies.
        assert transform.apply((0, 8 - 2 * n, n)) == pytest.approx(FIRST.apply((0, -2 * n, n)))


def test_beside_a_steep_edge_no_value_is_invented() -> None:
    source = np.full((4, 20, 6), -1000.0, dtype=np.float32)
    source[:, 10:] = 3000.0
    array, _ = straighten(source, FIRST, lean_px=(0.0, 0.3), outside=-1024.0)
    assert array.max() == 3000.0
    assert set(np.unique(array[array < -1000.0])) <= {-1024.0}
