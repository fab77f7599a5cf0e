"""A coarse surface is laid through the fine one it was made of, and how far apart the two are left is measured.

Taking triangles away keeps a subset of the vertices, so every chord runs inside and the surface shrinks. Moved to where
the squared distances of the fine surface's points are least, the vertices stand a little out and the chords a little
in, and those beside a ridge slide onto it: less error at the same number of triangles.
"""

from dataclasses import dataclass, replace

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.mesh.parts import Parts
from orview.mesh.surface import Surface

Floats = NDArray[np.float64]

ROUNDS = 4
"""Steps of the conjugate gradients."""

STIFFNESS = 0.2
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


class Nearest:
    """Finds the nearest points of a surface, by Open3D's ray-casting scene, exactly.

    Args:
        surface: at least one triangle. It is made ready for the first question, which takes as long as many points.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._centre_mm = surface.vertices_mm.mean(axis=0)
        self._scene: o3d.t.geometry.RaycastingScene | None = None

    def feet(self, points_mm: Floats) -> Feet:
        """Return the nearest points of the surface to points (S, 3)."""
        vertices_mm = self._surface.vertices_mm
        found = self._made_ready().compute_closest_points(self._asked(points_mm))
        corners = self._surface.triangles[found["primitive_ids"].numpy()]
        second, third = found["primitive_uvs"].numpy().astype(np.float64).T
        weights = np.stack([1.0 - second - third, second, third], axis=1)
        return Feet(
            corners=corners,
            weights=weights,
            offsets_mm=points_mm - np.einsum("sc,scx->sx", weights, vertices_mm[corners]),
        )

    def distances_mm(self, points_mm: Floats) -> Floats:
        """Return how far points (S, 3) lie from the surface, (S,)."""
        away = self._made_ready().compute_distance(self._asked(points_mm))
        return np.asarray(away.numpy(), dtype=np.float64)

    def _made_ready(self) -> o3d.t.geometry.RaycastingScene:
        if self._scene is None:
            self._scene = o3d.t.geometry.RaycastingScene()
            self._scene.add_triangles(
                self._asked(self._surface.vertices_mm),
                o3d.core.Tensor.from_numpy(self._surface.triangles.astype(np.uint32)),
            )
        return self._scene

    def _asked(self, points_mm: Floats) -> o3d.core.Tensor:
        # Embree counts in float32: about the surface's own centre it keeps a tenth of a micrometre.
        return o3d.core.Tensor.from_numpy((points_mm - self._centre_mm).astype(np.float32))


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
    length = np.linalg.norm(feet.offsets_mm, axis=1)
    directions = feet.offsets_mm / np.maximum(length, 1e-9)[:, None]
    pull = feet.weights[:, :, None] * directions[:, None, :]
    unknowns = 3 * feet.corners[:, :, None].astype(np.intp) + np.arange(3)
    stiffness = STIFFNESS * len(length) / count
    ways_mm = _least_squares(unknowns.reshape(-1, 9), pull.reshape(-1, 9), length, 3 * count, stiffness)
    ways_mm = ways_mm.reshape(-1, 3)
    left_mm = np.linalg.norm(feet.offsets_mm - np.einsum("sc,scx->sx", feet.weights, ways_mm[feet.corners]), axis=1)
    surface = replace(coarse.surface, vertices_mm=coarse.surface.vertices_mm + ways_mm)
    return replace(coarse, surface=surface), left_mm, np.linalg.norm(ways_mm, axis=1)


def _least_squares(unknowns: NDArray[np.intp], pull: Floats, length: Floats, count: int, stiffness: float) -> Floats:
    """Return the unknowns (count,) that bring sum(pull * unknown) of each row nearest to the lengths (S,)."""
    index = unknowns.ravel()

    def back(values: Floats) -> Floats:
        return np.bincount(index, weights=(pull * values[:, None]).ravel(), minlength=count).astype(np.float64)

    scale = 1.0 / np.sqrt(np.bincount(index, weights=(pull**2).ravel(), minlength=count) + stiffness)
    found = np.zeros(count)
    residual = scale * back(length)
    direction = residual.copy()
    energy = _inner(residual, residual)
    for _ in range(ROUNDS):
        if energy < 1e-12:
            break
        step = scale * direction
        applied = scale * (back(np.einsum("sc,sc->s", pull, step[unknowns])) + stiffness * step)
        rate = energy / _inner(direction, applied)
        found += rate * step
        residual -= rate * applied
        before, energy = energy, _inner(residual, residual)
        direction = residual + energy / before * direction
    return np.asarray(found)


def _inner(a: Floats, b: Floats) -> float:
    # The product by `@` starts a thread more for each of the threads that make surfaces.
    return float(np.einsum("n,n->", a, b))
