"""Small positive definite systems inside compiled loops: numpy's own solver takes longer to call than to solve."""

import math

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled


@compiled
def factorized(matrix: NDArray[np.float64], factor: NDArray[np.float64]) -> bool:
    """Write the lower triangle (U, U) whose square is a matrix (U, U); False where that is not positive definite."""
    for i in range(len(matrix)):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= factor[i, k] * factor[j, k]
            if i > j:
                factor[i, j] = rest / factor[j, j]
            elif rest > 0.0:
                factor[i, i] = math.sqrt(rest)
            else:
                return False
    return True


@compiled
def solve_in_place(factor: NDArray[np.float64], right: NDArray[np.float64]) -> None:
    """Turn the right side (U,) of a system, whose matrix has this lower triangle, into its solution."""
    for i in range(len(right)):
        for k in range(i):
            right[i] -= factor[i, k] * right[k]
        right[i] /= factor[i, i]
    for i in range(len(right) - 1, -1, -1):
        for k in range(i + 1, len(right)):
            right[i] -= factor[k, i] * right[k]
        right[i] /= factor[i, i]


@compiled
def inverted(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse (U, U) of the matrix that has this lower triangle."""
    inverse = np.eye(len(factor))
    for row in inverse:
        # The inverse is symmetric: its columns may be solved for as rows.
        solve_in_place(factor, row)
    return inverse
