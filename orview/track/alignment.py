"""What aligning a board's print with one picture says."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment:
    """The answer for one picture. Only one with a pose may be built upon; any other says in `reason` why it has none.

    Attributes:
        camera_from_board: the pose at the time the middle row was exposed, or None.
        reason: why there is no pose, one short sentence; empty where there is one.
        noise_covariance: (6, 6) of the pose's error by this picture alone, in the convention of `UncertainPose`,
            or None.
        velocity: (6,) rad/s and mm/s, left motion of the pose per second, as the rows of this picture show it; None
            where the camera's rows are exposed at once, or there is no pose.
        points_board_mm: (N, 3) places on borders of the print that the pose rests on.
        sigmas_px: (N,) standard deviation of each place across its border: with the points, what
            `markers.uncertainty.pose_covariance` asks for.
        across: (N, 2) unit vectors across the borders there in the picture, towards black.
        rest_px: (N,) how far each border lies along `across` from where the pose puts it, their common shift taken out.
        rms_px: root mean square distance of the borders from where the pose puts them, NaN without any.
        sample_count: places looked at.
        used_fraction: share of the places looked at that agree with the pose.
        bits_read: marker cells that could be read.
        bits_wrong: of those, how many are not what the board has there.
        edge_shift_px: by how much all borders lie towards black (gamma and sharpening do that, ink spread the
            opposite); already taken out of the pose.
        blur_px: standard deviation of the picture's blur across borders.
    """

    camera_from_board: RigidTransform | None
    reason: str
    noise_covariance: NDArray[np.float64] | None
    velocity: NDArray[np.float64] | None
    points_board_mm: NDArray[np.float64]
    sigmas_px: NDArray[np.float64]
    across: NDArray[np.float64]
    rest_px: NDArray[np.float64]
    rms_px: float
    sample_count: int
    used_fraction: float
    bits_read: int
    bits_wrong: int
    edge_shift_px: float
    blur_px: float


def no_alignment(reason: str) -> Alignment:
    """Return the answer where nothing was measured."""
    return Alignment(
        camera_from_board=None,
        reason=reason,
        noise_covariance=None,
        velocity=None,
        points_board_mm=np.empty((0, 3)),
        sigmas_px=np.empty(0),
        across=np.empty((0, 2)),
        rest_px=np.empty(0),
        rms_px=math.nan,
        sample_count=0,
        used_fraction=0.0,
        bits_read=0,
        bits_wrong=0,
        edge_shift_px=0.0,
        blur_px=math.nan,
    )
