"""Painting solids into voxels: what fills half a voxel counts half."""

import math

import numpy as np
import pytest

from orview.sim.shapes import Box, Ellipsoid
from orview.sim.voxels import AIR_HU, Canvas, Grid, blurred, refined, smooth_field

BOX = Box(np.array([-12.0, -10.0, -8.0]), np.array([12.0, 10.0, 8.0]))


def grid(spacing_mm: float = 1.0) -> Grid:
    return Grid.prone(BOX, spacing_mm=spacing_mm)


def test_a_prone_grid_runs_to_the_right_and_to_the_front() -> None:
    made = grid()
    assert made.shape == (17, 21, 25)
    np.testing.assert_allclose(made.patient_from_voxel.apply((0, 0, 0)), (12, 10, -8))
    np.testing.assert_allclose(made.patient_from_voxel.apply((24, 20, 16)), (-12, -10, 8))
    assert made.patient_from_voxel.determinant > 0.0


@pytest.mark.parametrize("step", [1, 3])
def test_axes_are_the_voxel_centres(step: int) -> None:
    x, y, z = grid().axes(step=step)
    assert (x.shape[:2], y.shape[0], y.shape[2], z.shape[1:]) == ((1, 1), 1, 1, (1, 1))
    np.testing.assert_allclose(x.ravel()[:3], [12 - step * n for n in range(3)])
    assert x.ravel()[-1] <= -12
    assert z.ravel()[-1] >= 8


def test_a_balls_mass_and_centre_are_kept() -> None:
    centre = np.array([1.37, -0.81, 0.64])
    canvas = Canvas(grid())
    canvas.paint_ball(centre, 2.0, 2900.0)
    filled = (canvas.hu - AIR_HU) / (2900.0 - AIR_HU)
    assert filled.sum() == pytest.approx(4.0 / 3.0 * math.pi * 8.0, rel=0.01)
    place = canvas.grid.patient_from_voxel.apply(np.argwhere(filled > 0)[:, ::-1].astype(float))
    # Averaging over voxels of half the radius itself moves a centroid by some micrometres.
    np.testing.assert_allclose(np.average(place, axis=0, weights=filled[filled > 0]), centre, atol=8e-3)


def test_painting_tells_centre_and_label() -> None:
    canvas = Canvas(grid(0.8))
    centre = canvas.paint(Ellipsoid((2.0, 1.0, -1.0), (5.0, 4.0, 3.0)), 60.0, label=7)
    assert centre is not None
    np.testing.assert_allclose(centre, (2.0, 1.0, -1.0), atol=0.02)
    volume = (canvas.labels == 7).sum() * 0.8**3
    assert volume == pytest.approx(4.0 / 3.0 * math.pi * 60.0, rel=0.03)
    assert canvas.hu.max() == pytest.approx(60.0)
    assert canvas.hu.min() == AIR_HU


def test_a_rind_lies_outside() -> None:
    canvas = Canvas(grid())
    canvas.paint(Ellipsoid((0.0, 0.0, 0.0), (7.0, 7.0, 7.0)), 200.0, shell_hu=1000.0, shell_mm=2.0)
    line = canvas.hu[8, 10]
    assert line[12] == pytest.approx(200.0, abs=1.0)
    assert line[12 + 6] == pytest.approx(1000.0, abs=1.0)


def test_what_lies_outside_of_the_grid_is_not_painted() -> None:
    canvas = Canvas(grid())
    assert canvas.paint(Ellipsoid((100.0, 0.0, 0.0), (5.0, 5.0, 5.0)), 60.0, label=1) is None
    assert canvas.hu.max() == AIR_HU
    assert not canvas.labels.any()


@pytest.mark.parametrize("step", [2, 3, 4])
def test_refining_keeps_what_is_linear(step: int) -> None:
    shape = (13, 11, 14)
    full = np.stack(np.meshgrid(*(np.arange(n + step) for n in shape), indexing="ij"), axis=-1) @ (0.5, -2.0, 3.0)
    coarse = full[::step, ::step, ::step].astype(np.float32)
    np.testing.assert_allclose(refined(coarse, shape, step=step), full[:13, :11, :14], atol=0.2)


def test_a_smooth_field_is_close_to_its_solid() -> None:
    ball = Ellipsoid((0.0, 0.0, 0.0), (8.0, 8.0, 8.0))
    made = grid()
    exact = np.broadcast_to(ball.distance_mm(*made.axes()), made.shape)
    near = np.abs(exact) < 2.0
    # (2 mm)^2 / (4 R) at R = 6 mm, where the innermost of these voxels lie.
    assert np.abs(smooth_field(ball, made, step=2) - exact)[near].max() < 4.0 / 24.0


def test_blurring_spreads_alike_along_all_axes() -> None:
    image = np.zeros((15, 15, 15), dtype=np.float32)
    image[7, 7, 7] = 1.0
    soft = blurred(image, sigma_voxel=1.0)
    assert soft.sum() == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(soft[:, 7, 7], soft[7, :, 7], atol=1e-6)
    np.testing.assert_allclose(soft[:, 7, 7], soft[7, 7, :], atol=1e-6)
    assert soft[8, 7, 7] / soft[7, 7, 7] == pytest.approx(math.exp(-0.5), abs=0.02)
