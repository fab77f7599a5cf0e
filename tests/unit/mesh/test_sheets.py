"""Sheets lie where their corners are; lines are clear in front of what is solid, faint behind it or not there."""

import numpy as np
import pytest

from orview.mesh.sheets import Line, Sheet, draw_lines, sheet_depths
from orview.mesh.view import FROM_FRONT, view_of

RED = np.array([1.0, 0.0, 0.0])
CORNERS_MM = np.array([[-20.0, 0.0, -10.0], [20.0, 0.0, -10.0], [20.0, 0.0, 10.0], [-20.0, 0.0, 10.0]])
VIEW = view_of(np.array([[-50.0, 0.0, -50.0], [50.0, 0.0, 50.0]]), towards_eye=FROM_FRONT, width=100, height=100)


@pytest.mark.parametrize("tilt", [0.0, 0.8])
def test_a_sheet_is_met_within_its_corners_alone(tilt: float) -> None:
    corners = CORNERS_MM + np.outer(CORNERS_MM[:, 2], [0.0, tilt, 0.0])
    x, z = (values.ravel() for values in np.meshgrid(np.linspace(-49.0, 49.0, 30), np.linspace(-49.0, 49.0, 30)))
    points = np.column_stack([x, tilt * z, z])
    places, deep = VIEW.places(points)
    found = sheet_depths(Sheet(corners_mm=corners, color=RED, cover=0.5), VIEW.rays(places[:, 0], places[:, 1]))
    inside = (np.abs(x) < 20.0) & (np.abs(z) < 10.0)
    assert (np.isfinite(found) == inside).all()
    assert found[inside] == pytest.approx(deep[inside], abs=1e-2)


def test_a_sheet_seen_from_its_edge_is_not_met() -> None:
    edge_on = CORNERS_MM[:, [1, 0, 2]]
    found = sheet_depths(Sheet(corners_mm=edge_on, color=RED, cover=0.5), VIEW.rays(np.array([50.5]), np.array([50.5])))
    assert np.isinf(found).all()


@pytest.mark.parametrize(("through", "faint"), [(True, 0.35), (False, 0.0)])
def test_a_line_is_clear_in_front_and_faint_or_gone_behind(through: bool, faint: float) -> None:
    _, (deep,) = VIEW.places(np.zeros((1, 3)))
    depth = np.full((100, 100), np.inf, dtype=np.float32)
    depth[:, 50:] = deep - 10.0
    picture = np.zeros((100, 100, 3), dtype=np.float32)
    points = np.array([[-40.0, 0.0, 0.0], [40.0, 0.0, 0.0]])
    draw_lines(picture, [Line(points_mm=points, color=RED, width_px=4.0, through=through)], VIEW, depth)
    assert picture[50, 30] == pytest.approx(RED)
    assert picture[50, 70] == pytest.approx(faint * RED, abs=0.01)
    # As thick as it says, and nowhere else.
    assert picture[:, 30, 0].sum() == pytest.approx(4.0, abs=0.6)
    assert picture[:, [5, 95]].max() == 0.0


def test_a_line_on_a_surface_is_in_front_of_it() -> None:
    _, (deep,) = VIEW.places(np.zeros((1, 3)))
    picture = np.zeros((100, 100, 3), dtype=np.float32)
    points = np.array([[-40.0, 0.5, 0.0], [40.0, 0.5, 0.0]])
    depth = np.full((100, 100), deep, dtype=np.float32)
    draw_lines(picture, [Line(points_mm=points, color=RED, width_px=2.0)], VIEW, depth)
    assert picture[50, 30:70, 0].min() > 0.9


def test_what_lies_outside_the_picture_is_not_drawn() -> None:
    picture = np.zeros((100, 100, 3), dtype=np.float32)
    far = np.array([[200.0, 0.0, 0.0], [300.0, 0.0, 10.0]])
    draw_lines(picture, [Line(points_mm=far, color=RED, width_px=2.0)], VIEW, np.full((100, 100), np.inf, np.float32))
    assert picture.max() == 0.0
