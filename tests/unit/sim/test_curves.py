"""Smooth curves go through their points."""

import numpy as np

from orview.sim.curves import spline, spline_grid, tube_points


def test_a_curve_meets_its_nodes() -> None:
    nodes = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(spline(nodes, steps=5)[::5], nodes, atol=1e-12)


def test_a_parabola_is_kept() -> None:
    t = np.arange(5.0)
    curve = spline(np.column_stack([t, t**2]), steps=4)
    np.testing.assert_allclose(curve[:, 1], curve[:, 0] ** 2, atol=1e-12)


def test_two_points_make_a_straight_line() -> None:
    np.testing.assert_allclose(spline([[0.0, 0.0], [4.0, 8.0]], steps=4)[:, 1], [0, 2, 4, 6, 8])


def test_a_sheet_meets_its_nodes() -> None:
    nodes = np.random.default_rng(1).normal(size=(3, 4, 2))
    fine = spline_grid(nodes, steps=(4, 3))
    assert fine.shape == (9, 10, 2)
    np.testing.assert_allclose(fine[::4, ::3], nodes, atol=1e-12)


def test_tube_points_are_evenly_spaced() -> None:
    nodes = [(0, 0, 0, 2.0), (20, 0, 0, 2.0), (40, 30, 0, 1.0)]
    points = tube_points(nodes, spacing_mm=2.5)
    steps = np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1)
    assert np.ptp(steps) < 0.05
    assert abs(steps.mean() - 2.5) < 0.1
    np.testing.assert_allclose(points[[0, -1]], np.array(nodes, dtype=float)[[0, -1]])
