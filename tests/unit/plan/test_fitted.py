"""Planes through points lie where the points were made, as large as they reach, and face away from the tumour."""

import numpy as np
import pytest

from orview.errors import InputError
from orview.plan.cut_plane import angle_deg
from orview.plan.fitted import FLAT_MM, facing, plane_through
from tests.solids import ball, beside
from tests.unit.plan.test_clearance import TURNS


def points_on(turn: np.ndarray, *, rough_mm: float = 0.0) -> np.ndarray:
    """A curve round a rectangle of 60 by 40 mm, turned."""
    angles = np.linspace(0.0, 2.0 * np.pi, 41)[:-1]
    flat = np.stack([30.0 * np.cos(angles), 20.0 * np.sin(angles), np.zeros(40)], axis=1)
    flat[:, 2] = rough_mm * np.tile([1.0, -1.0], 20)
    return beside(flat @ turn.T)


@pytest.mark.parametrize("turn", TURNS)
def test_flat_points_give_their_plane(turn: np.ndarray) -> None:
    plane = plane_through(points_on(turn), key="cut", name="Cut")
    assert plane.center_mm == pytest.approx(beside([0.0, 0.0, 0.0]), abs=1e-9)
    assert angle_deg(plane.kept_normal, turn[:, 2]) == pytest.approx(0.0, abs=1e-6)
    assert (plane.width_mm, plane.height_mm) == (pytest.approx(60.0), pytest.approx(40.0))
    assert np.abs(plane.along @ turn[:, 0]) == pytest.approx(1.0)


def test_points_that_are_a_little_off_are_taken_and_others_refused() -> None:
    plane = plane_through(points_on(TURNS[1], rough_mm=0.9 * FLAT_MM), key="cut", name="Cut")
    assert angle_deg(plane.kept_normal, TURNS[1][:, 2]) < 1.0
    with pytest.raises(InputError, match=r"Cut is not flat: a point stands 2\.\d mm off"):
        plane_through(points_on(TURNS[1], rough_mm=1.2 * FLAT_MM), key="cut", name="Cut")


@pytest.mark.parametrize(
    ("points", "words"),
    [([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0]], "has 2 points"), ([[float(n), 2.0 * n, 0.0] for n in range(5)], "one line")],
)
def test_points_that_make_no_plane_are_refused(points: list[list[float]], words: str) -> None:
    with pytest.raises(InputError, match=words):
        plane_through(points, key="cut", name="Cut")


@pytest.mark.parametrize("up_mm", [25.0, -25.0])
def test_what_is_kept_lies_away_from_the_tumour(up_mm: float) -> None:
    tumour = ball(10.0, steps=10).vertices_mm
    given = plane_through(np.add(points_on(np.eye(3)), [0.0, 0.0, up_mm]), key="cut", name="Cut")
    plane = facing(given, tumour)
    assert np.sign(plane.kept_normal[2]) == np.sign(up_mm)
    assert (plane.heights_mm(tumour) < 0.0).all()
    assert sorted(map(tuple, plane.corners_mm.round(6))) == sorted(map(tuple, given.corners_mm.round(6)))
    assert facing(plane, tumour) is plane
