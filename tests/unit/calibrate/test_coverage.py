"""Corners are counted where they are seen, boards where they lean, and both can be drawn."""

from xml.etree import ElementTree

import numpy as np
import pytest

from orview.calibrate.coverage import COLUMNS, ROWS, count_leans, coverage_of, lean_of
from orview.calibrate.coverage_svg import coverage_svg
from orview.calibrate.wish import Lean
from orview.geometry.rigid import rotation_from_vector
from orview.markers.detect import Sighting

CORNERS = np.array([(0.0, 0.0), (1279.0, 0.0), (1279.0, 719.0), (0.0, 719.0)])
SEEN = Sighting(pixels=CORNERS, points_board_mm=np.zeros((4, 3)), marker_count=4)


def test_corners_are_counted_in_their_cells() -> None:
    counts = np.array(coverage_of([SEEN, SEEN], width_px=1280, height_px=720))
    assert counts.shape == (ROWS, COLUMNS)
    assert counts.sum() == 8
    assert counts[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [2, 2, 2, 2]
    assert np.sum(coverage_of([], width_px=1280, height_px=720)) == 0


@pytest.mark.parametrize("lean", list(Lean))
def test_the_side_that_is_nearer_is_told(lean: Lean) -> None:
    side = {Lean.LEFT: (-1, 0), Lean.RIGHT: (1, 0), Lean.TOP: (0, -1), Lean.BOTTOM: (0, 1), Lean.FLAT: (0, 0)}[lean]
    # A turn about the axis across the side, towards the camera.
    rotation = rotation_from_vector((-0.6 * side[1], 0.6 * side[0], 0.0))
    end = rotation @ np.array([*side, 0.0])
    assert end[2] < -0.5 or lean is Lean.FLAT
    assert lean_of(rotation) is lean
    assert dict(count_leans(rotation[None]))[lean] == 1


def test_the_drawing_has_an_outline_for_each_view_and_its_words() -> None:
    text = coverage_svg([SEEN, SEEN], width_px=1280, height_px=720, caption="accepted: 1 < 2 & so on")
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}polygon")) == 2
    assert [node.text for node in root.findall(f"{space}text")] == ["accepted: 1 < 2 & so on"]
