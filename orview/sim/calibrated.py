"""A camera profile as a good calibration would give it: off by a draw from its own covariance.

The covariance is the Cramer-Rao bound of views held as the advice asks for (near, tilted 25 to 45 degrees, in all
parts of the picture), corners found to `CORNER_PX`, every view's pose unknown; no calibration does better.
"""

import math
from datetime import date

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.camera import CameraProfile

CORNER_PX = 0.1
VIEWS = 22
_COLUMNS, _ROWS, _SQUARE_MM = 8, 10, 20.0


def calibrated_profile(lens: PinholeLens, *, seed: int, readout_ms: float = 0.0, views: int = VIEWS) -> CameraProfile:
    """Return the profile of a camera whose true lens is `lens`.

    Args:
        lens: the truth.
        seed: draws the views and the error; the same seed is the same calibration.
        readout_ms: of the shutter, known exactly.
        views: pictures of an A4 board with 8 x 10 corners.
    """
    rng = np.random.default_rng([seed, 9])
    covariance = lens_bound(lens, rng, views=views)
    values = np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.distortion])
    scale = np.sqrt(np.diag(covariance))
    root = np.linalg.cholesky(covariance / np.outer(scale, scale))
    fx, fy, cx, cy, k1, k2, p1, p2, k3 = (values + scale * (root @ rng.standard_normal(9))).tolist()
    return CameraProfile(
        lens=PinholeLens(
            width_px=lens.width_px,
            height_px=lens.height_px,
            fx_px=fx,
            fy_px=fy,
            cx_px=cx,
            cy_px=cy,
            distortion=(k1, k2, p1, p2, k3),
        ),
        camera="simulated",
        mode=f"{lens.width_px}x{lens.height_px}",
        serial="",
        calibrated_on=date(2026, 1, 1),
        board_digest="",
        views=views,
        rms_px=CORNER_PX * math.sqrt(2.0),
        covariance=covariance,
        readout_ms=readout_ms,
    )


def lens_bound(lens: PinholeLens, rng: np.random.Generator, *, views: int) -> NDArray[np.float64]:
    """Return the least covariance (9, 9) of the lens' parameters, in the order of `LENS_PARAMETERS`."""
    grid = np.stack(np.meshgrid(np.arange(_COLUMNS), np.arange(_ROWS)), axis=-1).reshape(-1, 2)
    board = np.column_stack([(grid - grid.mean(axis=0)) * _SQUARE_MM, np.zeros(len(grid))])
    information = np.zeros((9, 9))
    for number in range(views):
        pose = _held(number, views, lens, rng)
        points = pose.apply(board)
        pixels = lens.project(points)
        seen = ((pixels >= 0.0) & (pixels <= (lens.width_px - 1.0, lens.height_px - 1.0))).all(axis=1)
        _, jacobian = cv2.projectPoints(
            points[seen], np.zeros(3), np.zeros(3), lens.matrix, np.array(lens.distortion, dtype=np.float64)
        )
        by_pose, by_lens = np.asarray(jacobian)[:, :6], np.asarray(jacobian)[:, 6:15]
        mixed = by_pose.T @ by_lens
        information += by_lens.T @ by_lens - mixed.T @ np.linalg.solve(by_pose.T @ by_pose, mixed)
    # Pixels and distortion differ by five orders of magnitude; scaled to a unit diagonal the inverse stays exact.
    scale = 1.0 / np.sqrt(np.diag(information))
    covariance = np.linalg.inv(information * np.outer(scale, scale)) * np.outer(scale, scale)
    return np.asarray(CORNER_PX**2 * 0.5 * (covariance + covariance.T), dtype=np.float64)


def _held(number: int, views: int, lens: PinholeLens, rng: np.random.Generator) -> RigidTransform:
    """Return `camera_from_board` of one view, the board's origin in its middle."""
    turn = 2.0 * math.pi * number / views
    tilt = math.radians(rng.uniform(25.0, 45.0))
    rotation = rotation_from_vector((0.0, 0.0, rng.uniform(-0.4, 0.4))) @ rotation_from_vector(
        (tilt * math.cos(turn), tilt * math.sin(turn), 0.0)
    )
    # As near as the board's height fills 0.6 to 0.9 of the picture's.
    distance_mm = lens.fy_px * _ROWS * _SQUARE_MM / (lens.height_px * rng.uniform(0.6, 0.9))
    # 2.4 rad a step: places next to one another in time lie far apart in the picture.
    off = 0.3 * np.array([lens.width_px * math.cos(2.4 * number), 0.6 * lens.height_px * math.sin(2.4 * number)])
    middle = lens.unproject(off + np.array([lens.cx_px, lens.cy_px])) * distance_mm
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, middle)
