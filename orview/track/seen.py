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
    """Project points (N, 3) of the camera frame, all before the camera.

    What comes back lies in memory one coordinate after the other: numpy walks along rows.
    """
    k1, k2, p1, p2, k3 = lens.distortion
    nearness = 1.0 / in_camera_mm[:, 2]
    x, y = in_camera_mm[:, 0] * nearness, in_camera_mm[:, 1] * nearness
    xx, cross, yy = x * x, x * y, y * y
    r2 = xx + yy
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = 2.0 * (k1 + r2 * (2.0 * k2 + 3.0 * k3 * r2))
    aside_x, aside_y = (2.0 * p2) * x, (2.0 * p1) * y
    bent = radial + aside_x + aside_y
    pixels = np.empty((2, len(x)))
    np.multiply(lens.fx_px, x * bent + p2 * r2, out=pixels[0])
    np.multiply(lens.fy_px, y * bent + p1 * r2, out=pixels[1])
    pixels[0] += lens.cx_px
    pixels[1] += lens.cy_px
    mixed = slope * cross + (2.0 * p1) * x + (2.0 * p2) * y
    across, down = lens.fx_px * nearness, lens.fy_px * nearness
    by_place = np.empty((2, 3, len(x)))
    (by_xx, by_xy, by_xz), (by_yx, by_yy, by_yz) = by_place
    np.multiply(across, bent + slope * xx + 2.0 * aside_x, out=by_xx)
    np.multiply(across, mixed, out=by_xy)
    np.multiply(down, mixed, out=by_yx)
    np.multiply(down, bent + slope * yy + 2.0 * aside_y, out=by_yy)
    np.subtract(by_xx * -x, by_xy * y, out=by_xz)
    np.subtract(by_yx * -x, by_yy * y, out=by_yz)
    return Projected(pixels=pixels.T, by_place=by_place.transpose(2, 0, 1))
