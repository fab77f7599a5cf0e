"""A lens: where a point in front of the camera lands in the picture, and which ray a pixel sees.

Pixel (0, 0) is the centre of the top-left pixel (OpenCV's convention). Distortion is Brown-Conrady
with the five coefficients k1, k2, p1, p2, k3 in OpenCV's order (Brown 1966; OpenCV `calib3d`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError


@dataclass(frozen=True, kw_only=True)
class PinholeLens:
    """Intrinsics of one camera mode.

    Attributes:
        width_px, height_px: size of the picture.
        fx_px, fy_px: focal lengths.
        cx_px, cy_px: principal point, pixel-centre convention.
        distortion: k1, k2, p1, p2, k3.

    Raises:
        ContractError: a size or focal length is not positive, or a number is not finite.
    """

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        numbers = (self.fx_px, self.fy_px, self.cx_px, self.cy_px, *self.distortion)
        if len(self.distortion) != 5 or not np.isfinite(numbers).all():
            raise ContractError("A lens has finite intrinsics and five finite distortion coefficients.")
        if min(self.width_px, self.height_px) <= 0 or min(self.fx_px, self.fy_px) <= 0:
            raise ContractError("A lens has a positive picture size and positive focal lengths.")

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The (3, 3) intrinsic matrix, px."""
        return np.array([[self.fx_px, 0.0, self.cx_px], [0.0, self.fy_px, self.cy_px], [0.0, 0.0, 1.0]])

    def project(self, points_in_camera_mm: ArrayLike) -> NDArray[np.float64]:
        """Project points (..., 3) of the camera frame, mm, to pixels (..., 2).

        Points with z <= 0 lie behind the camera and come out as NaN.
        """
        points = np.asarray(points_in_camera_mm, dtype=np.float64)
        depth = np.where(points[..., 2] > 0.0, points[..., 2], np.nan)
        x, y = self._distort(points[..., 0] / depth, points[..., 1] / depth)
        return np.stack([self.fx_px * x + self.cx_px, self.fy_px * y + self.cy_px], axis=-1)

    def unproject(self, pixels: ArrayLike) -> NDArray[np.float64]:
        """Return the direction (..., 3) with z = 1 that pixels (..., 2) see, in the camera frame.

        Inverts the distortion by fixed-point iteration until pixels move by less than 1e-9 of the
        focal length; beyond the region where the lens model is invertible the result is NaN.
        """
        pixels = np.asarray(pixels, dtype=np.float64)
        target_x = (pixels[..., 0] - self.cx_px) / self.fx_px
        target_y = (pixels[..., 1] - self.cy_px) / self.fy_px
        x, y = target_x.copy(), target_y.copy()
        # Pixels that no ray reaches run away to infinity; they come out as NaN and need no warning.
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(100):
                distorted_x, distorted_y = self._distort(x, y)
                step_x, step_y = target_x - distorted_x, target_y - distorted_y
                x, y = x + step_x, y + step_y
                if max(np.nanmax(np.abs(step_x), initial=0.0), np.nanmax(np.abs(step_y), initial=0.0)) < 1e-9:
                    break
            distorted_x, distorted_y = self._distort(x, y)
            wrong = ~(np.hypot(distorted_x - target_x, distorted_y - target_y) < 1e-6)
        return np.stack([np.where(wrong, np.nan, x), np.where(wrong, np.nan, y), np.ones_like(x)], axis=-1)

    def _distort(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        k1, k2, p1, p2, k3 = self.distortion
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return (
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        )
