"""The blur of a picture is learned from its changes along many directions."""

import math

import numpy as np
import pytest

from orview.track.blur import LEAST_PX, Blur

ANGLES = np.linspace(0.0, 2.0 * math.pi, 60, endpoint=False)
NORMALS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def test_a_smear_in_one_direction_is_learned() -> None:
    true = Blur(xx=2.0, xy=0.8, yy=1.0)
    blur = Blur()
    for _ in range(6):
        changes = np.square(true.across(NORMALS)) - np.square(blur.across(NORMALS))
        blur = blur.changed(NORMALS, changes, np.ones(len(NORMALS)))
    assert (blur.xx, blur.xy, blur.yy) == pytest.approx((2.0, 0.8, 1.0), abs=0.02)


def test_no_blur_is_smaller_than_a_pixel_allows() -> None:
    blur = Blur()
    for _ in range(10):
        blur = blur.changed(NORMALS, np.full(len(NORMALS), -1.0), np.ones(len(NORMALS)))
    assert blur.mean_px == pytest.approx(LEAST_PX)


def test_without_any_weight_the_blur_stays() -> None:
    blur = Blur(xx=1.0, xy=0.1, yy=0.9)
    changed = blur.changed(NORMALS, np.ones(len(NORMALS)), np.zeros(len(NORMALS)))
    assert (changed.xx, changed.xy, changed.yy) == pytest.approx((1.0, 0.1, 0.9))


def test_likeness_is_judged_in_every_direction() -> None:
    assert Blur(xx=0.64, yy=0.64).resembles(Blur(xx=0.70, yy=0.60))
    assert not Blur(xx=0.64, yy=0.64).resembles(Blur(xx=1.5, yy=0.64))
