"""Do neighbouring slices look like neighbours?

Where the pixels of two slices were exchanged together with all that their headers say, no header shows it. Anatomy
does: a slice resembles the next one more than the one after. On real CTs of the pelvis at 3 and 4.25 mm and of the
chest at 10 mm this finds more than nine of ten exchanged pairs and nothing in the series as they are; a pair at the
very end of a stack cannot be told.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.findings import Finding, Severity

CLEARLY = 0.9
"""Slices resemble each other clearly more than others where they differ by less than this part as much."""

NOISE = 0.01
"""Differences below this part of the image's own spread of grey values do not count."""

THUMB_PX = 64
AIR_HU = -1000.0


def check_continuity(array: NDArray[Any]) -> list[Finding]:
    """Return a finding where slices look exchanged.

    Args:
        array: (K, J, I) grey values, K slices.
    """
    if len(array) < 4:
        return []
    thumbs = _thumbs(array)
    # What is smaller than noise tells nothing.
    to_next, to_next_but_one = (np.maximum(_differences(thumbs, apart), NOISE * thumbs.std()) for apart in (1, 2))
    # Slice n + 1 unlike both neighbours, which are alike: it does not belong there.
    stranger = to_next_but_one < CLEARLY * np.minimum(to_next[:-1], to_next[1:])
    # Slices n + 1 and n + 2 in each other's place: each is nearer to the neighbour two away.
    pair = (to_next_but_one[:-1] < CLEARLY * to_next[:-2]) & (to_next_but_one[1:] < CLEARLY * to_next[2:])
    places = np.union1d(np.flatnonzero(stranger), np.flatnonzero(pair)) + 2
    if not len(places):
        return []
    return [
        Finding(
            code="SLICES_LOOK_EXCHANGED",
            severity=Severity.WARNING,
            message=f"From slice {places[0]} of the sorted stack on, neighbouring slices look less alike than those "
            "two apart: slices may have been exchanged. Look at the side view before use.",
            where=f"slice {places[0]}",
        )
    ]


def _thumbs(array: NDArray[Any]) -> NDArray[np.float32]:
    """Return every slice small, (K, about 64, about 64), its noise averaged along the rows; below air is air."""
    row, column = (max(1, size // THUMB_PX) for size in array.shape[1:])
    width = array.shape[2] // column * column
    lines = array[:, row // 2 :: row, :width]
    thumbs: NDArray[np.float32] = lines.reshape(*lines.shape[:2], -1, column).mean(axis=3, dtype=np.float32)
    return np.maximum(thumbs, np.float32(AIR_HU), out=thumbs)


def _differences(thumbs: NDArray[np.float32], apart: int) -> NDArray[np.float32]:
    """Return the mean difference of each slice to the one so many further on."""
    return np.asarray(np.abs(thumbs[apart:] - thumbs[:-apart]).mean(axis=(1, 2)))
