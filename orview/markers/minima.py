"""Poses that make the misfit of corners least, several of them side by side.

Levenberg-Marquardt (Marquardt 1963) over the pose and the bends of the print, each bend with its own prior. All
starting poses go down together: a second minimum costs little more than the first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import nearest_rotation, rotations_from_vectors
from orview.markers.corners import Corners

STEPS = 25
CONVERGED = 1e-6
"""A step that lowers the misfit by less than this (a part of it where it is above 1) is the last."""

COMPARABLE = 1e-3
"""The same where a minimum is only asked how likely it is."""

_DAMPING = 1e-4
_DAMPING_LIMIT = 1e6
_HELD = 1e-9
_UNTURNED = np.eye(3)


@dataclass(frozen=True, kw_only=True, eq=False)
class Minima:
    """B poses side by side.

    Attributes:
        rotations: (B, 3, 3) `camera_from_board`.
        origins: (B, 3) where `Corners.origin_mm` lies, mm, camera frame.
        bends: (B, K) of the print, in standard deviations.
        misfits: (B,) sum of the squares of all residuals and bends; infinite where a corner lies behind the camera.
        residuals: (B, N, 2) in standard deviations.
    """

    rotations: NDArray[np.float64]
    origins: NDArray[np.float64]
    bends: NDArray[np.float64]
    misfits: NDArray[np.float64]
    residuals: NDArray[np.float64]

    def reordered(self, order: list[int]) -> "Minima":
        """Return the poses in another order."""
        return Minima(
            rotations=self.rotations[order],
            origins=self.origins[order],
            bends=self.bends[order],
            misfits=self.misfits[order],
            residuals=self.residuals[order],
        )


def descended(
    rotations: NDArray[np.float64],
    origins: NDArray[np.float64],
    corners: Corners,
    *,
    axes: NDArray[np.float64] | None = None,
    converged: float | NDArray[np.float64] = CONVERGED,
    hopeless: float = np.inf,
) -> Minima:
    """Go down from poses (B, 3, 3) and (B, 3), as in `Minima`, to the nearest minima.

    Args:
        rotations: where to start.
        origins: where to start.
        corners: what to fit.
        axes: (B, 3, M) the axes of the camera frame each pose may turn about; all three where not given.
        converged: when to stop, for all or for each (B,).
        hopeless: a pose is left where it is once it will not come below this misfit.
    """
    count, bend_count = len(rotations), corners.bends.shape[2]
    turns = np.broadcast_to(_UNTURNED, (count, 3, 3)) if axes is None else axes
    free = turns.shape[2]
    bends = np.zeros((count, bend_count))
    prior = np.zeros(free + 3 + bend_count)
    prior[free + 3 :] = 1.0
    diagonal = np.arange(len(prior))
    damping = np.full(count, _DAMPING)
    turned, depth, residuals, misfits = _seen(rotations, origins, bends, corners)
    for _ in range(STEPS):
        slopes = _slopes(turned, depth, origins, rotations, corners, turns)
        normal = np.swapaxes(slopes, 1, 2) @ slopes
        normal[:, diagonal, diagonal] += prior
        downhill = (residuals.reshape(count, 1, -1) @ slopes)[:, 0]
        downhill[:, free + 3 :] += bends
        # The least that is added keeps directions that are held out of the way.
        normal[:, diagonal, diagonal] = normal[:, diagonal, diagonal] * (1.0 + damping[:, None]) + _HELD
        step = -_solved(normal, downhill)
        # The slope foretells what is left to gain; thrice that is more than any bend of the valley adds.
        if (misfits + 3.0 * (downhill * step).sum(axis=1) > hopeless).all():
            break
        trial = (
            rotations_from_vectors((turns @ step[:, :free, None])[..., 0]) @ rotations,
            origins + step[:, free : free + 3],
            bends + step[:, free + 3 :],
        )
        seen = _seen(*trial, corners)
        better = seen[3] < misfits
        gained = np.subtract(misfits, seen[3], out=np.zeros(count), where=better)
        small = gained <= converged * np.maximum(seen[3], 1.0)
        rotations = np.where(better[:, None, None], trial[0], rotations)
        origins = np.where(better[:, None], trial[1], origins)
        bends = np.where(better[:, None], trial[2], bends)
        turned = np.where(better[:, None, None], seen[0], turned)
        depth = np.where(better[:, None], seen[1], depth)
        residuals = np.where(better[:, None, None], seen[2], residuals)
        misfits = np.where(better, seen[3], misfits)
        # A step that gains nothing at small damping stands on the minimum; at large damping it was too long.
        if (small & (better | (np.abs(step).max(axis=1) < 1e-6)) | (damping > _DAMPING_LIMIT)).all():
            break
        damping = np.where(better, damping * 0.1, damping * 10.0)
    return Minima(
        rotations=np.stack([nearest_rotation(rotation) for rotation in rotations]),
        origins=origins,
        bends=bends,
        misfits=misfits,
        residuals=residuals,
    )


def residuals_of(minima: Minima, corners: Corners) -> NDArray[np.float64]:
    """Return how far (B, N, 2), in standard deviations, corners lie from where the poses put them."""
    return _seen(minima.rotations, minima.origins, minima.bends, corners)[2]


def _seen(
    rotations: NDArray[np.float64],
    origins: NDArray[np.float64],
    bends: NDArray[np.float64],
    corners: Corners,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return corners turned (B, N, 3), their depths (B, N), residuals (B, N, 2) and misfits (B,) of poses."""
    bent = corners.points + (corners.bends[None] @ bends[:, None, :, None])[..., 0]
    turned = bent @ np.swapaxes(rotations, 1, 2)
    depth = turned[..., 2] + origins[:, None, 2]
    in_front = np.where(depth > 0.0, depth, np.nan)
    error = (turned[..., :2] + origins[:, None, :2]) / in_front[..., None] - corners.rays
    residuals = (corners.whiten @ error[..., None])[..., 0]
    misfits = np.square(residuals).sum(axis=(1, 2)) + np.square(bends).sum(axis=1)
    return turned, depth, residuals, np.where(np.isfinite(misfits), misfits, np.inf)


