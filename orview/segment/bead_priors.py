"""What is known of a ball in a CT before it is fitted: where the fit starts, and how far it may go from there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.segment.bead_model import (
    BLUR,
    BRIGHT,
    CAP,
    CAP_HU,
    FAR,
    LEAN,
    NEAR,
    PARAMETERS,
    PLACE,
    POST_HU,
    POST_LEAN,
    POST_SIZE,
    POST_TURN,
    SIZE,
    THICK,
    TURN,
    Voxels,
)

USUAL_BLUR_MM, BLUR_SPREAD = 0.5, 0.3
"""Sigma of the blur in the slice of usual kernels, and the spread of its logarithm."""

USUAL_RADIUS_MM, RADIUS_SPREAD = 1.8, 0.6
KNOWN_RADIUS_SPREAD = 0.03
THICKNESS_OF_INCREMENT, THICKNESS_SPREAD = 1.2, 0.3
"""Slices may overlap: how much thicker than their distance they are."""

TOLD_SPREAD = 0.05
"""Of blur and thickness where other balls of the scan told them, by their logarithm."""

ALIKE_RADIUS_SPREAD, ALIKE_BRIGHT_SPREAD = 0.1, 0.3
"""The same of size and brightness: beads of one scan are of one size and material, and each tells its own."""

USUAL_POST_MM = 1.7
SURFACE_HU = 0.0

BRIGHT_HU, BRIGHT_SPREAD = 5000.0, 1.0
"""Beads over what is around them: ceramic 3000 to tantalum 25000."""


@dataclass(frozen=True, kw_only=True)
class Alike:
    """What the balls of one scan share.

    Attributes:
        blur_mm: sigma in the slice.
        thickness_mm: of the slices.
        radius_mm: of the balls.
        bright_hu: the balls over what is around them.
    """

    blur_mm: float
    thickness_mm: float
    radius_mm: float
    bright_hu: float


def priors_of(
    voxels: Voxels,
    spacing_mm: NDArray[np.float64],
    start_mm: NDArray[np.float64],
    *,
    radius_mm: float | None,
    guess_mm: float,
    alike: Alike | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return where the fit starts, and what is known before it: middles and spreads, (`PARAMETERS`,) each.

    Args:
        voxels: near the ball.
        spacing_mm: (3,) of the voxels.
        start_mm: (3,) of the centre.
        radius_mm: of the ball where it is known.
        guess_mm: radius to start from where it is not.
        alike: what other balls of the scan told.
    """
    low_hu, middle_hu, top_hu = (float(value) for value in np.quantile(voxels.hu, [0.05, 0.5, 1.0]))
    # Towards where it is dark.
    pull = ((voxels.hu < 0.5 * (low_hu + middle_hu))[:, None] * (voxels.places_mm - start_mm)).sum(axis=0)
    pull = pull / max(float(np.linalg.norm(pull)), 1e-9)
    lean, turn = float(np.arcsin(np.clip(pull[2], -0.99, 0.99))), float(np.arctan2(pull[1], pull[0]))
    known = {
        # start, middle, spread
        SIZE: (np.log(guess_mm), np.log(USUAL_RADIUS_MM), RADIUS_SPREAD),
        BRIGHT: (np.log(1.2 * max(top_hu - middle_hu, 500.0)), np.log(BRIGHT_HU), BRIGHT_SPREAD),
        BLUR: (np.log(USUAL_BLUR_MM), np.log(USUAL_BLUR_MM), BLUR_SPREAD),
        THICK: (np.log(THICKNESS_OF_INCREMENT * spacing_mm[2]),) * 2 + (THICKNESS_SPREAD,),
        FAR: (low_hu, low_hu, 300.0),
        NEAR: (min(middle_hu, low_hu + 1200.0),) * 2 + (500.0,),
        PLACE: (0.5, 0.0, 2.0),
        LEAN: (lean, lean, 1.0),
        TURN: (turn, turn, 1.0),
        CAP: (0.3, 0.3, 0.4),
        CAP_HU: (300.0, 0.0, 500.0),
        # A post stands away from where it is dark.
        POST_LEAN: (-lean, -lean, 0.7),
        POST_TURN: (turn + np.pi, turn + np.pi, 0.7),
        POST_SIZE: (np.log(USUAL_POST_MM), np.log(USUAL_POST_MM), 0.3),
        POST_HU: (300.0, 0.0, 700.0),
    }
    if alike is not None:
        known[BLUR] = (np.log(alike.blur_mm),) * 2 + (TOLD_SPREAD,)
        known[THICK] = (np.log(alike.thickness_mm),) * 2 + (TOLD_SPREAD,)
        known[SIZE] = (np.log(alike.radius_mm),) * 2 + (ALIKE_RADIUS_SPREAD,)
        known[BRIGHT] = (np.log(alike.bright_hu),) * 2 + (ALIKE_BRIGHT_SPREAD,)
    if radius_mm is not None:
        known[SIZE] = (np.log(radius_mm),) * 2 + (KNOWN_RADIUS_SPREAD,)
    table = np.array([(value, value, 2.0) for value in start_mm] + [known[number] for number in range(3, PARAMETERS)])
    return table[:, 0], table[:, 1], table[:, 2]


def on_a_surface(start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a second start: the ball lies on skin or plastic, with no post.

    Where most of what is around a ball is air, both halves start as air, and no descent could move their plane.
    """
    other = start.copy()
    other[NEAR] = max(float(start[NEAR]), SURFACE_HU)
    other[PLACE] = -float(np.exp(start[SIZE]))
    other[POST_HU] = 0.0
    return other
