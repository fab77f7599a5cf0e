"""Lines through points, told with fewer of them: thinned where they are straight, or walked in even steps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled, plain

Floats = NDArray[np.float64]

FINEST_MM = 0.02
"""A line may always leave its points by so much."""


def thinned(runs: Sequence[Floats], most_segments: int) -> list[Floats]:
    """Return runs of points (N, 3) with at most so many segments in all, as near to the given ones as that allows.

    Points are left out that lie near the line through those kept (Ramer 1972; Douglas and Peucker 1973), from
    `FINEST_MM` on; of very many short runs the shortest are left out.
    """
    plain_runs = [plain(run, np.float64) for run in runs if len(run) > 1]
    longest_first = sorted(plain_runs, key=lambda run: -float(np.linalg.norm(np.diff(run, axis=0), axis=1).sum()))
    tolerance_mm, kept = FINEST_MM, longest_first[:most_segments]
    while True:
        found = [run[_needed(run, tolerance_mm)] for run in kept]
        if sum(len(run) - 1 for run in found) <= most_segments:
            return found
        if all(len(run) <= 3 for run in found):
            # A closed run needs two segments at least.
            kept = kept[: len(kept) // 2]
        tolerance_mm *= 1.6


def even(run: Floats, step_mm: float) -> Floats:
    """Return points (M, 3) along a run (N, 3) in even steps of about so many mm, its ends among them."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(run, axis=0), axis=1))])
    count = max(round(along[-1] / step_mm), 3 if np.allclose(run[0], run[-1]) else 1)
    places = np.linspace(0.0, along[-1], count + 1)
    return np.stack([np.interp(places, along, run[:, axis]) for axis in range(3)], axis=1)


def segments_of(runs: Sequence[Floats]) -> Floats:
    """Return every segment of runs (N, 3) by its two ends: (M, 2, 3)."""
    return np.concatenate([np.zeros((0, 2, 3)), *(np.stack([run[:-1], run[1:]], axis=1) for run in runs)])


@compiled
def _needed(run: Floats, tolerance_mm: float) -> NDArray[np.bool_]:
    """Say for each point of a run (N, 3) whether the line through the needed ones would leave it by more."""
    needed = np.zeros(len(run), dtype=np.bool_)
    needed[0] = needed[-1] = True
    waiting = np.empty((len(run), 2), dtype=np.int64)
    waiting[0, 0], waiting[0, 1] = 0, len(run) - 1
    left = 1
    while left > 0:
        left -= 1
        first, last = waiting[left, 0], waiting[left, 1]
        ax, ay, az = run[first, 0], run[first, 1], run[first, 2]
        dx, dy, dz = run[last, 0] - ax, run[last, 1] - ay, run[last, 2] - az
        squared = dx * dx + dy * dy + dz * dz
        farthest, away = first, tolerance_mm * tolerance_mm
        for n in range(first + 1, last):
            px, py, pz = run[n, 0] - ax, run[n, 1] - ay, run[n, 2] - az
            along = (px * dx + py * dy + pz * dz) / squared if squared > 1e-18 else 0.0
            along = min(max(along, 0.0), 1.0)
            px, py, pz = px - along * dx, py - along * dy, pz - along * dz
            from_line = px * px + py * py + pz * pz
            if from_line > away:
                farthest, away = n, from_line
        if farthest > first:
            needed[farthest] = True
            waiting[left, 0], waiting[left, 1] = first, farthest
            waiting[left + 1, 0], waiting[left + 1, 1] = farthest, last
            left += 2
    return needed
