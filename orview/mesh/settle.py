"""The vertices of a net are moved to where the smooth field crosses its middle, none out of its own cell.

What one voxel says to be inside stays inside: a vertex that stays between its voxels can neither close a gap nor cut
a thin part in two.
"""

import numpy as np
from numpy.typing import NDArray

from orview.mesh import sampling
from orview.mesh.nets import Net
from orview.mesh.smooth_field import MOST_PROBE, PROBE_VOXELS, NearField, narrow_kernel

Floats = NDArray[np.float32]

STEPS = 2
"""Newton steps; a third moves nothing by more than a hundredth of a voxel on the average."""

FLAT = 0.01
"""Share of the usual square of the gradient below which a step is no longer enlarged."""

LOOKED_AT = 5_000
"""Points whose gradient says what is usual, at the most."""

ROOM = (0.55, 0.75)
"""Filled share at the inner probe, empty share at the outer: below the first the narrow blur decides, above the second
the wide one, between them they are mixed."""


def settled(net: Net, field: NearField) -> Floats:
    """Return the vertices (N, 3) i, j, k of a net moved onto a field's surface."""
    start, near, spacing = net.vertices, (field.numbers, field.values), field.spacing
    if len(start) == 0:
        return start
    flattest = _flattest(sampling.steepness(*near, _few(start), spacing))
    places = sampling.onto_surface(*near, start, net.low, net.high, spacing, flattest, STEPS)
    if field.mask is None:
        return places
    reach = np.float32(PROBE_VOXELS) * np.median(spacing) / spacing
    room = sampling.room(*near, start, spacing, reach, np.float32(MOST_PROBE))
    wide = np.clip((room - ROOM[0]) / (ROOM[1] - ROOM[0]), 0.0, 1.0)
    thin = np.flatnonzero(wide < 1.0)
    if len(thin):
        kernel = narrow_kernel()
        narrow, low, high = start[thin], net.low[thin], net.high[thin]
        flattest = _flattest(sampling.narrow_steepness(field.mask, _few(narrow), kernel, spacing))
        narrow = sampling.onto_narrow_surface(field.mask, narrow, low, high, kernel, spacing, flattest, STEPS)
        places[thin] += (1.0 - wide[thin])[:, None] * (narrow - places[thin])
    return places


def normals_at(points: Floats, field: NearField) -> Floats:
    """Return which way a field's surface faces near points (N, 3) i, j, k: unit vectors (N, 3)."""
    return sampling.normals(field.numbers, field.values, points, field.spacing)


def _few(points: Floats) -> Floats:
    return np.ascontiguousarray(points[:: -(-len(points) // LOOKED_AT)])


def _flattest(steepness: Floats) -> np.float32:
    return np.float32(FLAT * np.median(steepness))
