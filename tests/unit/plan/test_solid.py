"""How far points lie from balls, boxes and cylinders, in and out, against what geometry says (asked: 0.1 mm)."""

from collections.abc import Callable

import numpy as np
import pytest

from orview.geometry.rigid import rotations_from_vectors
from orview.mesh.surface import Surface
from orview.plan.solid import Solid
from tests.solids import ball, box, cylinder
from tests.unit.plan.test_clearance import CENTER, TOLERANCE_MM

TURN = rotations_from_vectors(np.array([[0.5, -0.8, 0.3]]))[0]
RADIUS_MM, SIDES_MM, LENGTH_MM = 18.0, np.array([50.0, 30.0, 24.0]), 60.0


def from_ball(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points, axis=1) - RADIUS_MM


def from_box(points: np.ndarray) -> np.ndarray:
    beyond = np.abs(points) - 0.5 * SIDES_MM
    return np.linalg.norm(np.maximum(beyond, 0.0), axis=1) + np.minimum(beyond.max(axis=1), 0.0)


def from_cylinder(points: np.ndarray) -> np.ndarray:
    beyond = np.stack(
        [np.hypot(points[:, 0], points[:, 1]) - RADIUS_MM, np.abs(points[:, 2]) - 0.5 * LENGTH_MM], axis=1
    )
    return np.linalg.norm(np.maximum(beyond, 0.0), axis=1) + np.minimum(beyond.max(axis=1), 0.0)


@pytest.mark.parametrize(
    ("surface", "truth"),
    [
        (ball(RADIUS_MM), lambda points: from_ball(points)),
        (box(SIDES_MM, turned=TURN), lambda points: from_box(points @ TURN)),
        (cylinder(RADIUS_MM, LENGTH_MM, turned=TURN), lambda points: from_cylinder(points @ TURN)),
    ],
    ids=["ball", "box", "cylinder"],
)
def test_heights_and_feet(surface: Surface, truth: Callable[[np.ndarray], np.ndarray]) -> None:
    offsets = np.random.default_rng(5).uniform(-45.0, 45.0, (3000, 3))
    expected = truth(offsets)
    assert (expected < -1.0).sum() > 50
    heights, feet = Solid(surface).feet(CENTER + offsets)
    assert heights == pytest.approx(expected, abs=TOLERANCE_MM)
    assert np.linalg.norm(feet - CENTER - offsets, axis=1) == pytest.approx(np.abs(expected), abs=TOLERANCE_MM)
    assert truth(feet - CENTER) == pytest.approx(np.zeros(len(feet)), abs=TOLERANCE_MM)
