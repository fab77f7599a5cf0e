"""The motion of a board that brings its borders to where a picture shows them, and how sure it is.

Robust Gauss-Newton on distances across borders (Harris & Stennett 1990; Drummond & Cipolla 2002, doi
10.1109/TPAMI.2002.1017620), with one shift common to all borders as a nuisance and, where rows are exposed one after
the other, the velocity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.track.cholesky import factorized, inverted, solve_in_place
from orview.track.motion import left_from_middle
from orview.track.robust import TUKEY, Solved, solve_robustly

EDGE_SHIFT_SIGMA_PX = 0.5
"""What gamma, sharpening and ink may move borders by, before a picture was seen."""


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
    velocity_information = known_velocity.information
    if measured.late_s is None:
        velocity_information = None
    size = 7 if velocity_information is None else 13
    late_s = np.zeros(len(measured.shift_px)) if measured.late_s is None else measured.late_s
    middle, unknowns = np.empty(3), np.empty((len(late_s), size))
    seen = _equations(
        measured.places, measured.by_place, measured.sigma_px, late_s, known_velocity.per_motion, middle, unknowns
    )
    if seen < 2 * size:
        return None
    to_left = left_from_middle(middle)
    information, known = np.zeros((size, size)), np.zeros(size)
    information[-1, -1] = EDGE_SHIFT_SIGMA_PX**-2
    if velocity_information is not None:
        information[6:12, 6:12] = to_left.T @ velocity_information @ to_left
        known[6:12] = to_left.T @ velocity_information @ known_velocity.rest
    solved = solve_robustly(unknowns, measured.shift_px, measured.sigma_px, information=information, known=known)
    if solved is None:
        return None
    covariance, together = _covariance(unknowns, measured.sigma_px, solved, measured.group)
    return Fit(
        motion=to_left @ solved.change[:6],
        velocity_change=np.zeros(6) if velocity_information is None else to_left @ solved.change[6:12],
        edge_shift_px=float(solved.change[-1]),
        rest_px=solved.rest,
        weights=solved.weights,
        scale=solved.scale,
        together=together,
        covariance=to_left @ covariance[:6, :6] @ to_left.T,
    )


@compiled
def _equations(
    places: NDArray[np.float64],
    by_place: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    late_s: NDArray[np.float64],
    per_motion: float,
    middle: NDArray[np.float64],
    unknowns: NDArray[np.float64],
) -> int:
    """Write how far borders move with each unknown (N, U): motion about a middle, velocity if asked, common shift.

    Writes the middle (3,) of those whose sigma is finite too, and returns how many these are.
    """
    seen, size = 0, unknowns.shape[1]
    middle[:] = 0.0
    for n in range(len(places)):
        if sigma_px[n] < np.inf:
            seen += 1
            for i in range(3):
                middle[i] += places[n, i]
    middle /= max(seen, 1)
    for n in range(len(places)):
        x, y, z = places[n, 0] - middle[0], places[n, 1] - middle[1], places[n, 2] - middle[2]
        u, v, w = by_place[n, 0], by_place[n, 1], by_place[n, 2]
        bent = 1.0 + per_motion * late_s[n]
        unknowns[n, 0], unknowns[n, 1], unknowns[n, 2] = y * w - z * v, z * u - x * w, x * v - y * u
        unknowns[n, 3], unknowns[n, 4], unknowns[n, 5] = u, v, w
        for i in range(6):
            if size > 7:
                unknowns[n, 6 + i] = unknowns[n, i] * late_s[n]
            unknowns[n, i] *= bent
        unknowns[n, size - 1] = 1.0
    return seen


def _covariance(
    unknowns: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    solved: Solved,
    group: NDArray[np.intp],
) -> tuple[NDArray[np.float64], float]:
    """Return the covariance (U, U) of the unknowns where borders of one group err together (Liang & Zeger 1986).

    Besides, by what factor variances are larger than those of borders that err apart.
    """
    covariance = np.empty_like(solved.normal)
    together = _spread(unknowns, sigma_px, solved.weights, solved.rest, solved.scale, group, solved.normal, covariance)
    return covariance, together


@compiled
def _spread(
    unknowns: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    weights: NDArray[np.float64],
    rest_px: NDArray[np.float64],
    scale: float,
    group: NDArray[np.intp],
    normal: NDArray[np.float64],
    covariance: NDArray[np.float64],
) -> float:
    """Write what `_covariance` returns first, and return what it returns second."""
    size = len(normal)
    sums, used = np.zeros((group.max() + 1, size)), np.zeros(group.max() + 1)
    total, bends, squares = _pulls(unknowns, sigma_px, weights, rest_px, scale, group, sums, used)
    factor = np.zeros_like(normal)
    factorized(normal, factor)
    bent = total / max(bends, 0.3 * total)
    many = max(int(np.count_nonzero(used)), 2)
    clustered = many / max(many - size / 2.0, 1.0) * bent * bent
    apart = squares / max(total - size, 1.0) * bent
    inverse = inverted(factor)
    covariance[:] = apart * inverse
    for row in sums:
        solve_in_place(factor, row)
        for i in range(size):
            for j in range(size):
                covariance[i, j] += clustered * row[i] * row[j]
    # Few groups judge their own scatter badly: the mean with the covariance of independent borders steadies it.
    covariance *= 0.5
    larger = 0.0
    for i in range(6):
        larger += covariance[i, i] / (scale**2 * bent * inverse[i, i]) / 6.0
    return larger


@compiled
def _pulls(
    unknowns: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    weights: NDArray[np.float64],
    rest_px: NDArray[np.float64],
    scale: float,
    group: NDArray[np.intp],
    sums: NDArray[np.float64],
    used: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Add up how each group pulls at the unknowns (G, U), and its weights (G,).

    Returns the sums of the weights, of how the weights bend, and of the weighted squares.
    """
    total, bends, squares = 0.0, 0.0, 0.0
    for n in range(len(rest_px)):
        if weights[n] == 0.0 and sigma_px[n] == np.inf:
            continue
        rest = rest_px[n] / sigma_px[n]
        # Tukey's weights fall with the residuals, so the sum of squares bends less than they say (Huber 1981, ch. 6).
        reach = (rest / (TUKEY * scale)) ** 2
        bends += max(1.0 - reach, 0.0) * (1.0 - 5.0 * reach)
        total += weights[n]
        squares += weights[n] * rest * rest
        used[group[n]] += weights[n]
        pull = weights[n] * rest / sigma_px[n]
        for u in range(unknowns.shape[1]):
            sums[group[n], u] += unknowns[n, u] * pull
    return total, bends, squares
