"""Distances of balls, boxes and cylinders from planes, against what geometry says (asked: 0.1 mm)."""

import numpy as np
import pytest

from orview.geometry.rigid import rotations_from_vectors
from orview.mesh.measure import area_mm2
from orview.mesh.surface import Surface
from orview.plan.clearance import clearance
from orview.plan.cut_plane import CutPlane
from tests.solids import AWAY_MM, ball, box, cylinder

TOLERANCE_MM = 0.1
TURNS = rotations_from_vectors(np.array([[0.0, 0.0, 0.0], [0.4, -0.3, 0.2], [-1.1, 0.6, 2.0]]))
CENTER = np.array(AWAY_MM)


def plane(offset_mm: float, turn: np.ndarray, *, aside_mm: float = 0.0, sides_mm: tuple[float, float] = (80.0, 60.0)):
    """A plane above a solid at the centre, turned with it."""
    return CutPlane.of(
        key="cut",
        name="Cut",
        center_mm=CENTER + turn @ [aside_mm, 0.0, offset_mm],
        kept_normal=turn @ [0.0, 0.0, 1.0],
        along=turn @ [1.0, 0.0, 0.0],
        width_mm=sides_mm[0],
        height_mm=sides_mm[1],
    )


@pytest.mark.parametrize("turn", TURNS)
def test_a_ball_below_a_plane(turn: np.ndarray) -> None:
    found = clearance(ball(20.0), plane(31.0, turn, sides_mm=(400.0, 400.0)))
    assert found.least_mm == pytest.approx(11.0, abs=TOLERANCE_MM)
    # A ball's surface is on average as far away as its centre.
    assert found.mean_mm == pytest.approx(31.0, abs=TOLERANCE_MM)
    assert np.array(found.at_mm) == pytest.approx(CENTER + turn @ [0.0, 0.0, 20.0], abs=1.5)


@pytest.mark.parametrize("turn", TURNS)
def test_a_ball_beside_a_plane_is_as_far_as_its_edge(turn: np.ndarray) -> None:
    # The edge of the rectangle is 30 mm across and 40 mm up from the centre: 50 mm away.
    found = clearance(ball(20.0), plane(40.0, turn, aside_mm=70.0))
    assert found.least_mm == pytest.approx(30.0, abs=TOLERANCE_MM)


@pytest.mark.parametrize("turn", TURNS)
def test_a_box_of_two_triangles_a_side(turn: np.ndarray) -> None:
    solid = box((50.0, 30.0, 24.0), turned=turn)
    flat = clearance(solid, plane(20.0, turn, sides_mm=(400.0, 400.0)))
    assert flat.least_mm == pytest.approx(8.0, abs=1e-6)
    assert flat.mean_mm == pytest.approx(20.0, abs=1e-6)
    # A small rectangle over the middle of a large face: no corner of the mesh is near.
    assert clearance(solid, plane(20.0, turn, sides_mm=(4.0, 4.0))).least_mm == pytest.approx(8.0, abs=0.01)


@pytest.mark.parametrize("turn", TURNS)
def test_an_edge_of_a_box_against_the_edge_of_a_rectangle(turn: np.ndarray) -> None:
    tipped = turn @ rotations_from_vectors(np.array([[0.0, np.pi / 4.0, 0.0]]))[0]
    solid = box((30.0, 300.0, 30.0), turned=tipped)
    ridge_mm = 15.0 * np.sqrt(2.0)
    # The rectangle's edge runs across the ridge, 10 mm above it, in the middle of the long edges of both.
    found = clearance(solid, plane(ridge_mm + 10.0, turn, sides_mm=(60.0, 20.0)))
    assert found.least_mm == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize("turn", TURNS)
def test_a_cylinder_lying_under_a_plane(turn: np.ndarray) -> None:
    lying = turn @ rotations_from_vectors(np.array([[np.pi / 2.0, 0.0, 0.0]]))[0]
    found = clearance(cylinder(12.0, 70.0, turned=lying), plane(27.0, turn, sides_mm=(200.0, 200.0)))
    assert found.least_mm == pytest.approx(15.0, abs=TOLERANCE_MM)
    assert found.mean_mm == pytest.approx(27.0, abs=TOLERANCE_MM)


@pytest.mark.parametrize("turn", TURNS)
def test_what_reaches_through_is_below_zero(turn: np.ndarray) -> None:
    found = clearance(ball(20.0), plane(13.0, turn))
    assert found.least_mm == pytest.approx(-7.0, abs=TOLERANCE_MM)
    assert clearance(ball(20.0), plane(-13.0, turn)).least_mm == pytest.approx(-33.0, abs=TOLERANCE_MM)


def test_what_passes_beside_the_rectangle_is_not_crossed() -> None:
    beside = plane(0.0, TURNS[0], aside_mm=70.0, sides_mm=(40.0, 40.0))
    assert clearance(ball(20.0), beside).least_mm == pytest.approx(30.0, abs=TOLERANCE_MM)


def test_the_mean_is_over_area_and_not_over_triangles() -> None:
    coarse, turn = box((20.0, 20.0, 20.0)), TURNS[0]
    split = _with_split_top(coarse)
    assert area_mm2(split) == pytest.approx(area_mm2(coarse))
    above = plane(30.0, turn, sides_mm=(400.0, 400.0))
    assert clearance(split, above).mean_mm == pytest.approx(clearance(coarse, above).mean_mm, abs=1e-6)


def _with_split_top(solid: Surface) -> Surface:
    """The same box with its upper triangles cut up by their middles, again and again."""
    vertices, triangles = list(solid.vertices_mm), solid.triangles.tolist()
    for _ in range(3):
        kept = []
        for a, b, c in triangles:
            middle = (vertices[a] + vertices[b] + vertices[c]) / 3.0
            if min(vertices[a][2], vertices[b][2], vertices[c][2]) < AWAY_MM[2]:
                kept.append([a, b, c])
                continue
            vertices.append(middle)
            kept += [[a, b, len(vertices) - 1], [b, c, len(vertices) - 1], [c, a, len(vertices) - 1]]
        triangles = kept
    return Surface(vertices_mm=np.array(vertices), triangles=np.array(triangles, dtype=np.int32))
