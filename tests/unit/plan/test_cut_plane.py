"""A rectangle in the patient, and how far points lie from it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orview.errors import InputError
from orview.geometry.rigid import rotations_from_vectors
from orview.plan.cut_plane import CutPlane, angle_deg

GIVEN = {
    "key": "high_cut",
    "name": "High cut",
    "center_mm": (10.0, 20.0, -900.0),
    "kept_normal": (0.0, 0.0, 1.0),
    "along": (1.0, 0.0, 0.0),
    "width_mm": 40.0,
    "height_mm": 20.0,
}


def plane(**changed: object) -> CutPlane:
    return CutPlane.of(**{**GIVEN, **changed})


@pytest.mark.parametrize(
    ("point", "distance"),
    [
        ((10.0, 20.0, -893.0), 7.0),
        ((10.0, 20.0, -907.0), 7.0),
        ((33.0, 20.0, -896.0), 5.0),
        ((30.0, 33.0, -904.0), 5.0),
        ((33.0, 34.0, -888.0), 13.0),
        ((-10.0, 10.0, -900.0), 0.0),
    ],
)
def test_distances_to_face_side_and_corner(point: tuple[float, ...], distance: float) -> None:
    assert plane().distances_mm(np.array(point)) == pytest.approx(distance)


def test_heights_grow_towards_what_is_kept() -> None:
    assert plane().heights_mm(np.array([[0.0, 0.0, -890.0], [0.0, 0.0, -912.0]])).tolist() == [10.0, -12.0]


def test_corners_run_counter_clockwise_seen_from_the_kept_side() -> None:
    corners = plane().corners_mm
    assert np.cross(corners[1] - corners[0], corners[2] - corners[1]) == pytest.approx((0.0, 0.0, 800.0))


@given(st.lists(st.floats(-80.0, 80.0), min_size=3, max_size=3), st.floats(0.0, 6.28), st.floats(0.1, 3.0))
def test_no_point_of_the_rectangle_is_nearer_than_the_foot(offset: list[float], spin: float, tilt: float) -> None:
    normal = np.array([math.sin(tilt) * math.cos(spin), math.sin(tilt) * math.sin(spin), math.cos(tilt)])
    along = np.cross(normal, [0.0, 0.0, 1.0])
    turned = plane(kept_normal=normal, along=along / np.linalg.norm(along))
    point = turned.center_mm + offset
    u, v = np.meshgrid(np.linspace(-20.0, 20.0, 41), np.linspace(-10.0, 10.0, 21))
    sampled = turned.center_mm + u[..., None] * turned.along + v[..., None] * turned.upward
    nearest = float(np.linalg.norm(sampled - point, axis=-1).min())
    distance = float(turned.distances_mm(point))
    assert distance <= nearest + 1e-9
    assert nearest <= distance + 0.75
    assert np.linalg.norm(turned.offsets_mm(point)) == pytest.approx(distance)
    assert turned.distances_mm(point - turned.offsets_mm(point)) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("degrees", [0.0, 0.001, 30.0, 90.0, 150.0, 180.0])
def test_the_angle_between_planes_has_no_direction(degrees: float) -> None:
    turned = np.array([math.sin(math.radians(degrees)), 0.0, math.cos(math.radians(degrees))])
    assert angle_deg(np.array([0.0, 0.0, 1.0]), turned) == pytest.approx(min(degrees, 180.0 - degrees), abs=1e-6)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"center_mm": (math.nan, 0.0, 0.0)}, "a number that is none"),
        ({"center_mm": (1.0, 2.0)}, "a number that is none"),
        ({"center_mm": ("left", 0.0, 0.0)}, "a number that is none"),
        ({"center_mm": (9000.0, 0.0, 0.0)}, "outside any patient"),
        ({"kept_normal": (0.0, 0.0, 2.0)}, "not the length 1"),
        ({"along": (0.0, 0.0, 1.0)}, "does not lie in it"),
        ({"width_mm": 0.0}, "0 mm wide"),
        ({"height_mm": math.inf}, "inf mm wide"),
    ],
)
def test_what_makes_no_plane_is_refused_in_words(changed: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        plane(**changed)


@given(st.lists(st.floats(-3.1, 3.1), min_size=3, max_size=3))
def test_a_plane_made_once_is_made_again_bit_by_bit(turn: list[float]) -> None:
    """Else a plan would not have the digest it was stored with."""
    axes = rotations_from_vectors(np.array([turn]))[0]
    once = plane(kept_normal=axes[2], along=axes[0])
    again = plane(kept_normal=once.kept_normal.tolist(), along=once.along.tolist())
    assert (again.kept_normal == once.kept_normal).all()
    assert (again.along == once.along).all()
