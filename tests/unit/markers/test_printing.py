"""Prints are true: the board found in the PDF and in the PNG lies where the sheet says, to a tenth of a millimetre."""

import re
import struct
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.errors import InputError
from orview.markers.board import Board, Charuco
from orview.markers.detect import detect_board
from orview.markers.printing import pdf_of, png_of, raster_of
from orview.markers.sheet import A4_MM, BAR_MM, lay_out

BOARDS = ["patient_flat", "calibration_a4"]
POINT_MM = 25.4 / 72.0


def ink_content(pdf: bytes) -> bytes:
    """Return the drawing commands of a one-page PDF."""
    return zlib.decompress(max(re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL), key=len))


def ink_of_pdf(pdf: bytes, *, px_per_mm: int) -> NDArray[np.uint8]:
    """Draw the filled polygons of our own one-page PDFs, independently of the sheet they came from."""
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert box is not None
    width_mm, height_mm = (float(value) * POINT_MM for value in box.groups())
    assert (width_mm, height_mm) == pytest.approx(A4_MM, abs=0.01)
    content = ink_content(pdf).decode("latin-1")
    picture = np.full((round(height_mm * px_per_mm), round(width_mm * px_per_mm)), 255, np.uint8)
    state, saved = np.eye(3), []
    loops: list[NDArray[np.float64]] = []
    numbers: list[float] = []
    for token in content.split():
        if re.fullmatch(r"-?\d*\.?\d+", token):
            numbers.append(float(token))
            continue
        if token == "q":
            saved.append(state)
        elif token == "Q":
            state = saved.pop()
        elif token == "cm":
            a, b, c, d, e, f = numbers[-6:]
            state = state @ np.array([[a, c, e], [b, d, f], [0.0, 0.0, 1.0]])
        elif token == "m":
            loops.append(np.empty((0, 2)))
        if token in ("m", "l"):
            point = state @ np.array([*numbers[-2:], 1.0])
            loops[-1] = np.vstack([loops[-1], point[:2]])
        elif token in ("f", "f*", "S", "n"):
            if token == "f*":
                mm = [np.column_stack([loop[:, 0], A4_MM[1] / POINT_MM - loop[:, 1]]) * POINT_MM for loop in loops]
                # Pixel centres lie half a pixel inside; fillPoly with shift takes coordinates of centres.
                rings = [np.rint((loop * px_per_mm - 0.5) * 256).astype(np.int32) for loop in mm]
                cv2.fillPoly(picture, rings, 0, shift=8)
            loops = []
        numbers = []
    return picture


@pytest.mark.parametrize("name", BOARDS)
def test_the_board_in_the_pdf_has_its_true_size(name: str) -> None:
    board = load_board(name)
    px_per_mm = 8
    sighting = detect_board(ink_of_pdf(pdf_of(board), px_per_mm=px_per_mm), board)
    assert sighting is not None
    assert len(sighting.pixels) == len(board.chessboard_corners_mm)
    on_sheet_mm = (sighting.pixels + 0.5) / px_per_mm
    expected_mm = sighting.points_board_mm[:, :2] + lay_out(board).pattern_at_mm
    assert np.abs(on_sheet_mm - expected_mm).max() < 0.1
    spread = np.ptp(on_sheet_mm, axis=0) / np.ptp(expected_mm, axis=0)
    np.testing.assert_allclose(spread, 1.0, atol=1e-3)


@pytest.mark.parametrize("name", BOARDS)
def test_the_board_in_the_png_is_exact(name: str) -> None:
    board = load_board(name)
    encoded = png_of(board, dpi=254)
    picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (2970, 2100)
    # The corner of a square lies between four pixels, at half a pixel; the detector finds it there.
    sighting = detect_board(np.asarray(picture, np.uint8), board)
    assert sighting is not None
    on_sheet_mm = (sighting.pixels + 0.5) / 10.0
    expected_mm = sighting.points_board_mm[:, :2] + lay_out(board).pattern_at_mm
    assert len(on_sheet_mm) == len(board.chessboard_corners_mm)
    assert np.abs(on_sheet_mm - expected_mm).max() < 0.01


