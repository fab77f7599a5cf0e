"""PNGs are true: every corner that OpenCV finds in them lies where the definition says."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from orview.errors import InputError
from orview.markers.page import Paper
from orview.markers.print_png import png_of, raster_of
from orview.markers.sheet import lay_out
from tests.unit.markers.prints import FITTING, corner_errors_mm, flat, pages_of

SQUARE = np.array([(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (30.0, 30.0, 0.0), (0.0, 30.0, 0.0)])


@pytest.mark.parametrize(("name", "paper"), FITTING)
def test_the_board_in_the_png_is_exact(name: str, paper: Paper) -> None:
    for page in (page for page in pages_of(name, paper) if page.faces):
        picture = cv2.imdecode(np.frombuffer(png_of(page, dpi=254), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        assert picture.shape == (round(paper.size_mm[1] * 10), round(paper.size_mm[0] * 10))
        assert max(corner_errors_mm(page, np.asarray(picture, np.uint8), 10.0)) < 0.05


def test_the_png_says_its_resolution() -> None:
    encoded = png_of(pages_of("patient_flat", Paper.A4)[0], dpi=300)
    place = encoded.index(b"pHYs")
    per_metre_x, per_metre_y, unit = struct.unpack(">IIB", encoded[place + 4 : place + 13])
    assert (per_metre_x, per_metre_y, unit) == (11811, 11811, 1)
    assert place < encoded.index(b"IDAT")
    (checksum,) = struct.unpack(">I", encoded[place + 13 : place + 17])
    assert checksum == zlib.crc32(encoded[place : place + 13])


def test_both_bars_measure_1000_pixels_at_254_dpi() -> None:
    page = pages_of("patient_flat", Paper.A4)[0]
    picture = raster_of(page, dpi=254)
    level = next(block for block in page.bars if block.size_mm[0] > 50.0)
    upright = next(block for block in page.bars if block.size_mm[1] > 50.0)
    row = picture[round((level.at_mm[1] + 0.2) * 10)]
    inked = np.flatnonzero(row[:1110] < 128)
    assert inked[-1] - inked[0] + 1 == 1000
    column = picture[:, round((upright.at_mm[0] + 0.2) * 10)]
    inked = np.flatnonzero(column < 128)
    assert inked[-1] - inked[0] + 1 == 1000


def test_loose_markers_print_where_they_are() -> None:
    markers = {3: SQUARE + np.array([-20.0, -5.0, 0.0]), 7: SQUARE + np.array([20.0, 5.0, 0.0])}
    (page,) = lay_out(flat("loose", markers=markers))
    assert max(corner_errors_mm(page, raster_of(page, dpi=254), 10.0)) < 0.05
    first, second = (np.array(at) for _, at in page.faces)
    np.testing.assert_allclose(second - first, (40.0, 10.0))


@pytest.mark.parametrize("dpi", [71, 1201])
def test_absurd_resolutions_are_refused(dpi: int) -> None:
    with pytest.raises(InputError, match="dots per inch"):
        raster_of(pages_of("patient_flat", Paper.A4)[0], dpi=dpi)
