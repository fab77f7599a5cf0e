"""Which pictures of a film of a board are worth calibrating with."""

from collections.abc import Sequence

import numpy as np

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
    same = (first.points_board_mm[:, None] == second.points_board_mm[None]).all(axis=2)
    ours, theirs = np.nonzero(same)
    if len(ours) < 4:
        return np.inf
    return float(np.linalg.norm(first.pixels[ours] - second.pixels[theirs], axis=1).mean())
