"""Plates and tubes are closed bodies of the volume they say, where they say."""

import numpy as np
import pytest

from orview.mesh.bodies import plate, tube
from orview.mesh.measure import centroid_mm, open_edges, volume_mm3

CORNERS_MM = np.array([[0.0, 0.0, 5.0], [40.0, 0.0, 5.0], [40.0, 30.0, 5.0], [0.0, 30.0, 5.0]])


def test_a_plate_is_a_closed_box_about_its_rectangle() -> None:
    made = plate(CORNERS_MM, thickness_mm=0.5)
    assert open_edges(made) == 0
    assert volume_mm3(made) == pytest.approx(40.0 * 30.0 * 0.5)
    assert centroid_mm(made) == pytest.approx([20.0, 15.0, 5.0])


def circle(count: int, radius_mm: float) -> np.ndarray:
    angles = 2.0 * np.pi * np.arange(count + 1) / count
    return radius_mm * np.stack([np.cos(angles), np.sin(angles), 0.1 * np.sin(2.0 * angles)], axis=1)


@pytest.mark.parametrize(
    ("points", "length"),
    [
        (np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 50.0]]), 50.0),
        (np.array([[0.0, 0.0, 0.0], [20.0, 0.0, 0.0], [20.0, 0.001, 0.0], [60.0, 10.0, 0.0]]), 61.2),
        (circle(300, 25.0), 158.6),
    ],
)
def test_a_tube_is_closed_and_as_long_as_its_line(points: np.ndarray, length: float) -> None:
    made = tube(points, radius_mm=0.6)
    assert open_edges(made) == 0
    # Eight sides fill nine tenths of the circle.
    assert volume_mm3(made) == pytest.approx(length * 4.0 * np.sqrt(2.0) / 2.0 * 0.6**2, rel=0.02)


def test_a_ring_ends_where_it_began() -> None:
    made = tube(circle(300, 25.0), radius_mm=0.6)
    assert centroid_mm(made) == pytest.approx([0.0, 0.0, 0.0], abs=0.05)
    away = np.linalg.norm(made.vertices_mm[:, :2], axis=1)
    assert (away.min(), away.max()) == (pytest.approx(24.4, abs=0.1), pytest.approx(25.6, abs=0.1))
