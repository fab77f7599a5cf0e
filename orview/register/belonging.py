"""Whether points of a file lie in the patient they are said to be of: frame, side and unit against the case's surfaces.

A file in RAS that says LPS turns the patient by half a turn, which every fit of points accepts without a trace. The
surfaces of the case know better: landmarks lie on bone or skin, beads beside it, and nowhere near either when turned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from orview.mesh.nearest import Nearest
from orview.mesh.surface import Surface

ELSEWHERE_MM = 400.0
"""Points whose middle distance from all structures is more belong to another scan."""

ON_BONE_MM, BESIDE_SKIN_MM = 12.0, 100.0
"""How near landmarks, and beads of a board on the skin, come to the structures of a case in the middle."""

PLAUSIBLE_MM = (20.0, 700.0)
"""Points of a patient spread over no less and no more."""


@dataclass(frozen=True, kw_only=True)
class Misread:
    """What is wrong with how points were read, and what to do."""

    reason: str
    advice: str


# The usual mistake first: of two that explain the points, it is the likelier.
_TURNS: Sequence[tuple[NDArray[np.float64], str, str]] = (
    (
        np.diag([-1.0, -1.0, 1.0]),
        "when the file is read in the other of LPS and RAS",
        "The file says LPS and holds RAS, or the other way round: export it again, or mend the frame it says.",
    ),
    (
        np.diag([-1.0, 1.0, 1.0]),
        "when left and right are exchanged",
        "Check which side is left in the file and in the CT.",
    ),
    (
        np.diag([1.0, 1.0, -1.0]),
        "when head and feet are exchanged",
        "Check the axes of the file: z runs to the head.",
    ),
    (
        np.diag([1.0, -1.0, 1.0]),
        "when front and back are exchanged",
        "Check the axes of the file: in LPS y runs to the back, in RAS to the front.",
    ),
)
_OTHER_TURNS: Sequence[tuple[NDArray[np.float64], str, str]] = tuple(
    (
        np.eye(3)[list(order)] * signs,
        "when its axes are exchanged",
        "Check the axes of the file: x runs to the left, y to the back, z to the head (LPS).",
    )
    for order in permutations(range(3))
    for signs in product((1.0, -1.0), repeat=3)
    if order != (0, 1, 2) or signs.count(-1.0) > 1
)
_OTHER_UNIT = "The file is in another unit than mm: write it in millimetres."


def misread(
    points_patient_mm: NDArray[np.float64], surfaces: Mapping[str, Surface], *, near_mm: float
) -> Misread | None:
    """Return how points (N, 3) seem to have been misread, None where nothing says so.

    Args:
        points_patient_mm: landmarks or beads, as the file was read.
        surfaces: of the case's structures, by key; at least one.
        near_mm: how near such points come to the structures (`ON_BONE_MM`, `BESIDE_SKIN_MM`).
    """
    across_mm = float(np.ptp(points_patient_mm, axis=0).max())
    if len(points_patient_mm) > 1 and not PLAUSIBLE_MM[0] <= across_mm <= PLAUSIBLE_MM[1]:
        return Misread(reason=f"The points spread over {across_mm:.4g} mm; no patient does.", advice=_OTHER_UNIT)
    grounds = [Nearest(surface) for surface in surfaces.values()]

    def away_mm(turn: NDArray[np.float64]) -> float:
        turned = points_patient_mm @ turn.T
        return float(np.median(np.min([ground.distances_mm(turned) for ground in grounds], axis=0)))

    told_mm = away_mm(np.eye(3))
    if told_mm <= near_mm:
        return None
    for turn, words, mend in (*_TURNS, *_OTHER_TURNS):
        if away_mm(turn) <= min(near_mm, 0.5 * told_mm):
            return Misread(
                reason=f"The points lie on the patient only {words}; as the file is, {told_mm:.0f} mm off.", advice=mend
            )
    if told_mm > ELSEWHERE_MM:
        return Misread(
            reason=f"The points lie {told_mm:.0f} mm away from every structure of the case.",
            advice="Check that they were placed in the CT the case was made of, in millimetres.",
        )
    return None
