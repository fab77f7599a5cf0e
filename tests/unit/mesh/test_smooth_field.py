"""Near a surface the smooth field is that of a blur over the whole box, on voxels of any shape."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.image.field import Field
from orview.mesh import band, sampling
from orview.mesh.cells import crossed_cells
from orview.mesh.smooth_field import BLUR_VOXELS, PAD, REACH, THICK_BLUR_VOXELS, grey_field, smooth_field
from tests.shapes import ellipsoid, grid, points_of


def blurred(values: NDArray[np.float64], spacing: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return values (K, J, I) under a Gaussian, and by how much a flat edge rises in a voxel."""
    slopes = []
    for axis, length in enumerate(spacing):
        width = max(BLUR_VOXELS * np.median(spacing) / length, THICK_BLUR_VOXELS)
        reach = min(PAD, max(1, int(REACH * width)))
        kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2.0 * width**2))
        kernel /= kernel.sum()
        slopes.append(kernel.max())
        values = np.apply_along_axis(np.convolve, 2 - axis, values, kernel, mode="same")
    return values, float(np.mean(slopes))


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (0.7, 0.7, 5.0), (0.5, 0.9, 0.9), (2.0, 0.7, 0.9)])
def test_the_field_is_that_of_a_blur_over_the_whole_box(spacing: tuple[float, float, float]) -> None:
    spacing_mm = np.array(spacing)
    shape = (34, 40, 56)
    inside = ellipsoid((28.0, 20.0, 17.0), (17.0, 11.0, 9.0))(points_of(shape, grid(corner_mm=(0.0, 0.0, 0.0))))
    inside[12:22, 20, 8:12] = inside[14, 10:30, 47] = True
    inside[16:18, 18:22, 25:30] = False
    mask = inside.astype(np.uint8)
    assert not mask[:PAD].any()
    assert not mask[:, :, -PAD:].any()
    once, slope = blurred(mask.astype(np.float64), spacing_mm)
    filled = np.clip(0.5 + (once - 0.5) / slope, 0.0, 1.0)
    expected, _ = blurred(2.0 * mask - filled, spacing_mm)
    near = smooth_field(mask, crossed_cells(mask), spacing_mm)
    found = near.values[near.numbers].reshape(*shape[:2], -1)[:, :, : shape[2]]
    known = np.repeat(near.numbers > 0, band.SEGMENT, axis=2)[:, :, : shape[2]]
    assert np.abs(found - expected)[known].max() < 1e-5
    # All corners of a crossed cell are known, and those a voxel farther out.
    crossed = np.zeros(shape, dtype=bool)
    for k, j, i in crossed_cells(mask).corner:
        crossed[k - 1 : k + 3, j - 1 : j + 3, i - 1 : i + 3] = True
    assert known[crossed].all()


def test_grey_values_are_carried_to_the_middle() -> None:
    rng = np.random.default_rng(2)
    array = rng.normal(300.0, 50.0, (6, 7, 20)).astype(np.float32)
    field = Field(array=array, level=300.0, outside=-100.0, patient_from_voxel=grid())
    mask = np.pad((array > 300.0).astype(np.uint8), PAD)
    near = grey_field(field, crossed_cells(mask), np.ones(3))
    found = near.values[near.numbers].reshape(*mask.shape[:2], -1)[:, :, : mask.shape[2]]
    assert found[PAD:-PAD, PAD:-PAD, PAD:-PAD] == pytest.approx((array - 300.0) / 400.0 + 0.5, abs=1e-6)
    assert found[PAD - 1, PAD, PAD] == pytest.approx(-0.5)


def test_loops_agree_how_long_a_segment_is() -> None:
    assert sampling.SEGMENT == band.SEGMENT
