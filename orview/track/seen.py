"""Where points and directions of a board land in a picture, with the derivatives by a motion of the board.

The lens is that of `geometry.pinhole` (Brown-Conrady, five coefficients); its derivative is written out, since a
picture asks for it of a thousand points within a fraction of a millisecond.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens


@dataclass(frozen=True, kw_only=True, eq=False)
class Projected:
    """N points in the picture.

    Attributes:
        pixels: (N, 2).
        by_place: (N, 2, 3) derivative by the place in the camera frame, px / mm.
    """

    pixels: NDArray[np.float64]
    by_place: NDArray[np.float64]


def project(in_camera_mm: NDArray[np.float64], lens: PinholeLens) -> Projected:
    """Project points (N, 3) of the camera frame, all before the camera."""
    k1, k2, p1, p2, k3 = lens.distortion
    nearness = 1.0 / in_camera_mm[:, 2]
    x, y = in_camera_mm[:, 0] * nearness, in_camera_mm[:, 1] * nearness
    by_place = np.empty((len(x), 2, 3))
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = 2.0 * (k1 + r2 * (2.0 * k2 + 3.0 * k3 * r2))
    cross = x * y
    seen_x = x * radial + 2.0 * p1 * cross + p2 * (r2 + 2.0 * x * x)
    seen_y = y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * cross
    xx = radial + slope * x * x + 2.0 * p1 * y + 6.0 * p2 * x
    xy = slope * cross + 2.0 * p1 * x + 2.0 * p2 * y
    yy = radial + slope * y * y + 6.0 * p1 * y + 2.0 * p2 * x
    across, down = lens.fx_px * nearness, lens.fy_px * nearness
    by_place[:, 0, 0], by_place[:, 0, 1] = across * xx, across * xy
    by_place[:, 1, 0], by_place[:, 1, 1] = down * xy, down * yy
    by_place[:, 0, 2] = -(by_place[:, 0, 0] * x + by_place[:, 0, 1] * y)
    by_place[:, 1, 2] = -(by_place[:, 1, 0] * x + by_place[:, 1, 1] * y)
    pixels = np.stack([lens.fx_px * seen_x + lens.cx_px, lens.fy_px * seen_y + lens.cy_px], axis=1)
    return Projected(pixels=pixels, by_place=by_place)


def rows_of(in_camera_mm: NDArray[np.float64], lens: PinholeLens) -> NDArray[np.float64]:
    """Return the rows (N,) of the picture at which points (N, 3) of the camera frame, all before it, are seen."""
    k1, k2, p1, p2, k3 = lens.distortion
    x, y = in_camera_mm[:, 0] / in_camera_mm[:, 2], in_camera_mm[:, 1] / in_camera_mm[:, 2]
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.asarray(lens.fy_px * (y * (radial + 2.0 * p1 * y + 2.0 * p2 * x) + p1 * r2) + lens.cy_px)
