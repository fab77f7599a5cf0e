"""Surfaces painted in bands: their borders lie where the distance says, and nothing of the shape changes."""

import numpy as np
import pytest

from orview.mesh.measure import area_mm2, corners_mm, double_areas, open_edges, volume_mm3
from orview.mesh.surface import Surface
from orview.plan.margin_colors import BANDS_MM
from orview.plan.painting import painted
from tests.solids import AWAY_MM, ball, box


def heights(surface: Surface, *, floor_mm: float) -> np.ndarray:
    """How far each vertex lies above a floor under the middle."""
    return surface.vertices_mm[:, 2] - AWAY_MM[2] + floor_mm


@pytest.mark.parametrize("solid", [ball(15.0), box((40.0, 30.0, 26.0), splits=2)], ids=["ball", "box"])
def test_each_band_is_the_zone_of_its_distances(solid: Surface) -> None:
    done = painted(solid, heights(solid, floor_mm=8.0))
    areas = 0.5 * np.linalg.norm(double_areas(done.surface), axis=1)
    borders = np.array([-np.inf, *BANDS_MM, np.inf])
    low, high = heights(solid, floor_mm=8.0).min(), heights(solid, floor_mm=8.0).max()
    for number in range(len(borders) - 1):
        inside = corners_mm(done.surface)[done.bands == number][..., 2] - AWAY_MM[2] + 8.0
        below, above = borders[number], borders[number + 1]
        assert inside.min() == pytest.approx(max(below, low), abs=1e-9)
        assert inside.max() == pytest.approx(min(above, high), abs=1e-9)
        if len(solid.triangles) > 10_000:
            # Archimedes: the zone of a sphere has the area of its cylinder.
            zone_mm = min(above, 23.0) - max(below, -7.0)
            assert areas[done.bands == number].sum() == pytest.approx(2.0 * np.pi * 15.0 * zone_mm, rel=0.01)


def test_the_shape_stays_closed_and_the_same() -> None:
    solid = ball(15.0, steps=30)
    done = painted(solid, heights(solid, floor_mm=8.0))
    assert len(done.surface.triangles) > len(solid.triangles)
    assert open_edges(done.surface) == 0
    assert volume_mm3(done.surface) == pytest.approx(volume_mm3(solid), rel=1e-9)
    assert area_mm2(done.surface) == pytest.approx(area_mm2(solid), rel=1e-9)
    assert done.distances_mm == pytest.approx(heights(done.surface, floor_mm=8.0), abs=1e-9)


def test_where_nothing_is_near_there_is_one_band() -> None:
    solid = ball(15.0, steps=10)
    done = painted(solid, np.full(len(solid.vertices_mm), np.inf))
    assert (done.bands == len(BANDS_MM)).all()
    assert len(done.surface.triangles) == len(solid.triangles)


def test_a_vertex_on_a_border_cuts_nothing_twice() -> None:
    flat = Surface(
        vertices_mm=np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0]]),
        triangles=np.array([[0, 1, 2]], dtype=np.int32),
    )
    done = painted(flat, np.array([5.0, 8.0, 9.0]))
    assert done.bands.tolist() == [2]
