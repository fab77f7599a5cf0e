"""Each fault of the camera does what it says, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from orview.geometry.pinhole import PinholeLens
from orview.sim.lens import encode_srgb
from orview.sim.sensor_chain import SensorChain, vignette
from tests.board_pictures import CLEAN

LENS = PinholeLens(width_px=320, height_px=240, fx_px=300.0, fy_px=300.0, cx_px=159.5, cy_px=119.5)
BARE = replace(CLEAN, blur_px=0.0, brightness=1.0)


def flat(light: float) -> np.ndarray:
    return np.full((LENS.height_px, LENS.width_px), light, dtype=np.float32)


def shot(chain: SensorChain, light: np.ndarray, seed: int = 0) -> np.ndarray:
    return chain.picture(light, LENS, np.random.default_rng(seed))


def test_without_faults_bytes_are_light() -> None:
    assert (shot(BARE, flat(0.4)) == 102).all()


def test_gamma_is_srgb() -> None:
    expected = round(255.0 * float(encode_srgb(np.array(0.2))))
    assert abs(int(shot(replace(BARE, gamma=True), flat(0.2))[0, 0]) - expected) <= 1


def test_the_tone_curve_deepens_shadows_and_keeps_the_ends() -> None:
    levels = [int(shot(replace(BARE, tone=0.5), flat(light))[0, 0]) for light in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert levels[0] == 0
    assert levels[4] == 255
    assert levels[1] < 60
    assert abs(levels[2] - 128) <= 1
    assert levels[3] > 195


def test_noise_is_that_of_counting_and_reading() -> None:
    chain = replace(BARE, white_electrons=900.0, read_electrons=12.0)
    for light in (0.2, 0.6):
        picture = shot(chain, flat(light)).astype(float)
        assert picture.std() / 255.0 == pytest.approx(np.sqrt(light * 900.0 + 144.0) / 900.0, rel=0.03)
        assert picture.mean() / 255.0 == pytest.approx(light, abs=0.002)
    assert np.array_equal(shot(chain, flat(0.5), seed=3), shot(chain, flat(0.5), seed=3))
    assert not np.array_equal(shot(chain, flat(0.5), seed=3), shot(chain, flat(0.5), seed=4))


def test_sharpening_overshoots_on_both_sides_and_leaves_flat_places() -> None:
    light = flat(0.3)
    light[:, 160:] = 0.6
    soft, sharp = (shot(replace(BARE, blur_px=0.4, sharpen=amount), light)[120].astype(int) for amount in (0.0, 0.8))
    assert sharp.min() < soft.min() - 2
    assert sharp.max() > soft.max() + 2
    assert sharp[20] == soft[20]


def test_the_corners_of_the_picture_are_darker() -> None:
    share = vignette(LENS, 0.6)
    assert share[119:121, 159:161].min() > 0.999
    assert share[0, 0] == pytest.approx(0.6, abs=1e-3)


def test_jpeg_changes_little_but_something() -> None:
    light = flat(0.3) + np.random.default_rng(0).uniform(0.0, 0.3, (LENS.height_px, LENS.width_px)).astype(np.float32)
    raw, packed = shot(BARE, light).astype(int), shot(replace(BARE, jpeg_quality=85), light).astype(int)
    assert 0.5 < np.abs(raw - packed).mean() < 12.0
