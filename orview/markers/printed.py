"""How true a print is: the scale it came out with, how well that is known, how flat it lies."""

from dataclasses import dataclass

from orview.errors import InputError

UNMEASURED_SIGMA = 0.003
"""Relative; of a print whose bar nobody measured. Printers are a few tenths of a per cent off in either direction."""

FLATNESS_MM = 0.15
"""One sigma of the bow of a sheet glued to a plate with care."""

LARGEST_SCALE_ERROR = 0.25
"""A print that is off by more is no print of this board."""


@dataclass(frozen=True, kw_only=True)
class Print:
    """What is known of a print. A board's coordinates are those of its definition times `scale`.

    Attributes:
        scale: measured length over the length it should have.
        scale_sigma: one sigma of `scale`, relative.
        flatness_mm: one sigma of the out-of-plane bow at the middle of the largest face.

    Raises:
        InputError: a value is out of its range.
    """

    scale: float = 1.0
    scale_sigma: float = UNMEASURED_SIGMA
    flatness_mm: float = FLATNESS_MM

    def __post_init__(self) -> None:
        if not abs(self.scale - 1.0) <= LARGEST_SCALE_ERROR:
            raise InputError(f"A print with a scale (scale) of {self.scale:g} is no print of this board.")
        if not 0.0 <= self.scale_sigma <= 0.1:
            raise InputError("The uncertainty of the scale (scale_sigma) is between 0 and 0.1.")
        if not 0.0 <= self.flatness_mm <= 20.0:
            raise InputError("The bow of the print (flatness_mm) is between 0 and 20 mm.")
