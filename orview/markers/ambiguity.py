"""Whether another pose explains the corners of a board about as well as the best one (hazard H07).

A flat board seen almost frontally, small or noisily has two poses that do (Schweighofer & Pinz 2006,
doi 10.1109/TPAMI.2006.252), or a whole valley of them.
"""

import math

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import rotations_from_vectors
from orview.markers.corners import Corners
from orview.markers.minima import COMPARABLE, Minima, descended
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


def other_poses(best: Minima, corners: Corners) -> Minima:
    """Return poses that lean another way than the first of `best`, as likely as such poses can be.

    They are the other minimum and poses on the way to the one turned over: where perspective is weak the misfit has a
    flat valley between the two, with the frontal view in its middle and no minimum of its own, and the covariance at
    the best pose knows nothing of it. Poses that are out of the question are not followed to the end.
    """
    rotation, origin = best.rotations[0], best.origins[0]
    normal = _normal(corners)
    turned = turned_over(rotation, origin, corners)
    across = _vector_between(rotation, turned)
    starts = np.concatenate([turned[None], rotations_from_vectors(_WAY[:, None] * across) @ rotation])
    # On the way the lean is held: such a pose may only turn in the board's plane, and move. The other minimum is free.
    axes = np.zeros((len(starts), 3, 3))
    axes[0] = np.eye(3)
    axes[1:, :, 0] = starts[1:] @ normal
    hopeless = _misfit_at(1.5 * LOG_ODDS_NEEDED, float(best.misfits[0]), len(corners))
    origins = np.broadcast_to(origin, (len(starts), 3))
    return descended(starts, origins, corners, axes=axes, converged=COMPARABLE, hopeless=hopeless)


def leans_another_way(best: Minima, others: Minima, corners: Corners) -> bool:
    """Return whether one of `others` leans another way than the first of `best` and is nearly as likely."""
    cosines = (np.einsum("bij,ij->b", others.rotations, best.rotations[0]) - 1.0) / 2.0
    apart = cosines < math.cos(MELTED_RAD)
    likely = others.misfits < _misfit_at(LOG_ODDS_NEEDED, float(best.misfits[0]), len(corners))
    return bool((apart & likely).any())


def _misfit_at(log_odds: float, best: float, count: int) -> float:
    """Return the misfit of a pose that is so much less likely than the best, the noise itself being unknown.

    Gaussian noise with its variance integrated out (scaled inverse chi-square prior at the noise claimed).
    """
    freedom = 2 * count - 6 + CLAIM_WEIGHT
    return (best + CLAIM_WEIGHT) * math.exp(2.0 * log_odds / freedom) - CLAIM_WEIGHT


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
