"""Ink and edges: what OpenCV draws is black, each edge parts black from white, none is left out or cut."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.markers.board import Charuco, Face, MarkerGrid
from orview.markers.ink import QUIET_MM, edges_of, ink_of
from tests.unit.markers.boards import placed

PX_PER_MM = 20


def face_of(dictionary: str, pattern: Charuco | MarkerGrid, margin_mm: float, *, inverted: bool = False) -> Face:
    width, height = pattern.size_mm
    return Face(
        name="face",
        dictionary=dictionary,
        pattern=pattern,
        outline_mm=(width + 2 * margin_mm, height + 2 * margin_mm),
        inverted=inverted,
        board_from_face=placed((5.0, -3.0, 2.0), 20.0),
    )


CHARUCO = Charuco(squares_x=5, squares_y=4, square_mm=9.0, marker_mm=6.0, first_id=3)
LEGACY = Charuco(squares_x=5, squares_y=4, square_mm=9.0, marker_mm=6.0, first_id=3, legacy=True)
GRID = MarkerGrid(columns=3, rows=2, marker_mm=8.0, gap_mm=2.0, first_id=7)
FACES = {
    "charuco": face_of("DICT_4X4_50", CHARUCO, 2.0),
    "legacy": face_of("DICT_4X4_50", LEGACY, 2.0),
    "to the rim": face_of("DICT_4X4_50", CHARUCO, 0.0),
    "inverted": face_of("DICT_4X4_50", CHARUCO, 2.0, inverted=True),
    "grid": face_of("DICT_APRILTAG_36H11", GRID, 2.0),
    "inverted grid": face_of("DICT_APRILTAG_36H11", GRID, 2.0, inverted=True),
    "single": face_of("DICT_ARUCO_ORIGINAL", MarkerGrid(columns=1, rows=1, marker_mm=14.0, first_id=600), 3.0),
}


def drawn(face: Face) -> NDArray[np.uint8]:
    """Return the plate, 255 paper and 0 ink, from the rectangles."""
    (left, top), (right, bottom) = face.outline_box_mm
    picture = np.full((round((bottom - top) * PX_PER_MM), round((right - left) * PX_PER_MM)), 255, np.uint8)
    for patch in ink_of(face):
        x, y = round((patch.at_mm[0] - left) * PX_PER_MM), round((patch.at_mm[1] - top) * PX_PER_MM)
        past_x = round((patch.at_mm[0] + patch.size_mm[0] - left) * PX_PER_MM)
        past_y = round((patch.at_mm[1] + patch.size_mm[1] - top) * PX_PER_MM)
        assert (picture[y:past_y, x:past_x] == 255).all(), "rectangles overlap"
        picture[y:past_y, x:past_x] = 0
    return picture


def opencvs(face: Face) -> NDArray[np.uint8]:
    """Return the plate as OpenCV draws it."""
    pattern = face.pattern
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, face.dictionary))
    ids = np.array(pattern.ids, dtype=np.int32)
    board: cv2.aruco.Board
    if isinstance(pattern, Charuco):
        size = (pattern.squares_x, pattern.squares_y)
        board = cv2.aruco.CharucoBoard(size, pattern.square_mm, pattern.marker_mm, dictionary, ids)
        board.setLegacyPattern(pattern.legacy)
    else:
        size = (pattern.columns, pattern.rows)
        board = cv2.aruco.GridBoard(size, pattern.marker_mm, max(pattern.gap_mm, 1.0), dictionary, ids)
    page = (round(pattern.size_mm[0] * PX_PER_MM), round(pattern.size_mm[1] * PX_PER_MM))
    picture = np.asarray(board.generateImage(page), dtype=np.uint8)
    margin = round((face.outline_mm[0] - pattern.size_mm[0]) / 2 * PX_PER_MM)
    picture = np.pad(picture, margin, constant_values=255)
    return 255 - picture if face.inverted else picture


@pytest.mark.parametrize("name", list(FACES))
def test_the_ink_is_where_opencv_draws_it(name: str) -> None:
    ours, theirs = drawn(FACES[name]), opencvs(FACES[name])
    assert ours.shape == theirs.shape
    # OpenCV rounds each cell to whole pixels; ours may differ on the pixels beside an edge.
    apart = cv2.erode((ours != theirs).astype(np.uint8), np.ones((3, 3), np.uint8))
    assert not apart.any()


@pytest.mark.parametrize("name", list(FACES))
def test_edges_part_black_from_white_all_along(name: str) -> None:
    face, picture = FACES[name], drawn(FACES[name])
    edges = edges_of(face)
    low = face.outline_box_mm[0]
    for start, end, towards in zip(edges.starts_mm, edges.ends_mm, edges.towards_black, strict=True):
        length = np.linalg.norm(end - start)
        assert length > 0.4
        assert abs(towards @ (end - start)) < 1e-12
        for share in np.linspace(0.0, 1.0, 9) * (1.0 - 0.4 / length) + 0.2 / length:
            at = start + share * (end - start) - low
            black = np.floor((at + 0.15 * towards) * PX_PER_MM).astype(int)
            white = np.floor((at - 0.15 * towards) * PX_PER_MM).astype(int)
            assert (picture[black[1], black[0]], picture[white[1], white[0]]) == (0, 255)


@pytest.mark.parametrize("name", list(FACES))
def test_no_edge_is_missing_or_cut_in_two(name: str) -> None:
    face, picture = FACES[name], drawn(FACES[name]).astype(int)
    edges = edges_of(face)
    lengths_mm = np.linalg.norm(edges.ends_mm - edges.starts_mm, axis=1)
    rim = round(QUIET_MM * PX_PER_MM)
    inner = picture[:, rim:-rim], picture[rim:-rim, :]
    borders_px = (np.diff(inner[0], axis=1) != 0).sum() + (np.diff(inner[1], axis=0) != 0).sum()
    assert lengths_mm.sum() == pytest.approx(borders_px / PX_PER_MM, rel=2e-3)
    ends = {(*np.round(end, 6), *towards) for end, towards in zip(edges.ends_mm, edges.towards_black, strict=True)}
    starts = {(*np.round(at, 6), *towards) for at, towards in zip(edges.starts_mm, edges.towards_black, strict=True)}
    assert not ends & starts


def test_a_larger_print_has_larger_ink() -> None:
    face = FACES["charuco"]
    np.testing.assert_allclose(edges_of(face.scaled(1.01)).starts_mm, 1.01 * edges_of(face).starts_mm)
    assert len(ink_of(face.scaled(1.01))) == len(ink_of(face))


def test_inverting_swaps_the_sides_of_every_edge() -> None:
    plain, inverted = FACES["charuco"], replace(FACES["charuco"], inverted=True)
    np.testing.assert_array_equal(edges_of(plain).starts_mm, edges_of(inverted).starts_mm)
    np.testing.assert_array_equal(edges_of(plain).towards_black, -edges_of(inverted).towards_black)
