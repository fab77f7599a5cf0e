"""Where a person is asked to hold the board: the few places and leans that one sentence can tell.

All words are about the picture as the person sees it: its left is the picture's left.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import rotation_from_vector
from orview.units import rad_from_deg

LEAN_DEG = 35.0
"""How far a leaning board is tilted; 25 to 50 tell the focal length best."""

ASIDE = 0.28
"""How far the middle of a board held aside is from the picture's, in picture widths and heights."""


class Lean(StrEnum):
    """Which side of the board is nearer to the camera."""

    FLAT = "flat"
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


class Reach(StrEnum):
    """How much of the picture the board fills."""

    NEAR = "near"
    FAR = "far"


FILLED = {Reach.NEAR: 1.0, Reach.FAR: 0.5}
"""Share of the picture's width or height, whichever it meets first, that a board seen from the front fills."""

_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "middle", "right")
_AXES = {
    Lean.FLAT: (0.0, 0.0, 0.0),
    Lean.LEFT: (0.0, -1.0, 0.0),
    Lean.RIGHT: (0.0, 1.0, 0.0),
    Lean.TOP: (1.0, 0.0, 0.0),
    Lean.BOTTOM: (-1.0, 0.0, 0.0),
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One way to hold the board.

    Attributes:
        column, row: -1 left or top, 0 in the middle, 1 right or bottom of the picture.
        reach: how near.
        lean: which side is nearer.
        turned: by a quarter, against the way the board is defined.
    """

    column: int
    row: int
    reach: Reach
    lean: Lean
    turned: bool

    @property
    def sentence(self) -> str:
        """The wish in words."""
        row, column = _ROWS[self.row + 1], _COLUMNS[self.column + 1]
        place = row if row == column else f"{row} {column}" if self.row else column
        reach = "fills the picture" if self.reach is Reach.NEAR else "fills half of it"
        lean = "facing the camera" if self.lean is Lean.FLAT else f"its {self.lean} side nearer to the camera"
        turn = ", lying on its side" if self.turned else ", upright"
        return f"Hold the board in the {place} of the picture so that it {reach}, {lean}{turn}."

    def pose(
        self, lens: NDArray[np.float64], size_mm: tuple[float, float], *, width_px: int, height_px: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the board's rotation (3, 3) and the place of its middle (3,), mm, in the camera frame.

        Args:
            lens: (9,) the lens, as far as it is known.
            size_mm: width and height of the board.
            width_px: width of the picture.
            height_px: height of the picture.
        """
        across, down = size_mm[::-1] if self.turned else size_mm
        depth = max(lens[0] * across / width_px, lens[1] * down / height_px) / FILLED[self.reach]
        middle = depth * np.array(
            [self.column * ASIDE * width_px / lens[0], self.row * ASIDE * height_px / lens[1], 1.0]
        )
        lean = rotation_from_vector(rad_from_deg(LEAN_DEG) * np.array(_AXES[self.lean]))
        turn = rotation_from_vector((0.0, 0.0, 0.5 * math.pi if self.turned else 0.0))
        return lean @ turn, middle


ALL_WISHES = tuple(
    Wish(column=column, row=row, reach=reach, lean=lean, turned=turned)
    for reach in Reach
    for turned in (False, True)
    for lean in Lean
    for row in (-1, 0, 1)
    for column in (-1, 0, 1)
)
