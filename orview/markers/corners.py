"""Corners as a solver likes them: rays of an ideal camera, every residual in units of its own standard deviation."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.markers.board import Board
from orview.markers.bow import bow_modes

MIN_CORNERS = 6
"""Fewer corners leave no residual worth the name to judge the pose by; only a single whole marker, which its cells
have judged, is solved from less."""

MAX_COORDINATE = 1e5
"""Pixels or millimetres beyond this are no corner of a board in a picture."""

_UNDISTORTED = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-10)


@dataclass(frozen=True, kw_only=True, eq=False)
class Corners:
    """Corners of one picture.

    Attributes:
        points: (N, 3) from `origin_mm`, mm, along the axes of the board.
        origin_mm: (3,) a point amid the corners, board frame; the same for any choice of them.
        rays: (N, 2) where each corner lies in the picture of an ideal camera, x / z and y / z.
        whiten: (N, 2, 2) turns a difference of rays into x and y errors in standard deviations.
        sigmas_px: (N,) the standard deviations, px.
        bends: (N, 3, K) how the points move for one standard deviation of each bend of the print, mm.
    """

    points: NDArray[np.float64]
    origin_mm: NDArray[np.float64]
    rays: NDArray[np.float64]
    whiten: NDArray[np.float64]
    sigmas_px: NDArray[np.float64]
    bends: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.points)

    @property
    def points_board_mm(self) -> NDArray[np.float64]:
        """The corners (N, 3) in the board frame."""
        return self.points + self.origin_mm

    @property
    def span_a_plane(self) -> bool:
        """Whether there are enough points, not all on one line, where every pose solver returns NaN."""
        if len(self) < 4:
            return False
        points = self.points - self.points.mean(axis=0)
        extents = np.sqrt(np.maximum(np.linalg.eigvalsh(points.T @ points), 0.0))
        rays = self.rays - self.rays.mean(axis=0)
        seen = np.sqrt(np.maximum(np.linalg.eigvalsh(rays.T @ rays), 0.0))
        return bool(extents[1] > 1e-3 * extents[2] and seen[0] > 1e-3 * seen[1])

    def only(self, kept: NDArray[np.bool_]) -> "Corners":
        """Return the corners (N,) marks."""
        return replace(
            self,
            points=self.points[kept],
            rays=self.rays[kept],
            whiten=self.whiten[kept],
            sigmas_px=self.sigmas_px[kept],
            bends=self.bends[kept],
        )

    def noisier(self, factor: float) -> "Corners":
        """Return the corners with standard deviations that much larger."""
        return replace(self, whiten=self.whiten / factor, sigmas_px=self.sigmas_px * factor)

    def rms_px(self, residuals: NDArray[np.float64]) -> float:
        """Return the root mean square distance, px, of residuals (N, 2) in standard deviations."""
        return math.sqrt(float(np.square(residuals * self.sigmas_px[:, None]).sum()) / max(len(self), 1))


def corners_of(
    pixels: NDArray[np.float64],
    points_board_mm: NDArray[np.float64],
    sigmas_px: NDArray[np.float64],
    board: Board,
    lens: PinholeLens,
) -> Corners:
    """Return corners seen at pixels (N, 2) as a solver likes them; those that no ray of the lens reaches are left out.

    Args:
        pixels: (N, 2) px.
        points_board_mm: (N, 3) board frame.
        sigmas_px: (N,) noise in x and in y.
        board: what they are corners of.
        lens: what the corners were seen through.
    """
    usable = (np.abs(pixels) < MAX_COORDINATE).all(axis=1) & (np.abs(points_board_mm) < MAX_COORDINATE).all(axis=1)
    usable &= (sigmas_px > 1.0 / MAX_COORDINATE) & (sigmas_px < MAX_COORDINATE)
    pixels, points, sigmas_px = pixels[usable], points_board_mm[usable], sigmas_px[usable]
    bends = bow_modes(board, points)
    if not len(pixels):
        return Corners(
            points=points,
            origin_mm=np.zeros(3),
            rays=pixels,
            whiten=np.empty((0, 2, 2)),
            sigmas_px=sigmas_px,
            bends=bends,
        )
    undistorted = cv2.undistortPoints(
        np.ascontiguousarray(pixels)[:, None], lens.matrix, np.array(lens.distortion), criteria=_UNDISTORTED
    )
    rays = np.reshape(undistorted, (-1, 2)).astype(np.float64)
    again, slope = _distorted(rays, lens)
    reached = np.square(again - pixels).sum(axis=1) < 1e-4
    origin_mm = points.mean(axis=0)
    corners = Corners(
        points=points - origin_mm,
        origin_mm=origin_mm,
        rays=rays,
        whiten=slope / sigmas_px[:, None, None],
        sigmas_px=sigmas_px,
        bends=bends,
    )
    return corners if reached.all() else corners.only(reached)


def _distorted(rays: NDArray[np.float64], lens: PinholeLens) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pixels (N, 2) of rays (N, 2) and their derivative (N, 2, 2) by the ray (Brown 1966)."""
    k1, k2, p1, p2, k3 = lens.distortion
    x, y = rays.T
    with np.errstate(over="ignore", invalid="ignore"):
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        steep = 2.0 * (k1 + r2 * (2.0 * k2 + 3.0 * r2 * k3))
        pixels = np.stack(
            [
                lens.fx_px * (x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)) + lens.cx_px,
                lens.fy_px * (y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y) + lens.cy_px,
            ],
            axis=-1,
        )
        mixed = x * y * steep + 2.0 * (p1 * x + p2 * y)
        slope = np.empty((len(rays), 2, 2))
        slope[:, 0, 0] = lens.fx_px * (radial + x * x * steep + 2.0 * p1 * y + 6.0 * p2 * x)
        slope[:, 0, 1] = lens.fx_px * mixed
        slope[:, 1, 0] = lens.fy_px * mixed
        slope[:, 1, 1] = lens.fy_px * (radial + y * y * steep + 6.0 * p1 * y + 2.0 * p2 * x)
    return pixels, slope
