"""The picture of a ball beside one made by brute force."""

import numpy as np
import pytest

from orview.segment.ball import SOFT_MM, picture_ball


@pytest.mark.parametrize(("blur_mm", "thickness_mm"), [(0.5, 0.8), (0.4, 2.5)])
def test_a_table_is_the_ball_blurred_and_averaged(blur_mm: float, thickness_mm: float) -> None:
    step = 0.125
    grid = np.arange(-5.0, 5.0 + step / 2, step)
    z, y, x = np.meshgrid(grid, grid, grid, indexing="ij")
    ball = np.clip(0.5 - (np.sqrt(x * x + y * y + z * z) - 1.5) / step, 0.0, 1.0)
    within = np.exp(-0.5 * ((grid[:, None] - grid) / blur_mm) ** 2)
    ends = [np.tanh((grid[:, None] - grid + side * thickness_mm) / (1.1 * SOFT_MM)) for side in (0.5, -0.5)]
    across = ends[0] - ends[1]
    kernels = [kernel / (step * n) for kernel, n in ((across, 2.0 * thickness_mm / step), (within, 1.0))]
    within = within / (np.sqrt(2.0 * np.pi) * blur_mm / step)
    across = kernels[0] * step
    truth = np.einsum("ai,bj,ck,ijk->abc", across, within, within, ball, optimize=True)
    middle = (slice(16, -16),) * 3
    picture = picture_ball(radius_mm=1.5, blur_mm=blur_mm, thickness_mm=thickness_mm, reach_mm=6.0)
    shown = picture.at(np.hypot(x, y).ravel(), z.ravel()).reshape(truth.shape)
    assert np.abs(shown - truth)[middle].max() < 0.01


def test_a_ball_keeps_its_volume() -> None:
    picture = picture_ball(radius_mm=2.0, blur_mm=0.5, thickness_mm=1.0, reach_mm=8.0)
    heights, across = np.meshgrid(np.arange(-60, 61) * 0.1, np.arange(0, 61) * 0.1, indexing="ij")
    shown = picture.at(across.ravel(), heights.ravel())
    volume = float((shown * across.ravel()).sum()) * 2.0 * np.pi * 0.01
    assert volume == pytest.approx(4.0 / 3.0 * np.pi * 8.0, rel=0.02)
