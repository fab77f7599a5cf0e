"""The vertices of a net are moved to where the smooth field crosses its middle, none out of its own cell.

What one voxel says to be inside stays inside: a vertex that stays between its voxels can neither close a gap nor cut
a thin part in two.
"""

import numpy as np
from numpy.typing import NDArray

from orview.mesh.nets import Net
from orview.mesh.smooth_field import GreyField, Slab, SmoothField

Floats = NDArray[np.float32]

STEPS = 2
"""Newton steps; a third moves nothing by more than a hundredth of a voxel on the average."""

FLAT = 0.01
"""Share of the usual square of the gradient below which a step is no longer enlarged."""

PROBE_VOXELS = 1.5
"""How far to either side of the surface the field is asked whether there is room for the blur."""

ROOM = (0.55, 0.75)
"""Filled share at the inner probe, empty share at the outer: below the first the narrow blur decides, above the second
the wide one, between them they are mixed."""


def settled(net: Net, field: SmoothField | GreyField) -> Floats:
    """Return the vertices (N, 3) i, j, k of a net moved onto a field's surface."""
    start, low, high = net.vertices.T, net.low.T, net.high.T
    places = np.empty_like(start)
    # Vertices are ordered by blocks of two layers.
    for rows, slab in field.slabs(2.0 * (low[2] // 2.0)):
        places[:, rows] = _settled(start[:, rows], low[:, rows], high[:, rows], slab, field.spacing[:, None])
    return places.T


def normals_at(points: Floats, field: SmoothField | GreyField) -> Floats:
    """Return which way a field's surface faces near points (3, N) i, j, k of rising k: unit vectors (3, N)."""
    normals = np.empty_like(points)
    for rows, slab in field.slabs(points[2]):
        normals[:, rows] = _unit(-slab.at(points[:, rows])[1] / field.spacing[:, None])
    return normals


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.sqrt(_squared(vectors)), np.float32(1e-6)))


def _squared(vectors: Floats) -> Floats:
    x, y, z = vectors
    return np.asarray(x * x + y * y + z * z)


def _settled(start: Floats, low: Floats, high: Floats, slab: Slab, spacing: Floats) -> Floats:
    value, rise = slab.at(start)
    places = _towards(start, value, rise, spacing, low, high)
    for _ in range(STEPS - 1):
        places = _towards(places, *slab.at(places), spacing, low, high)
    if not slab.binary:
        return places
    reach = _unit(-rise / spacing) * (np.float32(PROBE_VOXELS) * np.median(spacing) / spacing)
    room = np.minimum(slab.value_at(start - reach), 1.0 - slab.value_at(start + reach))
    wide = np.clip((room - ROOM[0]) / (ROOM[1] - ROOM[0]), 0.0, 1.0)
    thin = np.flatnonzero(wide < 1.0)
    if len(thin):
        narrow, low, high = start[:, thin], low[:, thin], high[:, thin]
        for _ in range(STEPS):
            narrow = _towards(narrow, *slab.narrow_at(narrow), spacing, low, high)
        places[:, thin] += (1.0 - wide[thin]) * (narrow - places[:, thin])
    return places


def _towards(places: Floats, value: Floats, rise: Floats, spacing: Floats, low: Floats, high: Floats) -> Floats:
    """Return the places after one Newton step along the gradient in mm, kept between low and high."""
    rise_mm = rise / spacing
    steepness = _squared(rise_mm)
    # Where the field is flat a step means nothing.
    steepness = np.maximum(steepness, FLAT * np.median(steepness)) + np.float32(1e-30)
    step = rise_mm / spacing * ((0.5 - value) / steepness)
    return np.asarray(np.clip(places + step, low, high), dtype=np.float32)
