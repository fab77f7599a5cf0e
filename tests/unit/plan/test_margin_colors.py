"""Bands of distance, and colours of them that nobody confuses."""

from itertools import combinations

import numpy as np
import pytest

from orview.plan.margin_colors import BANDS, BANDS_MM, band_of, colors_of

LEAST_APART = 30.0
"""CIE 1976 difference; 2.3 is just noticeable side by side, and these are told apart across a picture."""
# Machado, Oliveira and Fernandes 2009 (doi 10.1109/TVCG.2009.113), full severity, on linear light.
SEEN_BY = {
    "most people": np.eye(3),
    "protanopes": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopes": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopes": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ_FROM_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(srgb: np.ndarray, seen_by: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of a colour as somebody sees it."""
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ_FROM_RGB @ np.clip(seen_by @ light, 0.0, 1.0) / (0.9505, 1.0, 1.089)
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("people", SEEN_BY)
def test_no_two_colours_look_alike_to_anybody(people: str) -> None:
    seen = [lab(np.array(band.color_srgb), SEEN_BY[people]) for band in BANDS]
    for (n, one), (m, other) in combinations(enumerate(seen), 2):
        assert np.linalg.norm(one - other) > LEAST_APART, f"{BANDS[n].words} and {BANDS[m].words}"


def test_each_distance_has_its_band() -> None:
    assert band_of(np.array([-0.1, 0.0, 4.9, 5.0, 12.0, 15.0, np.inf])).tolist() == [0, 1, 1, 2, 3, 4, 4]


def test_the_legend_tells_where_each_band_begins() -> None:
    assert [band.from_mm for band in BANDS] == [None, *BANDS_MM]
    for band in BANDS:
        assert band.words
    begins = np.array([-1.0, *BANDS_MM])
    assert colors_of(band_of(begins)).tolist() == [list(band.color_srgb) for band in BANDS]
