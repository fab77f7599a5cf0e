"""Whether another pose explains the corners of a board about as well as the best one (hazard H07).

A flat board seen almost frontally, small or noisily has two poses that do (Schweighofer & Pinz 2006,
doi 10.1109/TPAMI.2006.252), or a whole valley of them.
"""

import math

import numpy as np
from numpy.typing import NDArray

from orview.markers.corners import Corners
from orview.markers.minima import COMPARABLE, Minima, descended, rotations_from_vectors
from orview.units import rad_from_deg

LOG_ODDS_NEEDED = math.log(1e6)
"""So much less likely than the pose shown must every pose be that leans another way."""

MELTED_RAD = rad_from_deg(3.0)
"""Two solutions nearer than this are one broad minimum, told by its covariance; farther apart they are two."""

CLAIM_WEIGHT = 4
"""How many residuals the claimed noise counts for where few corners were seen."""

_WAY = np.array([0.25, 0.5, 0.75, 1.0])


def turned_over(rotation: NDArray[np.float64], middle: NDArray[np.float64], corners: Corners) -> NDArray[np.float64]:
    """Return the rotation (3, 3) that weak perspective cannot tell from `rotation`.

    It is mirrored in depth, and in the board's plane; the middle (3,) of the corners, camera frame, keeps its place.
    """
    sight = middle / np.linalg.norm(middle)
    normal = _normal(corners)
    depth_mirror = np.eye(3) - 2.0 * np.outer(sight, sight)
    board_mirror = np.eye(3) - 2.0 * np.outer(normal, normal)
    return np.asarray(depth_mirror @ rotation @ board_mirror)


def leans_another_way(minima: Minima, corners: Corners) -> bool:
    """Return whether a pose that leans another way is nearly as likely as the first of `minima`.

    Asked are the other minima and poses on the way to the one turned over: where perspective is weak the misfit has a
    flat valley between the two, with the frontal view in its middle and no minimum of its own, and the covariance at
    the best pose knows nothing of it.
    """
    rotation, middle = minima.rotations[0], minima.origins[0]
    across = _vector_between(rotation, turned_over(rotation, middle, corners))
    starts = rotations_from_vectors(_WAY[:, None] * across) @ rotation
    # Only the lean is held: the pose may still turn in the board's plane and move.
    axes = (starts @ _normal(corners))[..., None]
    valley = descended(starts, np.tile(middle, (len(_WAY), 1)), corners, axes=axes, converged=COMPARABLE)
    others = np.concatenate([minima.rotations[1:], valley.rotations])
    misfits = np.concatenate([minima.misfits[1:], valley.misfits])
    cosines = (np.einsum("bij,ij->b", others, rotation) - 1.0) / 2.0
    apart = cosines < math.cos(MELTED_RAD)
    return bool((apart & (_log_odds(float(minima.misfits[0]), misfits, len(corners)) < LOG_ODDS_NEEDED)).any())


def _log_odds(best: float, others: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the logarithm of how much likelier the better pose is, the noise itself being unknown.

    Gaussian noise with its variance integrated out (scaled inverse chi-square prior at the noise claimed).
    """
    freedom = 2 * count - 6 + CLAIM_WEIGHT
    return np.asarray(0.5 * freedom * np.log((others + CLAIM_WEIGHT) / (best + CLAIM_WEIGHT)))


def _normal(corners: Corners) -> NDArray[np.float64]:
    """Return the direction (3,) of the board frame in which the corners extend least."""
    points = corners.points - corners.points.mean(axis=0)
    return np.asarray(np.linalg.eigh(points.T @ points)[1][:, 0])


def _vector_between(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the axis times angle (3,), rad, that turns `first` to `second` in the camera frame."""
    turn = second @ first.T
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    sine, cosine = 0.5 * float(np.linalg.norm(axis)), 0.5 * (float(np.trace(turn)) - 1.0)
    return axis * (0.5 * math.atan2(sine, cosine) / sine) if sine > 1e-12 else np.zeros(3)
