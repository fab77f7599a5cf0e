"""Where points of the camera frame land in the picture, with the derivatives by point and by lens.

The same model as `orview.geometry.pinhole`; a calibration needs its derivatives for thousands of corners at once.
A lens is the vector (9,) of `orview.markers.camera.LENS_PARAMETERS` here.
"""

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens


def vector_of(lens: PinholeLens) -> NDArray[np.float64]:
    """Return a lens as fx, fy, cx, cy, k1, k2, p1, p2, k3."""
    return np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.distortion])


def lens_of(vector: NDArray[np.float64], *, width_px: int, height_px: int) -> PinholeLens:
    """Return the lens of a vector (9,).

    Raises:
        ContractError: a focal length is not positive, or a number is not finite.
    """
    fx_px, fy_px, cx_px, cy_px, k1, k2, p1, p2, k3 = vector.tolist()
    return PinholeLens(
        width_px=width_px,
        height_px=height_px,
        fx_px=fx_px,
        fy_px=fy_px,
        cx_px=cx_px,
        cy_px=cy_px,
        distortion=(k1, k2, p1, p2, k3),
    )


def project(
    lens: NDArray[np.float64], points_in_camera_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the pixels (..., 2) of points (..., 3), mm, which must lie before the camera, and their derivatives.

    The derivatives are by the point (..., 2, 3) and by the lens (..., 2, 9).
    """
    fx, fy, cx, cy, k1, k2, p1, p2, k3 = lens.tolist()
    inverse_depth = 1.0 / points_in_camera_mm[..., 2]
    x, y = points_in_camera_mm[..., 0] * inverse_depth, points_in_camera_mm[..., 1] * inverse_depth
    xx, yy, xy = x * x, y * y, x * y
    r2 = xx + yy
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    by_r2 = k1 + r2 * (2.0 * k2 + 3.0 * k3 * r2)
    u = x * radial + 2.0 * p1 * xy + p2 * (r2 + 2.0 * xx)
    v = y * radial + p1 * (r2 + 2.0 * yy) + 2.0 * p2 * xy
    pixels = np.stack([fx * u + cx, fy * v + cy], axis=-1)

    u_x = radial + 2.0 * xx * by_r2 + 2.0 * p1 * y + 6.0 * p2 * x
    u_y = 2.0 * xy * by_r2 + 2.0 * p1 * x + 2.0 * p2 * y
    v_y = radial + 2.0 * yy * by_r2 + 6.0 * p1 * y + 2.0 * p2 * x
    by_point = np.empty((*x.shape, 2, 3))
    by_point[..., 0, 0], by_point[..., 0, 1] = fx * u_x * inverse_depth, fx * u_y * inverse_depth
    by_point[..., 1, 0], by_point[..., 1, 1] = fy * u_y * inverse_depth, fy * v_y * inverse_depth
    by_point[..., :, 2] = -(x[..., None] * by_point[..., :, 0] + y[..., None] * by_point[..., :, 1])

    by_lens = np.zeros((*x.shape, 2, 9))
    by_lens[..., 0, 0], by_lens[..., 1, 1] = u, v
    by_lens[..., 0, 2] = by_lens[..., 1, 3] = 1.0
    for column, power in ((4, r2), (5, r2 * r2), (8, r2 * r2 * r2)):
        by_lens[..., 0, column], by_lens[..., 1, column] = fx * x * power, fy * y * power
    by_lens[..., 0, 6], by_lens[..., 1, 6] = fx * 2.0 * xy, fy * (r2 + 2.0 * yy)
    by_lens[..., 0, 7], by_lens[..., 1, 7] = fx * (r2 + 2.0 * xx), fy * 2.0 * xy
    return pixels, by_point, by_lens
