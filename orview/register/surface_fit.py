"""Traced points laid onto a surface: robust, from several starts at once, held by what landmarks already know.

Least squares of distances along the surface's normals (point-to-plane: Chen & Medioni 1992) under Tukey's weights,
whose scale falls from the width of the landmarks' prior to that of a touch (graduated non-convexity: Blake &
Zisserman 1987). The prior takes part as what it is, an observation with a covariance: where the surface is smooth the
fit stays where the landmarks put it, and says that it knows no more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import rotations_from_vectors
from orview.mesh.nearest import Nearest
from orview.mesh.surface import Surface

TUKEY = 4.685
"""Residuals beyond so many sigmas weigh nothing; 95 % efficient under normal errors (Holland & Welsch 1977)."""

SHRINK = 0.75
"""How the scale falls from step to step."""

STEPS = 60
RESTS_MM = 1e-3


class Ground:
    """A surface to lay points on: the nearest of its points, and the way out of it there."""

    def __init__(self, surface: Surface) -> None:
        self._nearest = Nearest(surface)
        corners = surface.vertices_mm[surface.triangles]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = np.zeros_like(surface.vertices_mm)
        for corner in range(3):
            np.add.at(normals, surface.triangles[:, corner], across)
        # Weighted by area and blended over each triangle: flat facets would stop a fit at their edges.
        self._normals = normals

    def at(self, points_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ways from the nearest points to points (..., 3), and unit normals there, both (..., 3)."""
        feet = self._nearest.feet(points_mm.reshape(-1, 3))
        normals = np.einsum("sc,scx->sx", feet.weights, self._normals[feet.corners])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        return feet.offsets_mm.reshape(points_mm.shape), normals.reshape(points_mm.shape)


@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """Where traced points came to lie, from K starts.

    Attributes:
        rotations: (K, 3, 3) turn of the points about their middle since the landmarks' pose.
        shifts: (K, 3) shift of that middle, mm.
        costs: (K,) half the sum of what residuals and the way from the landmarks' pose cost; the least is best.
        distances_mm: (K, N) of the points from the surface.
        rows: (K, N, 6) derivative of each distance by a motion about the middle.
    """

    rotations: NDArray[np.float64]
    shifts: NDArray[np.float64]
    costs: NDArray[np.float64]
    distances_mm: NDArray[np.float64]
    rows: NDArray[np.float64]


def lay_points(
    ground: Ground,
    points_mm: NDArray[np.float64],
    *,
    starts: NDArray[np.float64],
    prior: NDArray[np.float64],
    sigma_mm: float,
) -> Laid:
    """Lay points onto a surface.

    Args:
        ground: the surface, patient frame.
        points_mm: (N, 3) where the landmarks' pose puts the traced points, patient frame.
        starts: (K, 6) motions about the points' middle to begin from.
        prior: (6, 6) covariance of that motion by what the landmarks know.
        sigma_mm: of a traced point that lies on the surface.
    """
    middle = points_mm.mean(axis=0)
    arms = points_mm - middle
    information = np.linalg.inv(prior)
    rotations, shifts = rotations_from_vectors(starts[:, :3]), starts[:, 3:].copy()
    spread_mm = float(np.linalg.norm(arms, axis=1).max())
    widest_mm2 = float(np.trace(prior[3:, 3:]) + np.trace(prior[:3, :3]) * (arms**2).sum(axis=1).mean()) / 3.0
    scale_mm = max(sigma_mm, float(np.sqrt(widest_mm2)))
    for _ in range(STEPS):
        rows, along, away = _seen(ground, arms, middle, rotations, shifts)
        weights = np.square(np.clip(1.0 - np.square(away / (TUKEY * scale_mm)), 0.0, None)) / scale_mm**2
        weighted = rows * weights[..., None]
        way = _motions(rotations, shifts)
        normal = np.swapaxes(weighted, 1, 2) @ rows + information
        downhill = (weighted * along[..., None]).sum(axis=1) + way @ information
        step = -np.linalg.solve(normal, downhill[..., None])[..., 0]
        rotations = rotations_from_vectors(step[:, :3]) @ rotations
        shifts = shifts + step[:, 3:]
        moved_mm = np.linalg.norm(step[:, :3], axis=1).max() * spread_mm + np.linalg.norm(step[:, 3:], axis=1).max()
        if scale_mm == sigma_mm and moved_mm < RESTS_MM:
            break
        scale_mm = max(sigma_mm, SHRINK * scale_mm)
    rows, _, away = _seen(ground, arms, middle, rotations, shifts)
    part = np.clip(np.square(away / (TUKEY * sigma_mm)), 0.0, 1.0)
    way = _motions(rotations, shifts)
    costs = TUKEY**2 / 6.0 * (1.0 - (1.0 - part) ** 3).sum(axis=1) + 0.5 * np.einsum(
        "ki,ij,kj->k", way, information, way
    )
    return Laid(rotations=rotations, shifts=shifts, costs=costs, distances_mm=away, rows=rows)


def _seen(
    ground: Ground,
    arms: NDArray[np.float64],
    middle: NDArray[np.float64],
    rotations: NDArray[np.float64],
    shifts: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return rows (K, N, 6), distances along the normals (K, N) and distances (K, N)."""
    turned = arms @ np.swapaxes(rotations, 1, 2)
    places = turned + (middle + shifts)[:, None]
    offsets, normals = ground.at(places)
    return (
        np.concatenate([np.cross(turned, normals), normals], axis=2),
        np.asarray((offsets * normals).sum(axis=2)),
        np.linalg.norm(offsets, axis=2),
    )


def _motions(rotations: NDArray[np.float64], shifts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (K, 6) rotation vectors and shifts; turns are well below half a turn here."""
    sines = 0.5 * np.stack(
        [
            rotations[:, 2, 1] - rotations[:, 1, 2],
            rotations[:, 0, 2] - rotations[:, 2, 0],
            rotations[:, 1, 0] - rotations[:, 0, 1],
        ],
        axis=1,
    )
    length = np.linalg.norm(sines, axis=1)
    angle = np.arctan2(length, 0.5 * (np.trace(rotations, axis1=1, axis2=2) - 1.0))
    factor = np.where(length > 1e-12, angle / np.maximum(length, 1e-12), 1.0)
    return np.hstack([sines * factor[:, None], shifts])
