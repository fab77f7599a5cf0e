"""How sharp the corners of a board are in a picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.markers.detect import Sighting

_HALF_PX = 7
_SAMPLES = 24


def edge_width_px(gray: NDArray[np.uint8], sighting: Sighting) -> float:
    """Return the width of the edges at the corners of a sighting, median, px.

    The width is the step from black to white over the steepest slope: 2.5 sigma for an edge blurred by a Gaussian,
    and the length of the path for one blurred by motion. Infinite where no corner has room for its surroundings.

    Args:
        gray: (H, W) the picture.
        sighting: the corners found in it.
    """
    height, width = gray.shape
    widths = []
    step = max(1, len(sighting.pixels) // _SAMPLES)
    for x, y in np.rint(sighting.pixels[::step]).astype(int).tolist():
        if not (_HALF_PX <= x < width - _HALF_PX and _HALF_PX <= y < height - _HALF_PX):
            continue
        patch = gray[y - _HALF_PX : y + _HALF_PX + 1, x - _HALF_PX : x + _HALF_PX + 1]
        low, high = np.percentile(patch, (5.0, 95.0))
        # A Sobel kernel weighs eight pixels, two apart on average.
        across = cv2.Sobel(patch, cv2.CV_32F, 1, 0) / 8.0
        down = cv2.Sobel(patch, cv2.CV_32F, 0, 1) / 8.0
        slope = float(np.percentile(np.hypot(across, down)[1:-1, 1:-1], 98.0))
        if slope > 0.0:
            widths.append(float(high - low) / slope)
    return float(np.median(widths)) if widths else float(np.inf)
