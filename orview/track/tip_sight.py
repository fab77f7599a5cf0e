"""What is said of a pointer's tip: where it is on its pointer, where a picture shows it, what it does, its rests."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Tip:
    """Where a pointer's tip is.

    Attributes:
        position_pointer_mm: (3,) in the frame of the pointer's board.
        covariance_mm2: (3, 3) of it.
    """

    position_pointer_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class TipSight:
    """Where one picture shows the tip, in the frame of the board on the patient.

    Attributes:
        taken_ns: when the picture was taken.
        position_board_mm: (3,).
        noise_mm2: (3, 3) the part of its error that is new in every picture.
        shared_mm2: (3, 3) the part that stays while boards and camera rest: lens, prints and tip.
    """

    taken_ns: int
    position_board_mm: NDArray[np.float64]
    noise_mm2: NDArray[np.float64]
    shared_mm2: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rest:
    """A place where the tip rested.

    Attributes:
        taken_ns: of its last picture.
        position_board_mm: (3,) mean, in the frame of the board on the patient.
        covariance_mm2: (3, 3) of that mean, as far as boards, lens and tip make it.
        pictures: how many agree on it.
        scatter_mm: of the tip in single pictures, root mean square.
        shared_mm2: (3, 3) the part of the covariance that other rests of this pointer share: prints, lens and tip. It
            is for who gathers rests; one alone is told by the whole.
    """

    taken_ns: int
    position_board_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]
    pictures: int
    scatter_mm: float
    shared_mm2: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 3)))


class TipState(StrEnum):
    """What a pointer's tip does."""

    UNSEEN = "unseen"
    """The pointer or the board on the patient is out of sight."""
    LIFT = "lift"
    """It stays where it was seen first: what lies there is no touch."""
    MOVING = "moving"
    STILL = "still"
    TAKEN = "taken"
    """It rested, and was not lifted since."""
