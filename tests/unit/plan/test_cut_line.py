"""The line of a plane on balls, boxes and cylinders: its length, its place and the area it opens."""

import math

import numpy as np
import pytest

from orview.geometry.rigid import rotations_from_vectors
from orview.mesh.measure import joined
from orview.mesh.surface import Surface
from orview.plan.cut_line import cut_line
from tests.solids import ball, beside, box, cylinder
from tests.unit.plan.test_clearance import CENTER, TURNS, plane


@pytest.mark.parametrize("turn", TURNS)
def test_a_ball_is_opened_by_a_circle(turn: np.ndarray) -> None:
    cut = cut_line(ball(20.0), plane(12.0, turn))
    assert len(cut.runs_mm) == 1
    run = cut.runs_mm[0]
    assert run[0] == pytest.approx(run[-1], abs=1e-6)
    assert np.linalg.norm(run - (CENTER + turn @ [0.0, 0.0, 12.0]), axis=1) == pytest.approx(16.0, abs=0.05)
    assert cut.length_mm == pytest.approx(2.0 * math.pi * 16.0, rel=0.002)
    assert cut.area_mm2 == pytest.approx(math.pi * 16.0**2, rel=0.004)


@pytest.mark.parametrize("turn", TURNS)
def test_a_rectangle_smaller_than_the_ball_meets_none_of_its_surface(turn: np.ndarray) -> None:
    cut = cut_line(ball(20.0), plane(0.0, turn, sides_mm=(10.0, 8.0)))
    assert cut.empty
    assert cut.area_mm2 == 0.0


@pytest.mark.parametrize("turn", TURNS)
def test_half_a_rectangle_on_a_box(turn: np.ndarray) -> None:
    solid = box((50.0, 30.0, 24.0), turned=turn)
    # From 5 mm left of the middle to the right, past the box: 20 of 50 mm are opened.
    cut = cut_line(solid, plane(2.0, turn, aside_mm=45.0, sides_mm=(80.0, 60.0)))
    assert cut.area_mm2 == pytest.approx(20.0 * 30.0, abs=1e-6)
    assert cut.length_mm == pytest.approx(20.0 + 30.0 + 20.0, abs=1e-6)
    assert len(cut.runs_mm) == 1
    assert np.linalg.norm(np.diff(cut.runs_mm[0], axis=0), axis=1).sum() == pytest.approx(70.0, abs=1e-6)


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0, 45.0])
def test_a_tilted_cut_through_a_cylinder_is_an_ellipse(tilt_deg: float) -> None:
    turn = rotations_from_vectors(np.array([[math.radians(tilt_deg), 0.0, 0.0]]))[0]
    cut = cut_line(cylinder(15.0, 100.0), plane(3.0, turn))
    assert cut.area_mm2 == pytest.approx(math.pi * 15.0**2 / math.cos(math.radians(tilt_deg)), rel=0.002)
    assert len(cut.runs_mm) == 1


def test_two_bodies_and_a_hollow() -> None:
    hollow = ball(8.0)
    hollow = Surface(vertices_mm=hollow.vertices_mm, triangles=hollow.triangles[:, ::-1])
    other = ball(5.0, center_mm=beside([27.0, 0.0, 0.0]))
    cut = cut_line(joined([ball(20.0), hollow, other]), plane(0.0, TURNS[0], sides_mm=(200.0, 200.0)))
    assert len(cut.runs_mm) == 3
    assert cut.area_mm2 == pytest.approx(math.pi * (400.0 - 64.0 + 25.0), rel=0.004)
    assert cut.length_mm == pytest.approx(2.0 * math.pi * (20.0 + 8.0 + 5.0), rel=0.002)


def test_runs_of_a_cut_that_leaves_the_rectangle_and_comes_back() -> None:
    # A narrow rectangle across the ball: its line comes in and goes out twice.
    cut = cut_line(ball(20.0), plane(0.0, TURNS[0], sides_mm=(60.0, 10.0)))
    assert len(cut.runs_mm) == 2
    arc_mm = 2.0 * 20.0 * math.asin(5.0 / 20.0)
    assert cut.length_mm == pytest.approx(2.0 * arc_mm, rel=0.002)
    assert sum(np.linalg.norm(np.diff(run, axis=0), axis=1).sum() for run in cut.runs_mm) == pytest.approx(
        cut.length_mm, rel=1e-9
    )


def test_a_vertex_exactly_on_the_plane_is_no_gap() -> None:
    # The equator of the ball is a ring of vertices.
    cut = cut_line(ball(20.0, steps=20), plane(0.0, TURNS[0], sides_mm=(200.0, 200.0)))
    assert len(cut.runs_mm) == 1
    assert cut.runs_mm[0][0] == pytest.approx(cut.runs_mm[0][-1], abs=1e-6)


def test_nothing_is_met_by_a_plane_that_is_elsewhere() -> None:
    assert cut_line(ball(20.0), plane(50.0, TURNS[0])).empty
