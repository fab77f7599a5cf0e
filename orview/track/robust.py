"""Least squares that a few wrong equations do not spoil: weights are told anew from what each round leaves over."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.track.cholesky import factorized, solve_in_place

HUBER = 1.345
TUKEY = 4.685
"""Both are 95 % as good as least squares where errors are Gaussian (Holland & Welsch 1977)."""

_HUBER_ROUNDS, _TUKEY_ROUNDS = 2, 2
_FOR_SCALE = 250


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """What N equations say of U unknowns.

    Attributes:
        change: (U,) the unknowns.
        weights: (N,) 0 to 1: how far each equation agrees.
        rest: (N,) what is left of each, in its own sigmas.
        scale: how large that is, as one sigma.
        normal: (U, U) the matrix solved last.
    """

    change: NDArray[np.float64]
    weights: NDArray[np.float64]
    rest: NDArray[np.float64]
    scale: float
    normal: NDArray[np.float64]


def solve_robustly(
    unknowns: NDArray[np.float64],
    seen_px: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    *,
    information: NDArray[np.float64],
    known: NDArray[np.float64],
) -> Solved | None:
    """Solve unknowns @ change = seen; None where that leaves a direction open.

    Args:
        unknowns: (N, U) equations in no order.
        seen_px: (N,) their right sides.
        sigma_px: (N,) the noise of these.
        information: (U, U) what is known of the unknowns beforehand: its inverse covariance.
        known: (U,) that times what the unknowns are expected to be.
    """
    size, count = len(known), len(seen_px)
    change, normal = np.empty(size), np.empty((size, size))
    weights, rest = np.ones(count), np.empty(count)
    scale = _solve(unknowns, seen_px, sigma_px, information, known, change, weights, rest, normal)
    if scale <= 0.0:
        return None
    return Solved(change=change, weights=weights, rest=rest, scale=scale, normal=normal)


@compiled
def _solve(
    unknowns: NDArray[np.float64],
    seen_px: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    information: NDArray[np.float64],
    known: NDArray[np.float64],
    change: NDArray[np.float64],
    weights: NDArray[np.float64],
    rest: NDArray[np.float64],
    normal: NDArray[np.float64],
) -> float:
    """Solve unknowns @ change = seen robustly by weights told anew in each of five rounds.

    Writes the last four arrays: the unknowns (U,), the weights (N,), what is left of each equation (N,) in sigmas, and
    the matrix (U, U) solved last. Returns the scale of what is left; nothing positive where it cannot be solved.
    """
    factor = np.zeros_like(normal)
    scale = 1.0
    for turn in range(_HUBER_ROUNDS + _TUKEY_ROUNDS + 1):
        normal[:] = information * scale**2
        change[:] = known * scale**2
        _add_equations(unknowns, seen_px, sigma_px, weights, normal, change)
        if not factorized(normal, factor):
            return 0.0
        solve_in_place(factor, change)
        for n in range(len(rest)):
            explained = 0.0
            for u in range(len(change)):
                explained += unknowns[n, u] * change[u]
            rest[n] = (seen_px[n] - explained) / sigma_px[n]
        # Places are in no order, so the first of them stand for all.
        some = np.sort(np.abs(rest[:_FOR_SCALE]))
        scale = max(1.4826 * some[len(some) // 2], 1e-3)
        for n in range(len(rest)):
            size = abs(rest[n]) / scale
            if turn < _HUBER_ROUNDS:
                weights[n] = HUBER / max(size, HUBER)
            elif turn < _HUBER_ROUNDS + _TUKEY_ROUNDS:
                weights[n] = max(0.0, 1.0 - (size / TUKEY) ** 2) ** 2
    return scale


@compiled
def _add_equations(
    unknowns: NDArray[np.float64],
    seen_px: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    weights: NDArray[np.float64],
    normal: NDArray[np.float64],
    right: NDArray[np.float64],
) -> None:
    """Add weighted equations to the normal ones, (U, U) and (U,)."""
    size = len(right)
    for n in range(len(seen_px)):
        weight = weights[n] / sigma_px[n] ** 2
        if weight == 0.0:
            continue
        for i in range(size):
            weighted = weight * unknowns[n, i]
            right[i] += weighted * seen_px[n]
            for j in range(i + 1):
                normal[i, j] += weighted * unknowns[n, j]
    for i in range(size):
        for j in range(i):
            normal[j, i] = normal[i, j]
