"""Which pictures of a film of a board are worth calibrating with."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orview.markers.detect import Sighting

NEW_VIEW_FRACTION = 0.05
"""Of the picture's width: by so much the corners move on average before a picture says something new."""


def is_new_view(sighting: Sighting, taken: Sequence[Sighting], *, width_px: int) -> bool:
    """Return whether a sighting differs from each of those taken already.

    Corners seen in both are compared; a picture that shares fewer than four with another is new to it.
    """
    return all(moved_px(sighting, other) > NEW_VIEW_FRACTION * width_px for other in taken)


def moved_px(first: Sighting, second: Sighting) -> float:
    """Return how far the corners that both show moved, mean; infinite where they share fewer than four."""
    _, ours, theirs = np.intersect1d(_keys(first), _keys(second), assume_unique=True, return_indices=True)
    if len(ours) < 4:
        return np.inf
    return float(np.linalg.norm(first.pixels[ours] - second.pixels[theirs], axis=1).mean())


def _keys(sighting: Sighting) -> NDArray[np.float64]:
    """Return one number for each corner (N,) by its place on the board, told apart to a micrometre."""
    return np.asarray(np.rint(sighting.points_board_mm * 1e3) @ (1.0, 1e6, 1e12), dtype=np.float64)
