"""Strips of pixels across borders: the right pixels, at their true distances, in grey and in colour."""

import numpy as np
import pytest

from orview.track.strips import gather

PLAIN = np.arange(256, dtype=np.float32)
RAMP = np.add.outer(3 * np.arange(24), 2 * np.arange(30)).astype(np.uint8)


@pytest.mark.parametrize("angle_deg", [0.0, 20.0, 45.0, 100.0, 200.0, 315.0])
def test_light_and_distance_belong_together(angle_deg: float) -> None:
    normal = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    place = np.array([14.3, 11.6])
    strips = gather(RAMP, PLAIN, place[None], normal[None], half=4)
    across = strips.across_px[0].astype(np.float64)
    assert np.allclose(np.diff(across), strips.pace_px[0])
    assert (np.diff(across) > 0.6).all()
    # A ramp tells from its light alone how far a pixel lies along the ramp; the rest is along the border.
    steps = np.diff(strips.light[0])
    assert np.allclose(steps, steps[0])
    assert abs(across[4]) <= 0.71


def test_colour_is_weighed_as_grey() -> None:
    colours = np.stack([RAMP, RAMP // 2, 255 - RAMP], axis=-1)
    at, normal = np.array([[10.0, 9.0]]), np.array([[1.0, 0.0]])
    light = gather(colours, PLAIN, at, normal, half=3).light[0]
    assert np.allclose(light, colours[9, 7:14] @ np.array([0.114, 0.587, 0.299]), atol=1e-3)
