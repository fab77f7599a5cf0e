"""Distances from a closed surface, told apart by in and out, with Open3D's ray casting (Embree)."""

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.mesh.surface import Surface

Floats = NDArray[np.float64]

RAYS = 5
"""How many rays say by their majority whether a point is inside; one may slip through an edge."""


class Solid:
    """A closed surface that is asked how far points lie from it.

    Args:
        surface: with at least one triangle.
    """

    def __init__(self, surface: Surface) -> None:
        # Near the origin, because Embree computes in single precision.
        self._origin = surface.vertices_mm.mean(axis=0)
        self._scene = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(
            o3d.core.Tensor.from_numpy((surface.vertices_mm - self._origin).astype(np.float32)),
            o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
        )

    def heights_mm(self, points_mm: Floats) -> Floats:
        """Return how far points (N, 3) lie outside the surface, below zero inside: (N,)."""
        heights = self._scene.compute_signed_distance(self._tensor(points_mm), nsamples=RAYS)
        return np.asarray(heights.numpy(), dtype=np.float64)

    def feet(self, points_mm: Floats) -> tuple[Floats, Floats]:
        """Return the heights (N,) of points (N, 3), and the nearest point of the surface to each, (N, 3)."""
        return self.heights_mm(points_mm), self.nearest_mm(points_mm)

    def nearest_mm(self, points_mm: Floats) -> Floats:
        """Return the nearest point of the surface, which may be open, to each of points (N, 3): (N, 3)."""
        found = self._scene.compute_closest_points(self._tensor(points_mm))
        return np.asarray(found["points"].numpy() + self._origin, dtype=np.float64)

    def _tensor(self, points_mm: Floats) -> o3d.core.Tensor:
        return o3d.core.Tensor.from_numpy((points_mm - self._origin).astype(np.float32))
