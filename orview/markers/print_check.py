"""Whether a print and what was built with it have the size their definition says (hazard H06).

The scale of one board cannot be seen by one camera: a print 1 % too small looks like a board 1 % farther away.
It takes a length from outside: the bars on the print, measured with a ruler, and distances between beads,
measured with a caliper or found in a CT.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError, RefusedError
from orview.markers.board import Board
from orview.markers.printed import LARGEST_SCALE_ERROR, UNMEASURED_SIGMA, Print
from orview.markers.sheet import BAR_MM

RULER_SIGMA_MM = 0.1
"""One sigma of a bar measured with a ruler by somebody who takes care."""

TYPED_TWICE_MM = 0.25
"""Two readings of the same bar that differ by more are a slip."""

PRINT_AGAIN = 0.01
"""A print this far off was scaled by the printer; better print it again than live with it."""

BEAD_READING_MM = 0.3
"""How far a bead distance may be misread, caliper or CT, for all that is promised below."""

BEAD_LIMIT = 0.005
"""A disagreement in scale between beads and definition above this is refused."""

SURE_FROM = 0.01
"""With readings within `BEAD_READING_MM`, every scale error from this on is refused."""


@dataclass(frozen=True, kw_only=True)
class BarCheck:
    """What measured bars say of a print.

    Attributes:
        printed: the scale and how well it is known.
        level_scale, upright_scale: along x and y; None where nobody measured.
        warning: a sentence where the print should be made again, else empty.
    """

    printed: Print
    level_scale: float
    upright_scale: float | None
    warning: str


@dataclass(frozen=True, kw_only=True)
class BeadDistance:
    """A measured distance, mm, between the centres of two beads; beads are numbered from 1 as on the print."""

    first: int
    second: int
    measured_mm: float


@dataclass(frozen=True, kw_only=True)
class BeadCheck:
    """What bead distances say of a board.

    Attributes:
        scale: built size over the size the definition says, its print's scale included.
        off_mm: measured less expected, for each distance.
        reach: by how much `scale` can be off by misreading alone.
    """

    scale: float
    off_mm: tuple[float, ...]
    reach: float


def agreed_mm(first_mm: float, second_mm: float) -> float:
    """Return the mean of two readings of one bar.

    Raises:
        RefusedError: they differ by more than `TYPED_TWICE_MM`.
    """
    if not abs(first_mm - second_mm) <= TYPED_TWICE_MM:
        raise RefusedError(
            f"The two readings of the same bar differ: {first_mm:g} mm and {second_mm:g} mm.",
            mend="Measure again, to a tenth of a millimetre, and type both readings.",
        )
    return (first_mm + second_mm) / 2.0


def check_bars(printed: Print, *, level_mm: float, upright_mm: float | None) -> BarCheck:
    """Return what the bars, measured in mm, say of a print; its flatness is kept.

    Raises:
        InputError: a reading is no length of a bar.
        RefusedError: the print is stretched along one side.
    """
    across = _scale(level_mm, "level")
    ruler = RULER_SIGMA_MM / BAR_MM
    if upright_mm is None:
        # Half of what the other direction may differ goes into the mean of both.
        scale, sigma, down = across, math.hypot(ruler, UNMEASURED_SIGMA / 2.0), None
    else:
        down = _scale(upright_mm, "upright")
        if abs(across - down) > 3.0 * math.sqrt(2.0) * ruler:
            raise RefusedError(
                f"The print is stretched: the level bar is {level_mm:g} mm and the upright bar {upright_mm:g} mm long, "
                "which a ruler does not explain.",
                mend="Measure again; if it stays so, print on another printer or through another driver.",
            )
        scale = (across + down) / 2.0
        sigma = math.hypot(ruler / math.sqrt(2.0), (across - down) / 2.0)
    warning = ""
    if max(abs(across - 1.0), abs((down or 1.0) - 1.0)) > PRINT_AGAIN:
        warning = (
            f"The print is {100.0 * (scale - 1.0):+.1f} % off: print it again at 100 %, without 'fit to page'. "
            "Beads and folds made by another print would not fit this one."
        )
    return BarCheck(
        printed=Print(scale=scale, scale_sigma=sigma, flatness_mm=printed.flatness_mm),
        level_scale=across,
        upright_scale=down,
        warning=warning,
    )


def check_beads(board: Board, distances: tuple[BeadDistance, ...]) -> BeadCheck:
    """Return how large a board is built, from at least two distances between beads.

    Finds every scale error from `SURE_FROM` on, of either sign, whether the print came out wrong, its bar was
    mistyped or the definition has another size, provided that the beads were placed by the print. Where they were
    placed by other means, they say nothing about the print: then only the bar does.

    Raises:
        InputError: a bead is not there, or the distances are too few or too short to tell.
        RefusedError: the distances contradict one another or the definition.
    """
    count = len(board.beads_board_mm)
    pairs = {frozenset((d.first, d.second)) for d in distances}
    if count == 0:
        raise InputError("This board has no beads to measure.")
    for distance in distances:
        if not (1 <= distance.first <= count and 1 <= distance.second <= count) or distance.first == distance.second:
            raise InputError(
                f"There is no distance between beads {distance.first} and {distance.second}: "
                f"the board has the beads 1 to {count}."
            )
    if len(pairs) < 2 or len(pairs) != len(distances):
        raise InputError("The bead check takes at least two different distances.", mend=_advice(board))
    expected = np.array([_distance_mm(board.beads_board_mm, d.first, d.second) for d in distances])
    measured = np.array([d.measured_mm for d in distances])
    if not (np.isfinite(measured).all() and (measured > 0.0).all()):
        raise InputError("A bead distance is a length in mm.")
    reach = float(BEAD_READING_MM * expected.sum() / (expected**2).sum())
    if reach > SURE_FROM - BEAD_LIMIT - 0.001:
        raise InputError("These beads are too close to one another to tell the size of the board.", mend=_advice(board))
    scale = float(expected @ measured / (expected @ expected))
    left = np.abs(measured - scale * expected)
    if left.max() > 2.0 * BEAD_READING_MM:
        raise RefusedError(
            f"The bead distances contradict one another by {left.max():.1f} mm: one is misread, or a bead is not where "
            "the definition has it.",
            mend="Measure again from middle to middle of the beads, and check their numbers on the bead plan.",
        )
    if abs(scale - 1.0) > BEAD_LIMIT:
        raise RefusedError(
            f"The beads say the board is {100.0 * (scale - 1.0):+.1f} % off the size of its definition: every distance "
            "to it would be wrong by as much.",
            mend="Measure the bars on its print, and print and build it again at 100 % if they are off.",
        )
    return BeadCheck(scale=scale, off_mm=tuple((measured - expected).tolist()), reach=reach)


def _scale(bar_mm: float, which: str) -> float:
    if not abs(bar_mm / BAR_MM - 1.0) <= LARGEST_SCALE_ERROR:
        raise InputError(
            f"{bar_mm:g} mm is not the length of the {which} bar, which should be {BAR_MM:.0f} mm long.",
            mend="Measure from outer edge to outer edge, in millimetres.",
        )
    return bar_mm / BAR_MM


def _distance_mm(beads_mm: NDArray[np.float64], first: int, second: int) -> float:
    return float(np.linalg.norm(beads_mm[first - 1] - beads_mm[second - 1]))


def _advice(board: Board) -> str:
    beads = board.beads_board_mm
    pairs = [(_distance_mm(beads, i, j), i, j) for j in range(2, len(beads) + 1) for i in range(1, j)]
    longest = sorted(pairs, reverse=True)[:2]
    named = " and ".join(f"{i}-{j} ({length:.1f} mm)" for length, i, j in longest)
    return f"Good ones are {named}."
