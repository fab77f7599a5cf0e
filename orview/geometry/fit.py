"""Point sets to a rigid transform: weighted, reflection-safe, and most likely under unequal errors.

`fit_rigid` is the closed solution of Kabsch 1976 (doi 10.1107/S0567739476001873) in the form of Umeyama 1991
(doi 10.1109/34.88573), without scale: a scale other than 1 is a fault to be found, never a degree of freedom.
`fit_rigid_likely` is the maximum-likelihood fit for errors that differ by point and direction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError, RefusedError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotations_from_vectors
from orview.geometry.uncertain import motion_jacobians

COLLINEAR_RATIO = 0.01
"""Points whose spread across their best line is below this part of the spread along it leave a rotation free."""

DUPLICATE_MM = 1e-3
"""Two points closer than this are one point counted twice."""

LIKELY_STEPS = 30
"""Gauss-Newton steps after which a fit that still moves is given up; well-posed fits need four to six."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RigidFit:
    """The best rigid transform between two paired point sets.

    Attributes:
        transform: `to_from_from`.
        residuals_mm: (N, 3), points_to - transform.apply(points_from), in the frame `to`.
        scale: size of the `to` set over size of the `from` set; 1 when both are in true millimetres. It is
            reported, not applied.
    """

    transform: RigidTransform
    residuals_mm: NDArray[np.float64]
    scale: float


def fit_rigid(
    points_to_mm: ArrayLike,
    points_from_mm: ArrayLike,
    *,
    to_frame: Frame,
    from_frame: Frame,
    weights: ArrayLike | None = None,
) -> RigidFit:
    """Find the rigid transform that carries `points_from_mm` best onto `points_to_mm` (least squares).

    Args:
        points_to_mm: (N, 3) in `to_frame`.
        points_from_mm: (N, 3) in `from_frame`, in the same order.
        to_frame: frame of the coordinates that come out.
        from_frame: frame of the coordinates that go in.
        weights: (N,) positive; None weighs all alike. A weight is one over the variance of a point's error.

    Raises:
        ContractError: the arrays do not have the shapes above, or a weight is not positive.
        RefusedError: fewer than three points, a number that is not finite, two points at one place, or all
            points on one line.
    """
    points_to, points_from = checked_pairs(points_to_mm, points_from_mm)
    w = np.ones(len(points_to)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(points_to),) or not np.isfinite(w).all() or (w <= 0.0).any():
        raise ContractError("A fit takes one positive, finite weight per point.")
    transform = RigidTransform(to_frame, from_frame, *closed_poses(points_to, points_from, w))
    spreads = [w @ ((points - w @ points / w.sum()) ** 2).sum(axis=1) for points in (points_to, points_from)]
    scale = float(np.sqrt(spreads[0] / spreads[1]))
    return RigidFit(transform=transform, residuals_mm=points_to - transform.apply(points_from), scale=scale)


def fit_rigid_likely(
    points_to_mm: ArrayLike,
    points_from_mm: ArrayLike,
    *,
    covariances_to_mm2: ArrayLike,
    covariances_from_mm2: ArrayLike,
    to_frame: Frame,
    from_frame: Frame,
) -> RigidFit:
    """Find the most likely rigid transform when every point has its own error ellipsoid on both sides.

    Lowers the sum of r^T (C_to + R C_from R^T)^-1 r from the weighted closed solution by Gauss-Newton, the
    weights renewed at each step (iteratively reweighted least squares; Balachandran & Fitzpatrick 2009,
    Proc. SPIE 7261, solve the same cost). With equal round errors it is `fit_rigid`.

    Args:
        points_to_mm: (N, 3) in `to_frame`.
        points_from_mm: (N, 3) in `from_frame`, in the same order.
        covariances_to_mm2: (N, 3, 3) of the errors of `points_to_mm`, in `to_frame`.
        covariances_from_mm2: (N, 3, 3) of the errors of `points_from_mm`, in `from_frame`.
        to_frame: frame of the coordinates that come out.
        from_frame: frame of the coordinates that go in.

    Raises:
        ContractError: shapes that do not match, or the summed covariance of a pair is not positive definite.
        RefusedError: as `fit_rigid`, or the fit does not come to rest.
    """
    points_to, points_from = checked_pairs(points_to_mm, points_from_mm)
    covariances_to = checked_covariances(covariances_to_mm2, len(points_to))
    covariances_from = checked_covariances(covariances_from_mm2, len(points_to))
    variances = np.trace(covariances_to, axis1=1, axis2=2) + np.trace(covariances_from, axis1=1, axis2=2)
    if (variances <= 0.0).any():
        raise ContractError("The summed covariance of a pair of points must be positive definite.")
    start = fit_rigid(points_to, points_from, to_frame=to_frame, from_frame=from_frame, weights=1.0 / variances)
    rotations, translations = likely_poses(points_to, points_from, covariances_to, covariances_from)
    transform = RigidTransform(to_frame, from_frame, rotations, translations)
    return RigidFit(transform=transform, residuals_mm=points_to - transform.apply(points_from), scale=start.scale)


