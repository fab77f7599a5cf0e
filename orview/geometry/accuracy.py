"""How far a fit may be trusted: FRE, TRE, the covariance of a pose, and the 95 % radius of an error.

FLE is the error of finding one point, FRE the misfit of the points after the fit, TRE the error at a point that
matters and took no part. FRE and TRE of one patient are uncorrelated (Fitzpatrick 2009, doi 10.1117/12.813601):
FRE here serves to find faults and is never an accuracy. All errors are zero-mean normal, mm.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import ContractError
from orview.geometry.fit import checked_covariances
from orview.geometry.uncertain import motion_jacobians, told_about_origin


def fre_mm(residuals_mm: ArrayLike) -> float:
    """Return the root of the mean squared length of residuals (N, 3), mm."""
    residuals = np.asarray(residuals_mm, dtype=np.float64)
    return float(np.sqrt((residuals**2).sum(axis=-1).mean()))


def expected_fre_mm(*, fle_rms_mm: float, count: int) -> float:
    """Return the rms FRE of an unweighted fit of `count` points: sqrt(1 - 2/N) FLE.

    Sibson 1979; Fitzpatrick, West & Maurer 1998 (doi 10.1109/42.736021). `fle_rms_mm` is the rms of
    the whole error vector, sqrt(3) times the sigma along one axis.

    Raises:
        ContractError: fewer than three points.
    """
    if count < 3:
        raise ContractError("FRE is defined for three points or more.")
    return math.sqrt(1.0 - 2.0 / count) * fle_rms_mm


def fitzpatrick_tre_mm(points_mm: ArrayLike, target_mm: ArrayLike, *, fle_rms_mm: float) -> float:
    """Return the rms TRE at a target of an unweighted fit with equal, round errors.

    TRE^2 = FLE^2 / N (1 + 1/3 sum_k d_k^2 / f_k^2), d_k the distance of the target from the principal axis k of
    the points and f_k the rms distance of the points from it (Fitzpatrick, West & Maurer 1998, equation 46).

    Args:
        points_mm: (N, 3), not on one line.
        target_mm: (3,) in the same frame.
        fle_rms_mm: rms of the whole error vector of one point.
    """
    points = np.asarray(points_mm, dtype=np.float64)
    centre = points.mean(axis=0)
    axes = np.linalg.svd(points - centre, full_matrices=False)[2]
    along_points = (points - centre) @ axes.T
    along_target = (np.asarray(target_mm, dtype=np.float64) - centre) @ axes.T
    ratio = 0.0
    for k in range(3):
        others = [axis for axis in range(3) if axis != k]
        ratio += (along_target[others] ** 2).sum() / (along_points[:, others] ** 2).sum(axis=1).mean()
    return fle_rms_mm * math.sqrt((1.0 + ratio / 3.0) / len(points))


def pose_covariance(
    points_to_mm: ArrayLike, covariances_mm2: ArrayLike, *, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the (6, 6) covariance of a fitted pose, left, in the frame of the points (`orview.geometry.uncertain`).

    To first order the pose moves by (J^T W J)^-1 J^T W e for point errors e of covariance C. With W = C^-1 (the
    most likely fit, `fit_rigid_likely`) that is (J^T C^-1 J)^-1; with other weights the full product stands, so that
    unequal errors under a plain fit are told honestly (Danilchenko & Fitzpatrick 2011, IEEE Trans. Med. Imaging
    30(3), PMC4607070, for any weights and errors). With the weights of a fit and one part of its errors it is what
    that part adds: the parts of a sum of errors add up to the whole.

    Args:
        points_to_mm: (N, 3), the points after the fit, in the frame the covariance is wanted in.
        covariances_mm2: (N, 3, 3), summed over both sets, in the same frame.
        weights: (N,) the weights a `fit_rigid` was given, or (N, 3, 3) the inverse covariances a `fit_rigid_likely`
            used; None for the most likely fit of these very covariances.

    Raises:
        ContractError: shapes that do not match, or a covariance that is singular where its inverse is the weight.
    """
    points = np.asarray(points_to_mm, dtype=np.float64)
    covariances = checked_covariances(covariances_mm2, len(points))
    centre = points.mean(axis=0)
    jacobians = motion_jacobians(points - centre)
    if weights is None:
        try:
            weight_matrices = np.linalg.inv(covariances)
        except np.linalg.LinAlgError:
            raise ContractError("The covariance of a point must be positive definite.") from None
    else:
        given = np.asarray(weights, dtype=np.float64)
        weight_matrices = given[:, None, None] * np.eye(3) if given.ndim == 1 else given
    weighted = np.swapaxes(jacobians, 1, 2) @ weight_matrices
    normal_inverse = np.linalg.inv((weighted @ jacobians).sum(axis=0))
    scatter = (weighted @ covariances @ np.swapaxes(weighted, 1, 2)).sum(axis=0)
    about_centre = normal_inverse @ scatter @ normal_inverse
    about_origin = told_about_origin(centre)
    covariance = about_origin @ about_centre @ about_origin.T
    return np.asarray(0.5 * (covariance + covariance.T), dtype=np.float64)