def test_the_png_says_its_resolution() -> None:
    encoded = png_of(load_board("patient_flat"), dpi=300)
    place = encoded.index(b"pHYs")
    per_metre_x, per_metre_y, unit = struct.unpack(">IIB", encoded[place + 4 : place + 13])
    assert (per_metre_x, per_metre_y, unit) == (11811, 11811, 1)
    assert place < encoded.index(b"IDAT")
    (checksum,) = struct.unpack(">I", encoded[place + 13 : place + 17])
    assert checksum == zlib.crc32(encoded[place : place + 13])


def test_the_bar_measures_100_mm() -> None:
    board = load_board("patient_flat")
    blocks = lay_out(board).bar
    edges = [block.at_mm[0] for block in blocks] + [block.at_mm[0] + block.size_mm[0] for block in blocks]
    assert max(edges) - min(edges) == pytest.approx(BAR_MM)
    row = raster_of(board, dpi=254)[round((blocks[0].at_mm[1] + 0.2) * 10)]
    inked = np.flatnonzero(row < 128)
    inked = inked[inked < 1120]  # right of the bar stands its label
    assert inked[-1] - inked[0] + 1 == 1000
    rectangle = re.search(rb"([\d.]+) [\d.]+ ([\d.]+) -?[\d.]+ re f", ink_content(pdf_of(board)))
    assert rectangle is not None
    assert float(rectangle.group(2)) * POINT_MM == pytest.approx(BAR_MM, abs=0.01)


def test_everything_a_person_needs_is_on_the_sheet() -> None:
    board = load_board("patient_flat")
    words = " ".join(label.text for label in lay_out(board).labels)
    for needed in (board.name, board.digest, "100 mm", "Print at 100 %", "Research use only", "-25.0"):
        assert needed in words


@pytest.mark.parametrize("name", BOARDS)
def test_nothing_leaves_the_printable_part_of_the_paper(name: str) -> None:
    sheet = lay_out(load_board(name))
    points = [point for line in sheet.lines for point in (line.start_mm, line.end_mm)]
    points += [patch.at_mm for patch in sheet.patches] + [block.at_mm for block in sheet.bar]
    points += [(patch.at_mm[0] + patch.size_mm, patch.at_mm[1] + patch.size_mm) for patch in sheet.patches]
    points += [label.at_mm for label in sheet.labels]
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    assert (low >= 10.0 - 1e-9).all()
    assert (high <= np.array(A4_MM) - 10.0 + 1e-9).all()


def test_the_same_board_is_the_same_file() -> None:
    board = load_board("patient_flat")
    assert pdf_of(board) == pdf_of(board)


def test_a_pdf_asks_not_to_be_scaled() -> None:
    assert b"/PrintScaling /None" in pdf_of(load_board("patient_flat"))


def test_a_board_larger_than_the_paper_is_refused() -> None:
    charuco = Charuco(squares_x=5, squares_y=7, square_mm=40.0, marker_mm=20.0)
    board = Board(name="big", dictionary="DICT_6X6_250", charuco=charuco, outline_mm=(200.0, 280.0))
    with pytest.raises(InputError, match="does not fit on an A4"):
        pdf_of(board)


def test_turned_markers_are_refused() -> None:
    corners = np.array([(10.0, 0.0, 0.0), (20.0, 10.0, 0.0), (10.0, 20.0, 0.0), (0.0, 10.0, 0.0)])
    board = Board(name="turned", dictionary="DICT_4X4_50", charuco=None, markers={3: corners}, outline_mm=(20.0, 20.0))
    with pytest.raises(InputError, match="flat and upright"):
        lay_out(board)


def test_loose_markers_print_where_they_are() -> None:
    square = np.array([(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (30.0, 30.0, 0.0), (0.0, 30.0, 0.0)])
    board = Board(
        name="loose",
        dictionary="DICT_4X4_50",
        charuco=None,
        markers={3: square + np.array([-20.0, -5.0, 0.0]), 7: square + np.array([20.0, 5.0, 0.0])},
        outline_mm=(80.0, 50.0),
    )
    sighting = detect_board(raster_of(board, dpi=254), board)
    assert sighting is not None
    on_sheet_mm = (sighting.pixels + 0.5) / 10.0
    assert np.abs(on_sheet_mm - sighting.points_board_mm[:, :2] - lay_out(board).pattern_at_mm).max() < 0.1


@pytest.mark.parametrize("dpi", [71, 1201])
def test_absurd_resolutions_are_refused(dpi: int) -> None:
    with pytest.raises(InputError, match="dots per inch"):
        raster_of(load_board("patient_flat"), dpi=dpi)
