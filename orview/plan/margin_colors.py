"""The bands of the margin map: their colours, which stay apart in every common colour vision, and their words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.segment.anatomy import Color

Floats = NDArray[np.float64]

BANDS_MM = (0.0, 5.0, 10.0, 15.0)
"""Where one band ends and the next begins."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """Distances that are painted alike.

    Attributes:
        from_mm: where it begins; None for what lies below all.
        color_srgb: red, green, blue, 0 to 1.
        words: of the legend.
    """

    from_mm: float | None
    color_srgb: Color
    words: str


BANDS = (
    Band(from_mm=None, color_srgb=(0.60, 0.0, 1.0), words="beyond the cut"),
    Band(from_mm=BANDS_MM[0], color_srgb=(0.84, 0.37, 0.0), words="less than 5 mm"),
    Band(from_mm=BANDS_MM[1], color_srgb=(0.94, 0.89, 0.26), words="5 to 10 mm"),
    Band(from_mm=BANDS_MM[2], color_srgb=(0.34, 0.71, 0.91), words="10 to 15 mm"),
    Band(from_mm=BANDS_MM[3], color_srgb=(0.0, 0.36, 0.70), words="more than 15 mm"),
)
"""One for each number of `band_of`, all but the first after Okabe and Ito 2008 (jfly.uni-koeln.de/color)."""


def band_of(distances_mm: Floats) -> NDArray[np.int8]:
    """Return the number of the band of each distance (N,): 0 below the first of `BANDS_MM`, then one more for each."""
    return np.searchsorted(BANDS_MM, distances_mm, side="right").astype(np.int8)


def colors_of(bands: NDArray[np.int8]) -> Floats:
    """Return the sRGB colours (N, 3) of bands by their numbers (N,)."""
    return np.array([band.color_srgb for band in BANDS])[bands]
