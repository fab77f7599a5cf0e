"""The motion of a board that brings its borders to where a picture shows them, and how sure it is.

Robust Gauss-Newton on distances across borders (Harris & Stennett 1990; Drummond & Cipolla 2002, doi
10.1109/TPAMI.2002.1017620), with one shift common to all borders as a nuisance and, where rows are exposed one after
the other, the velocity.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.track.edges import some_of
from orview.track.middle import middle_of
from orview.track.motion import left_from_middle, rows_by_motion

EDGE_SHIFT_SIGMA_PX = 0.5
"""What gamma, sharpening and ink may move borders by, before a picture was seen."""

HUBER = 1.345
TUKEY = 4.685
"""Both are 95 % as good as least squares where errors are Gaussian (Holland & Welsch 1977)."""

_FOR_SCALE = 250


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """N borders seen in one picture.

    Attributes:
        places: (N, 3) in the camera frame, mm.
        by_place: (N, 3) how far across itself each border moves in the picture with its place, px / mm.
        shift_px: (N,) seen less expected, towards black.
        sigma_px: (N,) standard deviation of that.
        late_s: (N,) when each was exposed after the middle row, or None where that is no matter.
        group: (N,) those of one number may err together.
    """

    places: NDArray[np.float64]
    by_place: NDArray[np.float64]
    shift_px: NDArray[np.float64]
    sigma_px: NDArray[np.float64]
    late_s: NDArray[np.float64] | None
    group: NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """What N borders say together.

    Attributes:
        motion: (6,) left motion, rad and mm.
        velocity_change: (6,) what to add to the velocity, rad/s and mm/s, besides what the motion changes of it.
        edge_shift_px: the shift common to all borders.
        rest_px: (N,) what is left of each shift.
        weights: (N,) 0 to 1: how far each border agrees.
        scale: by what factor the borders disagree more than their own noise explains.
        together: by what factor the variances are larger because neighbouring borders err together.
        covariance: (6, 6) of the motion.
    """

    motion: NDArray[np.float64]
    velocity_change: NDArray[np.float64]
    edge_shift_px: float
    rest_px: NDArray[np.float64]
    weights: NDArray[np.float64]
    scale: float
    together: float
    covariance: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownVelocity:
    """What is known of the velocity beforehand, and how it hangs together with the pose.

    Attributes:
        rest: (6,) by how much the velocity assumed differs from the one expected: zero at first.
        information: (6, 6) inverse covariance of the one expected, or None to take it as it is.
        per_motion: by how much a pose that is moved changes it, 1/s.
    """

    rest: NDArray[np.float64]
    information: NDArray[np.float64] | None
    per_motion: float


def fit_motion(measured: Measured, known_velocity: KnownVelocity) -> Fit | None:
    """Return the motion that explains the shifts best, or None where they leave a direction open.

    Args:
        measured: what was seen.
        known_velocity: of use where rows are exposed one after the other.
    """
    fair = np.flatnonzero(np.isfinite(measured.sigma_px))
    late_s, velocity_information = measured.late_s, known_velocity.information
    solves_velocity = late_s is not None and velocity_information is not None
    size = 13 if solves_velocity else 7
    if len(fair) < 2 * size:
        return None
    places, by_place = some_of(measured.places, fair), some_of(measured.by_place, fair)
    middle = places.mean(axis=0)
    unknowns = np.empty((size, len(fair)))
    unknowns[-1] = 1.0
    unknowns[:6] = rows_by_motion(places - middle, by_place).T
    to_left = left_from_middle(middle)
    information, known = np.zeros((size, size)), np.zeros(size)
    information[-1, -1] = EDGE_SHIFT_SIGMA_PX**-2
    if late_s is not None:
        late_s = late_s[fair]
        if velocity_information is not None:
            unknowns[6:12] = unknowns[:6] * late_s
            information[6:12, 6:12] = to_left.T @ velocity_information @ to_left
            known[6:12] = to_left.T @ velocity_information @ known_velocity.rest
        unknowns[:6] *= 1.0 + known_velocity.per_motion * late_s
    sharpness = 1.0 / measured.sigma_px[fair]
    scaled, target = unknowns * sharpness, measured.shift_px[fair] * sharpness
    solved = _irls(scaled, target, information, known)
    if solved is None:
        return None
    covariance, together = _covariance(scaled, solved, measured.group[fair])
    rest_px, weights = measured.shift_px.copy(), np.zeros(len(measured.shift_px))
    rest_px[fair] -= solved.change @ unknowns
    weights[fair] = solved.weights
    return Fit(
        motion=to_left @ solved.change[:6],
        velocity_change=to_left @ solved.change[6:12] if solves_velocity else np.zeros(6),
        edge_shift_px=float(solved.change[-1]),
        rest_px=rest_px,
        weights=weights,
        scale=solved.scale,
        together=together,
        covariance=to_left @ covariance[:6, :6] @ to_left.T,
    )


@dataclass(frozen=True, eq=False)
class _Solved:
    """Unknowns (U,), weights (N,), what is left of each equation (N,), its scale, the matrix (U, U) solved last."""

    change: NDArray[np.float64]
    weights: NDArray[np.float64]
    rest: NDArray[np.float64]
    scale: float
    normal: NDArray[np.float64]


def _irls(
    scaled: NDArray[np.float64],
    target: NDArray[np.float64],
    information: NDArray[np.float64],
    known: NDArray[np.float64],
) -> _Solved | None:
    """Solve scaled.T @ change = target robustly by weights told anew in each round; None where it cannot be."""
    weights, scale = np.ones(len(target)), 1.0
    for weigh in (_huber, _huber, _tukey, _tukey, None):
        weighted = scaled * weights
        normal = weighted @ scaled.T + information * scale**2
        right = weighted @ target + known * scale**2
        solvable, change = cv2.solve(normal, right[:, None], flags=cv2.DECOMP_CHOLESKY)
        if not solvable:
            return None
        unknowns = np.asarray(change, dtype=np.float64)[:, 0]
        rest = target - unknowns @ scaled
        size_of_rest = np.abs(rest)
        # Places are in no order, so the first of them stand for all.
        scale = max(1.4826 * middle_of(size_of_rest[:_FOR_SCALE]), 1e-3)
        if weigh is not None:
            weights = weigh(size_of_rest / scale)
    return _Solved(unknowns, weights, rest, scale, normal)


def _huber(size: NDArray[np.float64]) -> NDArray[np.float64]:
    return HUBER / np.maximum(size, HUBER)


def _tukey(size: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.maximum(0.0, 1.0 - np.square(size / TUKEY))
    return inside * inside


def _covariance(
    scaled: NDArray[np.float64], solved: _Solved, group: NDArray[np.intp]
) -> tuple[NDArray[np.float64], float]:
    """Return the covariance of the unknowns where borders of one group err together (Liang & Zeger 1986).

    Besides, by what factor variances are larger than those of borders that err apart.
    """
    weights, rest = solved.weights, solved.rest
    total = float(weights.sum())
    # Tukey's weights fall with the residuals, so the sum of squares bends less than they say (Huber 1981, ch. 6).
    reach = np.square(rest / (TUKEY * solved.scale))
    bends = float((np.maximum(1.0 - reach, 0.0) * (1.0 - 5.0 * reach)).sum())
    inverse = np.asarray(cv2.invert(solved.normal, flags=cv2.DECOMP_CHOLESKY)[1]) * (total / max(bends, 0.3 * total))
    pulls = scaled * (weights * rest)
    sums = np.array([np.bincount(group, weights=pull) for pull in pulls])
    many, unknowns = max(int(np.count_nonzero(sums[0])), 2), len(pulls)
    together = (sums @ sums.T) * (many / max(many - unknowns / 2.0, 1.0))
    clustered = inverse @ together @ inverse
    apart = float((weights * rest) @ rest) / max(total - unknowns, 1.0)
    # Few groups judge their own scatter badly: the mean with the covariance of independent borders steadies it.
    covariance = 0.5 * (clustered + apart * inverse)
    larger = covariance.diagonal()[:6] / (solved.scale**2 * inverse.diagonal()[:6])
    return covariance, float(larger.mean())
