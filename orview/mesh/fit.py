"""A coarse surface is laid through the fine one it was made of, and how far apart the two are left is measured.

Taking triangles away keeps a subset of the vertices, so every chord runs inside and the surface shrinks. Moved to where
the squared distances of the fine surface's points are least, the vertices stand a little out and the chords a little
in, and those beside a ridge slide onto it: less error at the same number of triangles.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled, plain
from orview.mesh.nearest import Feet
from orview.mesh.parts import Parts

Floats = NDArray[np.float64]

ROUNDS = 4
"""Steps of the conjugate gradients."""

STIFFNESS = 0.2
"""Weight of staying in place, as a share of a vertex's samples: without it the vertices on ridges and tips overshoot,
and the farthest points come to lie half as far off again."""

SMALL_PART = 400
"""A part of so few vertices is looked at all over."""


def samples_of(finest: Parts, wanted: int) -> Floats:
    """Return about as many vertices of a surface as wanted (S, 3), evenly out of each part; all of small parts."""
    step = max(1, len(finest.surface.vertices_mm) // wanted)
    if step == 1:
        return finest.surface.vertices_mm
    rows = np.arange(len(finest.surface.vertices_mm))
    start = np.repeat(finest.vertex_starts[:-1], np.diff(finest.vertex_starts))
    small = np.repeat(np.diff(finest.vertex_starts) < SMALL_PART, np.diff(finest.vertex_starts))
    chosen = ((rows - start) % step == 0) | small
    return np.asarray(finest.surface.vertices_mm[chosen])


def fitted(coarse: Parts, feet: Feet) -> tuple[Parts, Floats, Floats]:
    """Return a coarse surface moved to fit the points whose feet are given.

    Returns:
        The surface; the distance (S,) left to each point, at most a little more than the true one; and how far
        each vertex (N,) was moved, all in mm.
    """
    count = len(coarse.surface.vertices_mm)
    ways_mm, left_mm = _least_squares(
        plain(feet.corners, np.int32), feet.weights, feet.offsets_mm, count, STIFFNESS * len(feet.corners) / count
    )
    surface = replace(coarse.surface, vertices_mm=coarse.surface.vertices_mm + ways_mm)
    return replace(coarse, surface=surface), left_mm, np.linalg.norm(ways_mm, axis=1)


@compiled
def _least_squares(
    corners: NDArray[np.int32], weights: Floats, offsets: Floats, count: int, stiffness: float
) -> tuple[Floats, Floats]:
    """Return how vertices (count, 3) move for points to come nearest along their offsets, and what is left (S,).

    A point at distance d along the unit direction n asks that the weighted sum of its corners' ways, along n, be d. The
    normal equations are solved by conjugate gradients with their diagonal as preconditioner (Shewchuk 1994, B3).
    """
    lengths, directions = np.empty(len(corners)), np.empty((len(corners), 3))
    diagonal, residual = np.full((count, 3), stiffness), np.zeros((count, 3))
    for s in range(len(corners)):
        lengths[s] = np.sqrt(offsets[s, 0] ** 2 + offsets[s, 1] ** 2 + offsets[s, 2] ** 2)
        for axis in range(3):
            directions[s, axis] = offsets[s, axis] / max(lengths[s], 1e-9)
        for corner in range(3):
            vertex = corners[s, corner]
            for axis in range(3):
                pull = weights[s, corner] * directions[s, axis]
                diagonal[vertex, axis] += pull * pull
                residual[vertex, axis] += pull * lengths[s]
    scale = 1.0 / np.sqrt(diagonal)
    residual *= scale
    direction, found = residual.copy(), np.zeros((count, 3))
    energy = (residual * residual).sum()
    for _ in range(ROUNDS):
        if energy < 1e-12:
            break
        step = scale * direction
        applied = stiffness * step
        for s in range(len(corners)):
            along = 0.0
            for corner in range(3):
                vertex = corners[s, corner]
                for axis in range(3):
                    along += weights[s, corner] * directions[s, axis] * step[vertex, axis]
            for corner in range(3):
                vertex = corners[s, corner]
                for axis in range(3):
                    applied[vertex, axis] += weights[s, corner] * directions[s, axis] * along
        applied *= scale
        rate = energy / (direction * applied).sum()
        found += rate * step
        residual -= rate * applied
        before, energy = energy, (residual * residual).sum()
        direction = residual + energy / before * direction
    left = np.empty(len(corners))
    for s in range(len(corners)):
        squared = 0.0
        for axis in range(3):
            rest = offsets[s, axis]
            for corner in range(3):
                rest -= weights[s, corner] * found[corners[s, corner], axis]
            squared += rest * rest
        left[s] = np.sqrt(squared)
    return found, left
