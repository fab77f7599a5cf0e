"""Closed surfaces of solids whose distances and cuts are known: ball, box, cylinder; turned and moved at will."""

import numpy as np
import open3d as o3d
from numpy.typing import ArrayLike, NDArray

from orview.mesh.surface import Surface

AWAY_MM = (40.0, -25.0, -880.0)
"""Nothing of a patient lies at the origin of an image."""


def beside(offset_mm: ArrayLike) -> NDArray[np.float64]:
    """Return the point (3,) that lies so far from where solids are put."""
    return np.add(AWAY_MM, offset_mm)


def ball(radius_mm: float, *, center_mm: ArrayLike = AWAY_MM, steps: int = 80) -> Surface:
    """A ball."""
    mesh = o3d.geometry.TriangleMesh.create_sphere(radius=radius_mm, resolution=steps)
    return _placed(mesh, np.eye(3), center_mm)


def box(
    sides_mm: ArrayLike,
    *,
    center_mm: ArrayLike = AWAY_MM,
    turned: NDArray[np.float64] | None = None,
    splits: int = 0,
) -> Surface:
    """A box of two triangles a side, each split into four again and again."""
    width, height, depth = np.asarray(sides_mm, dtype=np.float64)
    mesh = o3d.geometry.TriangleMesh.create_box(width=width, height=height, depth=depth)
    mesh.translate(-0.5 * np.array([width, height, depth]))
    mesh = mesh.subdivide_midpoint(number_of_iterations=splits)
    return _placed(mesh, np.eye(3) if turned is None else turned, center_mm)


def cylinder(
    radius_mm: float,
    length_mm: float,
    *,
    center_mm: ArrayLike = AWAY_MM,
    turned: NDArray[np.float64] | None = None,
    steps: int = 200,
) -> Surface:
    """A cylinder along z, then turned."""
    mesh = o3d.geometry.TriangleMesh.create_cylinder(radius=radius_mm, height=length_mm, resolution=steps, split=40)
    return _placed(mesh, np.eye(3) if turned is None else turned, center_mm)


def _placed(mesh: o3d.geometry.TriangleMesh, turned: NDArray[np.float64], center_mm: ArrayLike) -> Surface:
    vertices = np.asarray(mesh.vertices) @ turned.T + np.asarray(center_mm, dtype=np.float64)
    return Surface(vertices_mm=vertices, triangles=np.asarray(mesh.triangles, dtype=np.int32))
