"""Margins round a ball: to cuts, to what lies near, and the shells."""

import numpy as np
import pytest

from orview.mesh.measure import volume_mm3
from orview.plan.ground import Body, Ground
from orview.plan.margins import cut_distances_mm, nearby, shells, way_distances_mm
from orview.segment.anatomy import Kind, Side
from tests.solids import ball, beside, cylinder
from tests.unit.plan.test_clearance import CENTER, TURNS, plane

RADIUS_MM = 18.0


def body(key: str, kind: Kind, surface, *, side: Side = Side.NONE) -> Body:
    return Body(key=key, name=key.replace("_", " "), kind=kind, side=side, rigid=True, surface=surface)


@pytest.fixture(scope="module")
def ground() -> Ground:
    bodies = [
        body("tumour", Kind.TUMOUR, ball(RADIUS_MM)),
        body("rectum", Kind.ORGAN, cylinder(10.0, 90.0, center_mm=beside([0.0, -34.0, 0.0]))),
        body("nerve_s1_left", Kind.NERVE, cylinder(2.0, 60.0, center_mm=beside([RADIUS_MM - 1.0, 0.0, 0.0]))),
        body("sacrum", Kind.BONE, ball(40.0)),
    ]
    return Ground.of({one.key: one for one in bodies})


def test_what_is_in_the_way_comes_nearest_first(ground: Ground) -> None:
    nerve, rectum = nearby(ground)
    assert (nerve.key, rectum.key) == ("nerve_s1_left", "rectum")
    # The root runs within the tumour, its axis 1 mm under the surface: its far side is 3 mm deep.
    assert nerve.least_mm == pytest.approx(-3.0, abs=0.1)
    assert rectum.least_mm == pytest.approx(34.0 - 10.0 - RADIUS_MM, abs=0.1)
    assert np.array(rectum.at_mm) == pytest.approx(beside([0.0, -24.0, 0.0]), abs=1.5)


@pytest.mark.parametrize("turn", TURNS)
def test_the_nearest_cut_counts_at_each_place(turn: np.ndarray) -> None:
    planes = [plane(30.0, turn, sides_mm=(200.0, 200.0)), plane(-5.0, turn, aside_mm=60.0, sides_mm=(40.0, 40.0))]
    points = CENTER + np.array([[0.0, 0.0, 18.0], [18.0, 0.0, 0.0], [60.0, 0.0, 1.0], [0.0, 0.0, 33.0]]) @ turn.T
    # Below the first; beside the second; beyond the second within its outline; beyond the first.
    assert cut_distances_mm(points, planes) == pytest.approx([12.0, np.hypot(22.0, 5.0), -6.0, -3.0], abs=1e-9)


def test_without_a_plane_nothing_is_near() -> None:
    assert np.isinf(cut_distances_mm(CENTER[None], [])).all()


def test_what_is_in_the_way_counts_at_each_place(ground: Ground) -> None:
    # Between tumour and rectum; in the root; far from both, where the sacrum does not count.
    places = np.array([beside(offset) for offset in ([0.0, -21.0, 0.0], [17.0, 0.0, 5.0], [-30.0, 0.0, 0.0])])
    to_rectum_mm = np.hypot(30.0, 34.0) - 10.0
    assert way_distances_mm(places, ground) == pytest.approx([3.0, -2.0, to_rectum_mm], abs=0.05)


def test_nothing_in_the_way() -> None:
    alone = Ground.of({"tumour": body("tumour", Kind.TUMOUR, ball(RADIUS_MM))})
    assert np.isinf(way_distances_mm(CENTER[None], alone)).all()


def test_shells_of_a_ball_are_balls(ground: Ground) -> None:
    found = shells(ground)
    assert list(found) == [5.0, 10.0, 15.0]
    for shell_mm, surface in found.items():
        radii = np.linalg.norm(surface.vertices_mm - CENTER, axis=1)
        assert radii == pytest.approx(RADIUS_MM + shell_mm, abs=0.3)
        assert volume_mm3(surface) == pytest.approx(4.0 / 3.0 * np.pi * (RADIUS_MM + shell_mm) ** 3, rel=0.02)
