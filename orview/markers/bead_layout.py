"""Whether the beads of a board can be told apart by their distances alone (hazard H08).

A CT shows beads without names, some missing, some false. Which is which must follow from their mutual
distances, so a layout in which four beads look like four others (a symmetry, a repeated part) is refused.
Distances do not change when the board is turned over or mirrored, so those are covered as well.
"""

from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError

MATCHED_BEADS = 4
"""So few matched beads must already be unmistakable."""

SMALLEST_MARGIN_MM = 2.0
"""By how much at least one distance must differ in every wrong assignment. A bead is found within some 0.3 mm."""

MOST_BEADS = 12
"""The check tries every assignment; more beads make registration no better."""


def layout_margin_mm(beads_mm: NDArray[np.float64], *, count: int = MATCHED_BEADS) -> float:
    """Return how far, in mm, the best wrong assignment of any `count` beads (N, 3) is from fitting.

    For every choice of `count` beads and every other way to name them, the largest difference between
    corresponding distances is taken; the smallest of these is the margin. Zero means a symmetry.
    """
    distances = np.linalg.norm(beads_mm[:, None] - beads_mm[None], axis=-1)
    first, second = np.triu_indices(count, 1)
    named = np.array(list(permutations(range(len(beads_mm)), count)))
    named_distances = distances[named[:, first], named[:, second]]
    margin = np.inf
    for choice in combinations(range(len(beads_mm)), count):
        true = np.array(choice)
        difference = np.abs(named_distances - distances[true[first], true[second]]).max(axis=1)
        difference[(named == true).all(axis=1)] = np.inf
        margin = min(margin, float(difference.min()))
    return margin


def mirror_margin_mm(beads_mm: NDArray[np.float64]) -> float:
    """Return by how much, root mean square, a mirrored copy of beads (N, 3) fails to fit them, each to itself.

    A CT that was mirrored on its way has all distances right; only this tells. The best rigid fit of a mirror
    image leaves twice the spread across the plane that fits the beads best (from Kabsch 1976, determinant -1).
    """
    centred = beads_mm - beads_mm.mean(axis=0)
    return 2.0 * float(np.sqrt(max(np.linalg.eigvalsh(centred.T @ centred / len(beads_mm))[0], 0.0)))


def check_bead_layout(beads_mm: NDArray[np.float64]) -> None:
    """Refuse beads (N, 3), mm, that could be mistaken for one another.

    Raises:
        InputError: too few or too many beads, or a margin below `SMALLEST_MARGIN_MM`, mirrored ones included.
    """
    if not MATCHED_BEADS <= len(beads_mm) <= MOST_BEADS:
        raise InputError(
            f"A board has {MATCHED_BEADS} to {MOST_BEADS} beads or none, not {len(beads_mm)}.",
            mend="6 to 8 well spread beads are best.",
        )
    margin_mm = layout_margin_mm(beads_mm)
    if margin_mm < SMALLEST_MARGIN_MM:
        raise InputError(
            f"The bead layout (positions_mm) is ambiguous: some beads can be mistaken for others within "
            f"{margin_mm:.1f} mm.",
            mend=f"Move beads until no symmetry is left (margin {SMALLEST_MARGIN_MM:.0f} mm).",
        )
    mirrored_mm = mirror_margin_mm(beads_mm)
    if mirrored_mm < SMALLEST_MARGIN_MM:
        raise InputError(
            f"The beads lie so nearly in one plane that they fit their own mirror image within {mirrored_mm:.1f} mm: "
            "a mirrored CT would not be noticed.",
            mend="Raise some beads above the others (positions_mm).",
        )
