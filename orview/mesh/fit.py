"""A coarse surface is laid through the fine one it was made of, and how far apart the two are left is measured.

Taking triangles away keeps a subset of the vertices, so every chord runs inside and the surface shrinks. Moved along
their normals to where the squared distances of the fine surface's points are least, the vertices stand a little out and
the chords a little in: less error at the same number of triangles.
"""

from dataclasses import dataclass, replace

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.mesh.measure import vertex_normals
from orview.mesh.parts import Parts
from orview.mesh.surface import Surface

Floats = NDArray[np.float64]

ROUNDS = 4
"""Steps of the conjugate gradients."""

STIFFNESS = 0.5
"""Weight of staying in place, as a share of a vertex's samples: without it the vertices on ridges and tips overshoot,
and the farthest points come to lie half as far off again."""

SMALL_PART = 400
"""A part of so few vertices is looked at all over."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Feet:
    """Points and the nearest point of a surface for each.

    Attributes:
        corners: (S, 3) the vertices of the triangle that holds the nearest point.
        weights: (S, 3) its barycentric coordinates.
        offsets_mm: (S, 3) from the nearest point to the point.
    """

    corners: NDArray[np.int32]
    weights: Floats
    offsets_mm: Floats


def feet_on(surface: Surface, points_mm: Floats) -> Feet:
    """Return the nearest points of a surface to points (S, 3) (Open3D's ray-casting scene, exact)."""
    # Embree counts in float32: about the surface's own centre it keeps a tenth of a micrometre.
    centre_mm = surface.vertices_mm.mean(axis=0)
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(
        o3d.core.Tensor.from_numpy((surface.vertices_mm - centre_mm).astype(np.float32)),
        o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
    )
    found = scene.compute_closest_points(o3d.core.Tensor.from_numpy((points_mm - centre_mm).astype(np.float32)))
    corners = surface.triangles[found["primitive_ids"].numpy().astype(np.int64)]
    second, third = found["primitive_uvs"].numpy().astype(np.float64).T
    weights = np.stack([1.0 - second - third, second, third], axis=1)
    feet_mm = np.einsum("sc,scx->sx", weights, surface.vertices_mm[corners])
    return Feet(corners=corners, weights=weights, offsets_mm=points_mm - feet_mm)


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
    normals = vertex_normals(coarse.surface)
    length = np.linalg.norm(feet.offsets_mm, axis=1)
    directions = feet.offsets_mm / np.maximum(length, 1e-9)[:, None]
    pull = feet.weights * np.einsum("sx,scx->sc", directions, normals[feet.corners])
    ways_mm = _least_squares(feet.corners, pull, length, len(normals))
    vertices_mm = coarse.surface.vertices_mm + ways_mm[:, None] * normals
    moved = np.einsum("sc,scx->sx", feet.weights * ways_mm[feet.corners], normals[feet.corners])
    left_mm = np.linalg.norm(feet.offsets_mm - moved, axis=1)
    return replace(coarse, surface=replace(coarse.surface, vertices_mm=vertices_mm)), left_mm, np.abs(ways_mm)


def _least_squares(corners: NDArray[np.int32], pull: Floats, length: Floats, count: int) -> Floats:
    """Return the ways (N,) that bring sum(pull * way) of the corners nearest to the lengths (S,)."""
    index = corners.ravel()

    def back(values: Floats) -> Floats:
        return np.bincount(index, weights=(pull * values[:, None]).ravel(), minlength=count).astype(np.float64)

    stiffness = STIFFNESS * len(length) / count
    scale = 1.0 / np.sqrt(np.bincount(index, weights=(pull**2).ravel(), minlength=count) + stiffness)
    ways = np.zeros(count)
    residual = scale * back(length)
    direction = residual.copy()
    energy = residual @ residual
    for _ in range(ROUNDS):
        if energy < 1e-12:
            break
        step = scale * direction
        applied = scale * (back(np.einsum("sc,sc->s", pull, step[corners])) + STIFFNESS * step)
        rate = energy / (direction @ applied)
        ways += rate * step
        residual -= rate * applied
        before, energy = energy, residual @ residual
        direction = residual + energy / before * direction
    return np.asarray(ways)
