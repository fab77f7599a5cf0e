"""What the views taken cover, in a form that a terminal, a page and a file can draw."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.wish import LEAN_DEG, Lean
from orview.markers.detect import Sighting
from orview.units import rad_from_deg

COLUMNS, ROWS = 8, 5
"""Cells of the picture that corners are counted in."""


@dataclass(frozen=True, kw_only=True)
class GuideState:
    """What a person who holds the board is told, and how far the calibration has come.

    Attributes:
        sentence: where to hold the board next, or what keeps a view from being taken.
        took: whether the last picture became a view.
        views: views taken.
        most: views taken at most.
        coverage: (ROWS, COLUMNS) corners seen in each cell of the picture, row by row from the top.
        leans: views by the side of the board that is nearer to the camera.
        predicted_error_mm: 95 % at a target 150 mm from the board half a metre away; None before there is a lens.
        done: whether more views would hardly help.
    """

    sentence: str
    took: bool
    views: int
    most: int
    coverage: tuple[tuple[int, ...], ...]
    leans: tuple[tuple[Lean, int], ...]
    predicted_error_mm: float | None
    done: bool

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain values, for the wire and for files."""
        return {
            "sentence": self.sentence,
            "took": self.took,
            "views": self.views,
            "most": self.most,
            "coverage": [list(row) for row in self.coverage],
            "leans": {str(lean): count for lean, count in self.leans},
            "predicted_error_mm": self.predicted_error_mm,
            "done": self.done,
        }


def coverage_of(sightings: Sequence[Sighting], *, width_px: int, height_px: int) -> tuple[tuple[int, ...], ...]:
    """Return how many corners (ROWS, COLUMNS) lie in each cell of the picture."""
    counts = np.zeros((ROWS, COLUMNS), dtype=int)
    for sighting in sightings:
        cells = (sighting.pixels * (COLUMNS / width_px, ROWS / height_px)).astype(int)
        columns, rows = np.clip(cells[:, 0], 0, COLUMNS - 1), np.clip(cells[:, 1], 0, ROWS - 1)
        np.add.at(counts, (rows, columns), 1)
    return tuple(tuple(row) for row in counts.tolist())


def lean_of(rotation: NDArray[np.float64]) -> Lean:
    """Return which side of a board with this rotation (3, 3) in the camera frame is nearer to the camera."""
    # The normal leans away from the side that is nearer.
    across, down = rotation[0, 2], rotation[1, 2]
    if np.hypot(across, down) < np.sin(rad_from_deg(0.5 * LEAN_DEG)):
        return Lean.FLAT
    if abs(across) > abs(down):
        return Lean.RIGHT if across > 0.0 else Lean.LEFT
    return Lean.BOTTOM if down > 0.0 else Lean.TOP


def count_leans(rotations: NDArray[np.float64]) -> tuple[tuple[Lean, int], ...]:
    """Return how many of the rotations (V, 3, 3) lean each way."""
    counts = Counter(lean_of(rotation) for rotation in rotations)
    return tuple((lean, counts[lean]) for lean in Lean)