def _slopes(
    turned: NDArray[np.float64],
    depth: NDArray[np.float64],
    origins: NDArray[np.float64],
    rotations: NDArray[np.float64],
    corners: Corners,
    turns: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the derivatives (B, 2N, M + 3 + K) of the residuals by turning, moving and bending."""
    count, number = depth.shape
    by_place = np.empty((count, number, 2, 3))
    by_place[..., :2] = corners.whiten / depth[..., None, None]
    rays = (turned[..., :2] + origins[:, None, :2]) / depth[..., None]
    by_place[..., 2] = -(by_place[..., :2] @ rays[..., None])[..., 0]
    x, y, z = (turned[..., axis, None] for axis in range(3))
    by_turn = np.empty_like(by_place)
    by_turn[..., 0] = y * by_place[..., 2] - z * by_place[..., 1]
    by_turn[..., 1] = z * by_place[..., 0] - x * by_place[..., 2]
    by_turn[..., 2] = x * by_place[..., 1] - y * by_place[..., 0]
    by_bend = by_place @ (rotations[:, None] @ corners.bends)
    slopes = np.concatenate([by_turn @ turns[:, None], by_place, by_bend], axis=-1)
    return slopes.reshape(count, 2 * number, -1)


def _solved(normal: NDArray[np.float64], downhill: NDArray[np.float64]) -> NDArray[np.float64]:
    usable = np.asarray(np.isfinite(normal).all(axis=(1, 2)) & np.isfinite(downhill).all(axis=1))
    if not usable.all():
        # A pose with corners behind the camera has no slope; it stays where it is.
        normal = np.where(usable[:, None, None], normal, np.eye(normal.shape[1]))
        downhill = np.where(usable[:, None], downhill, 0.0)
    try:
        return np.asarray(np.linalg.solve(normal, downhill[..., None])[..., 0])
    except np.linalg.LinAlgError:
        return np.zeros_like(downhill)
