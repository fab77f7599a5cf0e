"""The sensor: sRGB both ways, light lost in the corners, noise that repeats."""

import numpy as np
import pytest

from orview.sim.lens import CORNER_LIGHT, LENS, NOISE_LEVELS, Sensor, decode_srgb, encode_srgb


@pytest.fixture(scope="module")
def sensor() -> Sensor:
    return Sensor(LENS, seed=0)


def test_srgb_goes_both_ways() -> None:
    values = np.linspace(0.0, 1.0, 256)
    np.testing.assert_allclose(encode_srgb(decode_srgb(values)), values, atol=1e-6)
    assert encode_srgb(np.array(0.18)) == pytest.approx(0.461, abs=1e-3)


def test_bytes_survive_light(sensor: Sensor) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    wide = np.repeat(grey, 8, axis=1)
    flat = np.concatenate([np.full((9, 8, 3), level, np.uint8) for level in (0, 20, 90, 255)], axis=0)
    back = sensor.encoded(sensor.decoded(flat))
    for n, level in enumerate((0, 20, 90, 255)):
        assert abs(int(back[9 * n + 4, 4, 0]) - level) <= 1
    assert sensor.decoded(wide).max() == pytest.approx(1.0)


def test_the_optics_soften_an_edge_without_moving_it(sensor: Sensor) -> None:
    light = np.zeros((9, 20, 3), dtype=np.float32)
    light[:, 10:] = 0.5
    soft = sensor.decoded(sensor.encoded(light))[4, :, 0]
    assert 0.02 < soft[9] < 0.25 < soft[10] < 0.48
    assert soft[9] + soft[10] == pytest.approx(0.5, abs=0.01)


def test_corners_are_darker(sensor: Sensor) -> None:
    assert sensor.light.max() == pytest.approx(1.0, abs=1e-3)
    assert sensor.light.min() == pytest.approx(CORNER_LIGHT, abs=1e-3)


def test_noise_is_as_strong_as_said_and_repeats(sensor: Sensor) -> None:
    def noisy(t_s: float) -> np.ndarray:
        picture = np.full((LENS.height_px, LENS.width_px, 3), 120, np.uint8)
        sensor.add_noise(picture, t_s=t_s)
        return picture

    first = noisy(1.0)
    assert first.std() == pytest.approx(NOISE_LEVELS, rel=0.05)
    assert first.mean() == pytest.approx(120.0, abs=0.05)
    assert np.array_equal(first, noisy(1.0))
    assert (first != noisy(1.033)).mean() > 0.5