def shared_pose_covariance(
    points_to_mm: ArrayLike, covariances_mm2: ArrayLike, *, weights: ArrayLike
) -> NDArray[np.float64]:
    """Return the (6, 6) covariance of a fitted pose by an error that all points share, as `pose_covariance` tells it.

    The points move by A_i u with one u of unit covariance, A_i the symmetric root of the covariance of point i. Where
    these are alike that is a shift of all points, which no fit sees and no number of points makes smaller.

    Args:
        points_to_mm: (N, 3), the points after the fit.
        covariances_mm2: (N, 3, 3) of the shared error, same frame; may be zero.
        weights: (N, 3, 3) of the fit.

    Raises:
        ContractError: shapes that do not match.
    """
    points = np.asarray(points_to_mm, dtype=np.float64)
    variances, axes = np.linalg.eigh(checked_covariances(covariances_mm2, len(points)))
    roots = (axes * np.sqrt(np.clip(variances, 0.0, None))[:, None, :]) @ np.swapaxes(axes, 1, 2)
    centre = points.mean(axis=0)
    jacobians = motion_jacobians(points - centre)
    weighted = np.swapaxes(jacobians, 1, 2) @ np.asarray(weights, dtype=np.float64)
    moved = np.linalg.solve((weighted @ jacobians).sum(axis=0), (weighted @ roots).sum(axis=0))
    told = told_about_origin(centre) @ moved
    return np.asarray(told @ told.T, dtype=np.float64)


def expected_rms_mm(covariance_mm2: ArrayLike) -> float:
    """Return the rms length of an error with a (3, 3) covariance, mm."""
    return float(np.sqrt(np.trace(np.asarray(covariance_mm2, dtype=np.float64))))


def radius_95_mm(covariance_mm2: ArrayLike) -> float:
    """Return the radius, mm, that the error of a (3, 3) covariance keeps within in 95 % of cases.

    Raises:
        ContractError: as `radius_mm`.
    """
    return radius_mm(covariance_mm2, probability=0.95)


