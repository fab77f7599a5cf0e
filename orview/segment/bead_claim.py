"""How well the centre of a ball is known: what the misfit of its voxels tells, and what it does not.

The constants are the likeliest for the errors of 420 beads on 49 rendered scans of 0.6 to 5 mm slices, other ones than
those of benchmarks/fiducials.py, and a little on the safe side.
"""

import numpy as np
from numpy.typing import NDArray

from orview.segment.bead_model import BLUR, FAR, NEAR, POST_HU, SIZE, THICK, Voxels, normal_of, post_of

CORRELATED = 0.8
"""Neighbouring voxels share their noise and the errors of the model: variances are so many times those of lone ones."""

LOPSIDED_MM, ASTRIDE_MM, POST_MM, POWER = 0.35, 0.065, 0.01, 0.95
"""How far surroundings as dense as the ball itself draw the centre of a ball of `RADIUS_MM`: towards where they are
denser, along the normal of the plane in which their halves meet, and along the post. It falls with a power of their
density and with the radius."""

RADIUS_MM = 1.5
PER_MM, THIN_MM = 1.0, 1.2
"""In thicker slices than the last it is so much more for each mm."""

FLOOR_MM = 0.005
COARSE_MM, COARSE_VOXELS = 0.011, 2.3
"""Where voxels are longer than so many sigmas of the blur an edge falls between them: sigma along each axis for each
sigma more."""

FLOOR_OF_THICK, HIDDEN = 0.03, 0.5
"""Sigma across the slices for each mm of their distance beyond `THIN_MM` (a ball of `RADIUS_MM`), and for each mm by
which their distance exceeds the ball: so far it may lie anywhere within a slice and look the same."""


def covariance_of(
    voxels: Voxels,
    values: NDArray[np.float64],
    part: NDArray[np.float64],
    by_voxels_mm2: NDArray[np.float64],
    *,
    flank_hu: float,
    spacing_mm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the (3, 3) covariance of a ball's centre along the voxel axes.

    Args:
        voxels: near the ball.
        values: the fitted parameters.
        part: (N,) of the ball that each voxel shows.
        by_voxels_mm2: (3, 3) what the misfit of the voxels tells, were each of them alone.
        flank_hu: from around the ball to where it or the scanner's scale ends.
        spacing_mm: (3,) of the voxels.
    """
    radius_mm = float(np.exp(values[SIZE]))
    small = RADIUS_MM / radius_mm
    lopsided = voxels.lopsided_hu(values, part)
    dense_hu = max(float(np.linalg.norm(lopsided)), 1e-6)
    factor = small * (1.0 + PER_MM * max(float(np.exp(values[THICK])) - THIN_MM, 0.0))
    coarse_mm = COARSE_MM * max(float(spacing_mm[0] * np.exp(-values[BLUR])) - COARSE_VOXELS, 0.0)
    covariance = CORRELATED * by_voxels_mm2 + (FLOOR_MM**2 + coarse_mm**2) * np.eye(3)
    for most_mm, hu, along in (
        (LOPSIDED_MM, dense_hu, lopsided / dense_hu),
        (ASTRIDE_MM, abs(float(values[NEAR] - values[FAR])), normal_of(values)),
        (POST_MM, abs(float(values[POST_HU])), post_of(values)),
    ):
        drawn_mm = most_mm * factor * (min(hu, flank_hu) / flank_hu) ** POWER
        covariance += drawn_mm**2 * np.outer(along, along)
    covariance[2, 2] += (FLOOR_OF_THICK * small * max(float(spacing_mm[2]) - THIN_MM, 0.0)) ** 2
    covariance[2, 2] += (HIDDEN * max(float(spacing_mm[2]) - 2.0 * radius_mm, 0.0)) ** 2
    return np.asarray(covariance, dtype=np.float64)
