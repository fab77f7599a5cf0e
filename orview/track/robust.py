"""Least squares that a few wrong equations do not spoil: weights are told anew from what each round leaves over."""

from collections.abc import Callable
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
_FOR_WEIGHTS = 500
"""So many equations tell nearly as well as all which ones are wrong: only the last two rounds take all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """What N equations say of U unknowns.

    Attributes:
        change: (U,) the unknowns.
        weights: (N,) 0 to 1: how far each equation agrees.
        rest: (N,) what is left of each.
        scale: how large that is in its own sigmas, as one sigma.
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
        unknowns: (N, U) equations in no order, of 7 unknowns or 13: a motion and a common shift, without a velocity
            and with one.
        seen_px: (N,) their right sides.
        sigma_px: (N,) the noise of these, infinite where nothing was seen.
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


def _adder(size: int) -> Callable[..., None]:
    """Return what adds weighted equations to the normal ones, of so many unknowns.

    A compiler that knows how long its loops are keeps all sums in registers: less than half the time.
    """

    @compiled
    def add(
        unknowns: NDArray[np.float64],
        seen_px: NDArray[np.float64],
        sigma_px: NDArray[np.float64],
        weights: NDArray[np.float64],
        normal: NDArray[np.float64],
        right: NDArray[np.float64],
    ) -> None:
        squares, sums = np.zeros((size, size)), np.zeros(size)
        for n in range(len(unknowns)):
            weight = weights[n] / sigma_px[n] ** 2
            if weight == 0.0:
                continue
            for i in range(size):
                weighted = weight * unknowns[n, i]
                sums[i] += weighted * seen_px[n]
                for j in range(i + 1):
                    squares[i, j] += weighted * unknowns[n, j]
        for i in range(size):
            right[i] += sums[i]
            for j in range(i + 1):
                normal[i, j] += squares[i, j]
                normal[j, i] = normal[i, j]

    return add


_add_7, _add_13 = _adder(7), _adder(13)


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
    """Solve for the unknowns by weights told anew in each round.

    Writes the last four arrays as `Solved` has them, and returns the scale; 0 where a direction is left open.
    """
    factor = np.zeros_like(normal)
    rounds = _HUBER_ROUNDS + _TUKEY_ROUNDS
    scale = 1.0
    for turn in range(rounds + 1):
        count = len(rest) if turn >= rounds - 1 else min(len(rest), _FOR_WEIGHTS)
        normal[:] = information * scale**2
        change[:] = known * scale**2
        if len(change) == 7:
            _add_7(unknowns[:count], seen_px, sigma_px, weights, normal, change)
        else:
            _add_13(unknowns[:count], seen_px, sigma_px, weights, normal, change)
        if not factorized(normal, factor):
            return 0.0
        solve_in_place(factor, change)
        if turn == rounds - 2:
            # The next round takes all.
            count = len(rest)
        _leave(unknowns[:count], seen_px, change, rest)
        scale = _scale_of(rest[:count], sigma_px)
        for n in range(count):
            size = abs(rest[n]) / (sigma_px[n] * scale)
            if sigma_px[n] == np.inf:
                weights[n] = 0.0
            elif turn < _HUBER_ROUNDS:
                weights[n] = HUBER / max(size, HUBER)
            elif turn < rounds:
                weights[n] = max(0.0, 1.0 - (size / TUKEY) ** 2) ** 2
    return scale


@compiled
def _leave(
    unknowns: NDArray[np.float64], seen_px: NDArray[np.float64], change: NDArray[np.float64], rest: NDArray[np.float64]
) -> None:
    """Write what the unknowns leave of each equation (N,)."""
    for n in range(len(unknowns)):
        rest[n] = seen_px[n]
        for u in range(len(change)):
            rest[n] -= unknowns[n, u] * change[u]


@compiled
def _scale_of(rest: NDArray[np.float64], sigma_px: NDArray[np.float64]) -> float:
    """Return one sigma of what is left, in its own sigmas: places are in no order, so the first stand for all."""
    sizes, count = np.empty(min(len(rest), _FOR_SCALE)), 0
    for n in range(len(rest)):
        if sigma_px[n] < np.inf:
            sizes[count] = abs(rest[n]) / sigma_px[n]
            count += 1
            if count == len(sizes):
                break
    return max(1.4826 * float(np.partition(sizes[:count], count // 2)[count // 2]), 1e-3) if count else 1.0
