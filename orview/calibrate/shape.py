"""How a printed board may differ from its definition: bent out of its plane, and stretched within it.

Both are polynomials over the board: out of the plane of the orders 2 to 4 (cylinder, saddle and twist first), within
the plane of the orders 1 to 3 (the printer's two directions, the creep of paper, the shortening of a bent sheet).
What a pose of the board or its size would explain as well is taken out: a plane, a shift, a turn, a scale. The scale
cannot be seen by one camera: only a ruler tells it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

BEND_SIGMAS_MM = {2: 1.5, 3: 0.3, 4: 0.2}
"""How far out of the plane a board is expected to be by terms of each order, before it is seen: one sigma, mm."""

STRETCH_SIGMAS_MM = {1: 0.1, 2: 0.03, 3: 0.03}
"""How far off within the plane a print is expected to be, likewise; 0.1 mm over half a sheet is one per mille."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BoardShape:
    """The ways in which the corners of one board may be displaced.

    Attributes:
        points_mm: (N, 3) all corners of the board as defined, mm, board frame.
    """

    points_mm: NDArray[np.float64]

    @property
    def size(self) -> int:
        """How many coefficients a shape has."""
        return len(self.sigmas_mm)

    @property
    def bends(self) -> int:
        """How many of them bend the board out of its plane; they come first."""
        return len(self._bend.sigmas_mm)

    @cached_property
    def sigmas_mm(self) -> NDArray[np.float64]:
        """(size,) how large each coefficient is expected to be; 1 mm displaces the farthest corner by 1 mm."""
        return np.concatenate([self._bend.sigmas_mm, self._stretch.sigmas_mm])

    def basis(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the displacement (N, 3, size) of points (N, 3) of the board by each coefficient."""
        powers = self._powers(points_mm)
        basis = np.zeros((len(points_mm), 3, self.size))
        basis[:, 2, : self.bends] = powers @ self._bend.columns
        half = powers.shape[1]
        basis[:, 0, self.bends :] = powers @ self._stretch.columns[:half]
        basis[:, 1, self.bends :] = powers @ self._stretch.columns[half:]
        return basis

    def bow_mm(self, coefficients: NDArray[np.float64]) -> float:
        """Return how far from a plane the board is, from its lowest to its highest corner."""
        heights = self.basis(self.points_mm)[:, 2] @ coefficients
        return float(np.ptp(heights))

    @cached_property
    def _frame(self) -> tuple[NDArray[np.float64], float]:
        low, high = self.points_mm[:, :2].min(axis=0), self.points_mm[:, :2].max(axis=0)
        return 0.5 * (low + high), 0.5 * float((high - low).max())

    def _powers(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the monomials (N, 15) of points, up to order 4."""
        middle, half = self._frame
        x, y = ((points_mm[:, :2] - middle) / half).T
        return np.stack([x**i * y**j for i, j in _EXPONENTS], axis=1)

    @cached_property
    def _bend(self) -> "_Terms":
        powers = self._powers(self.points_mm)
        gauge = np.eye(len(_EXPONENTS))[:, :3]
        return _terms(powers, gauge, np.eye(len(_EXPONENTS)), _ORDERS, BEND_SIGMAS_MM)

    @cached_property
    def _stretch(self) -> "_Terms":
        count = len(_EXPONENTS)
        powers = self._powers(self.points_mm)
        both = np.zeros((2 * len(powers), 2 * count))
        both[0::2, :count] = powers
        both[1::2, count:] = powers
        one, x, y = 0, _EXPONENTS.index((1, 0)), _EXPONENTS.index((0, 1))
        gauge = np.zeros((2 * count, 4))
        gauge[one, 0] = gauge[count + one, 1] = 1.0
        gauge[y, 2], gauge[count + x, 2] = -1.0, 1.0
        gauge[x, 3] = gauge[count + y, 3] = 1.0
        return _terms(both, gauge, np.eye(2 * count), np.tile(_ORDERS, 2), STRETCH_SIGMAS_MM)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Terms:
    columns: NDArray[np.float64]
    sigmas_mm: NDArray[np.float64]


_EXPONENTS = tuple((order - j, j) for order in range(5) for j in range(order + 1))
_ORDERS = np.array([i + j for i, j in _EXPONENTS])


def _terms(
    values: NDArray[np.float64],
    gauge: NDArray[np.float64],
    candidates: NDArray[np.float64],
    orders: NDArray[np.intp],
    sigmas_mm: dict[int, float],
) -> _Terms:
    """Return combinations of `candidates` that are orthogonal over the board to the gauge and to one another.

    Lower orders come first, so that a term of a higher order is what the lower ones cannot say. A board with few
    corners cannot carry all of them; those that vanish on its corners are left out.
    """
    taken = list(gauge.T)
    columns, sigmas = [], []
    for order, sigma_mm in sigmas_mm.items():
        for candidate in candidates.T[orders == order]:
            column = candidate
            for other in taken:
                seen = values @ other
                column = column - other * (float(seen @ (values @ column)) / float(seen @ seen))
            largest = float(np.abs(values @ column).max())
            if largest < 1e-3 * float(np.abs(values @ candidate).max()):
                continue
            column = column / largest
            taken.append(column)
            columns.append(column)
            sigmas.append(sigma_mm)
    return _Terms(columns=np.stack(columns, axis=1), sigmas_mm=np.array(sigmas))