def closed_poses(
    points_to: NDArray[np.float64], points_from: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rotations (..., 3, 3) and translations (..., 3) of many weighted fits at once (`fit_rigid`).

    Args:
        points_to: (..., N, 3), layouts that `checked_pairs` accepts.
        points_from: (..., N, 3).
        weights: (..., N) positive.
    """
    w = (weights / weights.sum(axis=-1, keepdims=True))[..., None]
    centre_to, centre_from = (w * points_to).sum(axis=-2), (w * points_from).sum(axis=-2)
    arms_to, arms_from = points_to - centre_to[..., None, :], points_from - centre_from[..., None, :]
    rotations = best_rotation(np.swapaxes(w * arms_to, -1, -2) @ arms_from)
    return rotations, centre_to - (rotations @ centre_from[..., None])[..., 0]


def likely_poses(
    points_to: NDArray[np.float64],
    points_from: NDArray[np.float64],
    covariances_to: NDArray[np.float64],
    covariances_from: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rotations (..., 3, 3) and translations (..., 3) of many likely fits at once (`fit_rigid_likely`).

    Args:
        points_to: (..., N, 3), layouts that `checked_pairs` accepts.
        points_from: (..., N, 3).
        covariances_to: (..., N, 3, 3).
        covariances_from: (..., N, 3, 3).

    Raises:
        ContractError: the summed covariance of a pair is not positive definite.
        RefusedError: a fit does not come to rest.
    """
    variances = np.trace(covariances_to, axis1=-2, axis2=-1) + np.trace(covariances_from, axis1=-2, axis2=-1)
    rotations, translations = closed_poses(points_to, points_from, 1.0 / variances)
    # Turned about the middle of the points, not the far origin of CT coordinates, the equations stay well conditioned.
    centre_from = points_from.mean(axis=-2)
    place = (rotations @ centre_from[..., None])[..., 0] + translations
    arms_from = points_from - centre_from[..., None, :]
    spread_mm = np.linalg.norm(arms_from, axis=-1).max(axis=-1)
    for _ in range(LIKELY_STEPS):
        arms = arms_from @ np.swapaxes(rotations, -1, -2)
        residuals = points_to - (arms + place[..., None, :])
        turned = rotations[..., None, :, :]
        try:
            information = np.linalg.inv(covariances_to + turned @ covariances_from @ np.swapaxes(turned, -1, -2))
        except np.linalg.LinAlgError:
            raise ContractError("The summed covariance of a pair of points must be positive definite.") from None
        jacobians = motion_jacobians(arms)
        weighted = np.swapaxes(jacobians, -1, -2) @ information
        step = np.linalg.solve((weighted @ jacobians).sum(axis=-3), (weighted @ residuals[..., None]).sum(axis=-3))
        turn, shift = step[..., :3, 0], step[..., 3:, 0]
        rotations = rotations_from_vectors(turn) @ rotations
        place = place + shift
        moved_mm = np.linalg.norm(turn, axis=-1) * spread_mm + np.linalg.norm(shift, axis=-1)
        if (moved_mm < 1e-9 * np.maximum(spread_mm, 1.0)).all():
            break
    else:
        raise RefusedError(
            "The fit of the points does not come to rest.", mend="Check the order and the uncertainties of the points."
        )
    rotations = best_rotation(rotations)
    return rotations, place - (rotations @ centre_from[..., None])[..., 0]


def best_rotation(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotations (..., 3, 3), determinant +1, that maximise trace(R^T M) for matrices M (..., 3, 3).

    M is the sum of to from^T. Where a mirror would fit better the weakest axis is turned round instead
    (Umeyama 1991, equations 40 to 43).
    """
    u, _, vt = np.linalg.svd(correlation)
    u = u.copy()
    u[..., :, 2] *= np.where(np.linalg.det(u) * np.linalg.det(vt) < 0.0, -1.0, 1.0)[..., None]
    return np.asarray(u @ vt, dtype=np.float64)


def scale_sigma(points_mm: ArrayLike, covariances_mm2: ArrayLike) -> float:
    """Return the standard deviation of `RigidFit.scale` that point errors alone cause (first order).

    With arms d_i from the centre and S the sum of their squares, log(scale) moves by sum(d_i . e_i) / S.

    Args:
        points_mm: (N, 3).
        covariances_mm2: (N, 3, 3), summed over both sets, in the frame of `points_mm`.
    """
    points = np.asarray(points_mm, dtype=np.float64)
    arms = points - points.mean(axis=0)
    covariances = checked_covariances(covariances_mm2, len(points))
    return float(np.sqrt(np.einsum("ni,nij,nj->", arms, covariances, arms)) / (arms**2).sum())


def checked_pairs(
    points_to_mm: ArrayLike, points_from_mm: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both sets as (N, 3) float64 that determine a rigid transform.

    Raises:
        ContractError: the arrays are not both (N, 3).
        RefusedError: as `fit_rigid`.
    """
    points_to = np.asarray(points_to_mm, dtype=np.float64)
    points_from = np.asarray(points_from_mm, dtype=np.float64)
    if points_to.ndim != 2 or points_to.shape[1:] != (3,) or points_to.shape != points_from.shape:
        raise ContractError(f"A fit pairs two (N, 3) arrays, not {points_to.shape} and {points_from.shape}.")
    if len(points_to) < 3:
        raise RefusedError(
            f"{len(points_to)} points do not fix a position in space.",
            mend="Use three points or more, four to be safe.",
        )
    for points in (points_to, points_from):
        _check_layout(points)
    return points_to, points_from


def checked_covariances(covariances_mm2: ArrayLike, count: int) -> NDArray[np.float64]:
    """Return covariances as (count, 3, 3) float64.

    Raises:
        ContractError: another shape, or not finite and symmetric.
    """
    covariances = np.asarray(covariances_mm2, dtype=np.float64)
    if covariances.shape != (count, 3, 3) or not np.isfinite(covariances).all():
        raise ContractError(f"{count} points take finite covariances of shape ({count}, 3, 3).")
    if not np.allclose(covariances, np.swapaxes(covariances, 1, 2), rtol=1e-6, atol=1e-12):
        raise ContractError("A covariance is symmetric.")
    return covariances


def _check_layout(points: NDArray[np.float64]) -> None:
    if not np.isfinite(points).all():
        raise RefusedError("A point holds a value that is not a finite number.", mend="Find the points again.")
    distances = np.linalg.norm(points[:, None] - points[None, :], axis=-1)
    if distances[~np.eye(len(points), dtype=bool)].min() < DUPLICATE_MM:
        raise RefusedError("Two of the points stand at the same place.", mend="Use every point once.")
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if spread[1] < COLLINEAR_RATIO * spread[0]:
        raise RefusedError(
            "The points lie on one line: the turn about that line stays free.", mend="Spread the points over an area."
        )
