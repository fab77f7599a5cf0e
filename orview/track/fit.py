"""The motion of a board that brings its borders to where a picture shows them, and how sure it is.

Robust Gauss-Newton on distances across borders (Harris & Stennett 1990; Drummond & Cipolla 2002, doi
10.1109/TPAMI.2002.1017620), with one shift common to all borders as a nuisance and, where rows are exposed one after
the other, the velocity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.track.middle import middle_of
from orview.track.motion import left_from_middle, rows_by_motion

EDGE_SHIFT_SIGMA_PX = 0.5
"""What gamma, sharpening and ink may move borders by, before a picture was seen."""

HUBER = 1.345
TUKEY = 4.685
"""Both are 95 % as good as least squares where errors are Gaussian (Holland & Welsch 1977)."""

_HUBER_ROUNDS = 2
_TUKEY_ROUNDS = 2


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
    sharpness = 1.0 / measured.sigma_px
    fair = np.flatnonzero(sharpness > 0.0)
    if not fair.size:
        return None
    middle = measured.places.mean(axis=0)
    arms = measured.places - middle
    late_s, velocity_information = measured.late_s, known_velocity.information
    solves_velocity = late_s is not None and velocity_information is not None
    size = 12 if solves_velocity else 6
    jacobian = np.empty((len(arms), size + 1))
    jacobian[:, :6] = rows_by_motion(arms, measured.by_place)
    if late_s is not None:
        if solves_velocity:
            jacobian[:, 6:12] = jacobian[:, :6] * late_s[:, None]
        jacobian[:, :6] *= (1.0 + known_velocity.per_motion * late_s)[:, None]
    jacobian[:, size] = 1.0
    to_left = left_from_middle(middle)
    information = np.zeros((size + 1, size + 1))
    known = np.zeros(size + 1)
    information[size, size] = EDGE_SHIFT_SIGMA_PX**-2
    if solves_velocity and velocity_information is not None:
        information[6:12, 6:12] = to_left.T @ velocity_information @ to_left
        known[6:12] = to_left.T @ velocity_information @ known_velocity.rest
    if len(fair) < 2 * size:
        return None
    scaled = jacobian * sharpness[:, None]
    target = measured.shift_px * sharpness
    weights = np.ones(len(target))
    scale = 1.0
    for k in range(1 + _HUBER_ROUNDS + _TUKEY_ROUNDS):
        weighted = scaled * weights[:, None]
        normal = weighted.T @ scaled + information * scale**2
        try:
            change = np.linalg.solve(normal, weighted.T @ target + known * scale**2)
        except np.linalg.LinAlgError:
            return None
        rest = target - scaled @ change
        size_of_rest = np.abs(rest)
        scale = max(1.4826 * middle_of(size_of_rest[fair]), 1e-3)
        if k < _HUBER_ROUNDS:
            weights = np.minimum(1.0, HUBER * scale / np.maximum(size_of_rest, 1e-12))
        elif k < _HUBER_ROUNDS + _TUKEY_ROUNDS:
            weights = np.square(np.maximum(0.0, 1.0 - np.square(size_of_rest / (TUKEY * scale))))
    covariance, together = _covariance(scaled, weights, rest, normal, measured.group, scale)
    return Fit(
        motion=to_left @ change[:6],
        velocity_change=to_left @ change[6:12] if solves_velocity else np.zeros(6),
        edge_shift_px=float(change[size]),
        rest_px=measured.shift_px - jacobian @ change,
        weights=np.where(sharpness > 0.0, weights, 0.0),
        scale=scale,
        together=together,
        covariance=to_left @ covariance[:6, :6] @ to_left.T,
    )


def _covariance(
    scaled: NDArray[np.float64],
    weights: NDArray[np.float64],
    rest: NDArray[np.float64],
    normal: NDArray[np.float64],
    group: NDArray[np.intp],
    scale: float,
) -> tuple[NDArray[np.float64], float]:
    """Return the covariance of the solution where borders of one group err together (Liang & Zeger 1986).

    Besides, by what factor its variances are larger than those of borders that err apart.
    """
    # Tukey's weights fall with the residuals, so the sum of squares bends less than they say (Huber 1981, ch. 6).
    reach = np.square(rest / (TUKEY * scale))
    bends = np.where(reach < 1.0, (1.0 - reach) * (1.0 - 5.0 * reach), 0.0)
    inverse = np.linalg.inv(normal) * (weights.sum() / max(float(bends.sum()), 0.3 * float(weights.sum())))
    pulls = scaled * (weights * rest)[:, None]
    count = int(group.max()) + 1
    sums = np.zeros((count, pulls.shape[1]))
    for column in range(pulls.shape[1]):
        sums[:, column] = np.bincount(group, weights=pulls[:, column], minlength=count)
    many = max(int(np.count_nonzero(sums[:, 0])), 2)
    together = (sums.T @ sums) * (many / max(many - pulls.shape[1] / 2.0, 1.0))
    clustered = inverse @ together @ inverse
    apart = float((weights * rest * rest).sum() / max(float(weights.sum()) - pulls.shape[1], 1.0))
    # Few groups judge their own scatter badly: the mean with the covariance of independent borders steadies it.
    covariance = 0.5 * (clustered + apart * inverse)
    larger = np.diag(covariance)[:6] / (scale**2 * np.diag(inverse)[:6])
    return covariance, float(larger.mean())
