"""The wire of a ball lies on the ball, in hoops, with no more segments than asked for."""

import numpy as np
import pytest

from orview.plan.wire import APART_MM, STEP_MM, wire
from tests.solids import ball, beside
from tests.unit.plan.test_clearance import CENTER


@pytest.mark.parametrize(("radius_mm", "most"), [(25.0, 3000), (60.0, 3000), (25.0, 300)])
def test_hoops_lie_on_the_ball(radius_mm: float, most: int) -> None:
    segments = wire(ball(radius_mm), most_segments=most)
    assert 0.6 * min(most, 1000) < len(segments) <= most
    ends, middles = segments.reshape(-1, 3), segments.mean(axis=1)
    assert np.linalg.norm(ends - CENTER, axis=1) == pytest.approx(radius_mm, abs=0.05)
    lengths = np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1)
    widest = lengths.max()
    assert np.linalg.norm(middles - CENTER, axis=1).min() > 0.97 * radius_mm - widest**2 / (4.0 * radius_mm)
    # Each segment keeps its height or its place across: it belongs to a hoop.
    level = np.abs(segments[:, 1] - segments[:, 0])[:, [2, 0]].min(axis=1)
    assert level.max() < 1e-6


def test_hoops_are_evenly_apart_and_about_the_middle() -> None:
    segments = wire(ball(25.0), most_segments=3000)
    flat = segments[np.abs(segments[:, 1, 2] - segments[:, 0, 2]) < 1e-9]
    heights = np.unique(np.round(flat[:, 0, 2] - CENTER[2], 4))
    around = np.unique(np.round(heights / APART_MM, 3))
    assert np.isin(np.arange(-4.0, 5.0), around).all()
    assert np.linalg.norm(flat[:, 1] - flat[:, 0], axis=1).max() < 1.3 * STEP_MM


def test_every_part_has_its_hoops() -> None:
    from orview.mesh.measure import joined

    two = joined([ball(12.0), ball(12.0, center_mm=beside([40.0, 0.0, 0.0]))])
    segments = wire(two, most_segments=3000)
    to_second = np.linalg.norm(segments[:, 0] - beside([40.0, 0.0, 0.0]), axis=1)
    assert 0.3 < (to_second < 13.0).mean() < 0.7
