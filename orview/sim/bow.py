"""A board that is not quite flat: bent like a roof tile or like a saddle, about its plane of best fit."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class BowShape(StrEnum):
    """How a plate is bent."""

    CYLINDER = "cylinder"
    SADDLE = "saddle"


@dataclass(frozen=True, kw_only=True)
class Bow:
    """How far a face stands out of its plane, along the face's z.

    Attributes:
        shape: a cylinder is bent across x alone; a saddle across x one way and across y the other.
        middle_mm: how far the middle stands from the ends of the bent side; positive is away from the viewer.
        low_mm, high_mm: corners (x, y) of the bent plate in the face.
    """

    shape: BowShape
    middle_mm: float
    low_mm: tuple[float, float]
    high_mm: tuple[float, float]

    def height_mm(self, x_mm: NDArray[np.floating], y_mm: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return z at places of the face, mm; its mean over the plate is zero.

        A plate's mean plane is where a board is said to be, so a bow bends it and does not shift it.
        """
        across = _square_of_share(x_mm, self.low_mm[0], self.high_mm[0])
        if self.shape is BowShape.CYLINDER:
            return self.middle_mm * (1.0 / 3.0 - across)
        return self.middle_mm * (_square_of_share(y_mm, self.low_mm[1], self.high_mm[1]) - across)

    def seen_from(self, x_mm: float, y_mm: float) -> "Bow":
        """Return the same for a face whose origin stands at (x, y) of this one, its axes alike."""
        return replace(
            self,
            low_mm=(self.low_mm[0] - x_mm, self.low_mm[1] - y_mm),
            high_mm=(self.high_mm[0] - x_mm, self.high_mm[1] - y_mm),
        )


def _square_of_share(at: NDArray[np.floating], low: float, high: float) -> NDArray[np.floating]:
    """Return 0 in the middle and 1 at both ends, as the square of the distance between them."""
    return ((at - 0.5 * (low + high)) * (2.0 / (high - low))) ** 2