def radius_mm(covariance_mm2: ArrayLike, *, probability: float) -> float:
    """Return the radius of the sphere that holds `probability` of a zero-mean normal error, exact to 1e-6.

    The length of a normal vector with unequal axes has no closed distribution: it is integrated (`_held_within`) and
    inverted by Newton's method.

    Args:
        covariance_mm2: (3, 3), positive semi-definite; of any shape, flat and needle-like ones too.
        probability: from 0.5 (below it needle-like shapes would need finer nodes) to below 1.

    Raises:
        ContractError: not a finite symmetric (3, 3) matrix, a negative variance, or a probability out of range.
    """
    covariance = np.asarray(covariance_mm2, dtype=np.float64)
    if covariance.shape != (3, 3) or not np.isfinite(covariance).all() or not 0.5 <= probability < 1.0:
        raise ContractError("A radius takes a finite 3x3 covariance and a probability from 0.5 to below 1.")
    variances = np.linalg.eigvalsh(0.5 * (covariance + covariance.T))
    largest = float(variances[2])
    if largest <= 0.0 and variances[0] >= -1e-30:
        return 0.0
    if variances[0] < -1e-9 * largest or not np.allclose(covariance, covariance.T, rtol=1e-6, atol=1e-9 * largest):
        raise ContractError("A covariance is symmetric with no negative variance.")
    shape = np.clip(variances / largest, 0.0, None)
    radius, low, high = _near_radius(shape, probability), 0.0, math.inf
    for _ in range(100):
        held, density = _held_within(radius, shape)
        low, high = (radius, high) if held < probability else (low, radius)
        step = (probability - held) / density if density > 0.0 else math.inf
        # Newton inside the bracket; outside it, halve or double.
        radius += step
        if abs(step) < 1e-5 * radius:
            break  # What is left is of the order of the step's square.
        if not low < radius < high:
            radius = 0.5 * (low + high) if high < math.inf else 2.0 * low
    return math.sqrt(largest) * radius


def _near_radius(variances: NDArray[np.float64], probability: float) -> float:
    """Return about the radius: the squared length as a scaled chi-squared of the same mean and variance.

    Satterthwaite 1946, with the quantile of Wilson and Hilferty 1931 and of the normal law by Abramowitz and Stegun,
    formula 26.2.23.
    """
    total, squares = float(variances.sum()), float(variances @ variances)
    degrees = total * total / squares
    spread = 2.0 / (9.0 * degrees)
    t = math.sqrt(-2.0 * math.log(1.0 - probability))
    above = 2.515517 + t * (0.802853 + t * 0.010328)
    normal = t - above / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    root = 1.0 - spread + normal * math.sqrt(spread)
    return math.sqrt(total * root**3)


def _held_within(radius: float, variances: NDArray[np.float64]) -> tuple[float, float]:
    """Return the probability that a normal vector is shorter than `radius`, and its density there.

    `variances` (3,) ascend to 1. The two larger axes are integrated in polar form, where the radial part is
    closed: P2(s) = 1 - mean over angles of exp(-s / (2 c)), c = v3 cos^2 + v2 sin^2; the smallest axis by
    Gauss-Legendre over z, s = radius^2 - v1 z^2. Smooth for flat and needle-like shapes as well.
    """
    smallest, middle, largest = (float(v) for v in variances)
    limit = min(_TAIL_SIGMA, radius / math.sqrt(smallest)) if smallest > 0.0 else _TAIL_SIGMA
    # z = limit sin(t) takes the square-root edge out of the integrand.
    z = limit * _SIN_NODES
    weight = np.exp(-0.5 * z * z) * _COS_WEIGHTS * (limit * math.sqrt(2.0 / math.pi))
    left = np.maximum(radius * radius - smallest * z * z, 0.0)
    spread = largest + (middle - largest) * _SIN2
    outside = np.exp(-0.5 * left[:, None] / spread)
    held = weight @ (1.0 - outside.mean(axis=1))
    density = weight @ (outside / spread).mean(axis=1) * radius
    return float(held), float(density)


_RADIAL_NODES = 32
_ANGLE_NODES = 32
_TAIL_SIGMA = 8.0
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(_RADIAL_NODES)
_SIN_NODES = np.sin(0.25 * math.pi * (_NODES + 1.0))
_COS_WEIGHTS = np.cos(0.25 * math.pi * (_NODES + 1.0)) * _NODE_WEIGHTS * (0.25 * math.pi)
# Midpoints of the quarter turn never reach cos^2 = 0, where a flat error would divide by nothing.
_SIN2 = np.sin((np.arange(_ANGLE_NODES) + 0.5) * (0.5 * math.pi / _ANGLE_NODES)) ** 2
