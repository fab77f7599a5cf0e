"""A film is thinned to views that differ."""

import numpy as np

from orview.calibrate.views import is_new_view
from orview.markers.detect import Sighting

POINTS = np.array([(20.0 * x, 20.0 * y, 0.0) for y in range(4) for x in range(6)])
PIXELS = POINTS[:, :2] * 5.0 + 100.0


def seen(pixels: np.ndarray, points: np.ndarray = POINTS) -> Sighting:
    return Sighting(pixels=pixels, points_board_mm=points, marker_count=10)


def test_the_first_view_is_new() -> None:
    assert is_new_view(seen(PIXELS), [], width_px=1000)


def test_a_still_board_is_not_new() -> None:
    assert not is_new_view(seen(PIXELS + 3.0), [seen(PIXELS)], width_px=1000)


def test_a_moved_or_turned_board_is_new() -> None:
    assert is_new_view(seen(PIXELS + 60.0), [seen(PIXELS)], width_px=1000)
    turned = (PIXELS - PIXELS.mean(axis=0)) @ np.array([[0.0, -1.0], [1.0, 0.0]]) + PIXELS.mean(axis=0)
    assert is_new_view(seen(turned), [seen(PIXELS)], width_px=1000)


def test_a_view_must_differ_from_every_one_taken() -> None:
    assert not is_new_view(seen(PIXELS), [seen(PIXELS + 90.0), seen(PIXELS + 2.0)], width_px=1000)


def test_corners_are_compared_with_themselves() -> None:
    order = np.random.default_rng(0).permutation(len(POINTS))
    assert not is_new_view(seen(PIXELS[order], POINTS[order]), [seen(PIXELS)], width_px=1000)
    assert is_new_view(seen(PIXELS[:10], POINTS[:10]), [seen(PIXELS[10:], POINTS[10:])], width_px=1000)
