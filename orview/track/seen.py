"""Where points and directions of a board land in a picture, with the derivatives by a motion of the board.

The lens is that of `geometry.pinhole` (Brown-Conrady, five coefficients); its derivative is written out, since a
picture asks for it of a thousand points within a fraction of a millisecond.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
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
    places = np.ascontiguousarray(in_camera_mm)
    seen = Projected(pixels=np.empty((len(places), 2)), by_place=np.empty((len(places), 2, 3)))
    _project(places, lens_numbers(lens), seen.pixels, seen.by_place)
    return seen


def lens_numbers(lens: PinholeLens) -> NDArray[np.float64]:
    """Return a lens as `project_point` takes it: (9,) focal lengths, principal point, k1, k2, p1, p2, k3."""
    return np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.distortion])


@compiled
def project_point(
    place: NDArray[np.float64],
    lens: NDArray[np.float64],
    pixel: NDArray[np.float64],
    by_place: NDArray[np.float64],
) -> None:
    """Write the pixel (2,) of a place (3,) in the camera frame, and its derivative (2, 3)."""
    k1, k2, p1, p2, k3 = lens[4], lens[5], lens[6], lens[7], lens[8]
    nearness = 1.0 / place[2]
    x, y = place[0] * nearness, place[1] * nearness
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = 2.0 * (k1 + r2 * (2.0 * k2 + 3.0 * k3 * r2))
    aside_x, aside_y = 2.0 * p2 * x, 2.0 * p1 * y
    bent = radial + aside_x + aside_y
    pixel[0] = lens[0] * (x * bent + p2 * r2) + lens[2]
    pixel[1] = lens[1] * (y * bent + p1 * r2) + lens[3]
    mixed = slope * x * y + 2.0 * p1 * x + 2.0 * p2 * y
    across, down = lens[0] * nearness, lens[1] * nearness
    by_place[0, 0] = across * (bent + slope * x * x + 2.0 * aside_x)
    by_place[0, 1] = across * mixed
    by_place[0, 2] = -by_place[0, 0] * x - by_place[0, 1] * y
    by_place[1, 0] = down * mixed
    by_place[1, 1] = down * (bent + slope * y * y + 2.0 * aside_y)
    by_place[1, 2] = -by_place[1, 0] * x - by_place[1, 1] * y


@compiled
def _project(
    places: NDArray[np.float64],
    lens: NDArray[np.float64],
    pixels: NDArray[np.float64],
    by_place: NDArray[np.float64],
) -> None:
    for n in range(len(places)):
        project_point(places[n], lens, pixels[n], by_place[n])
