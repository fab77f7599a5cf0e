"""Rays at surfaces: what they meet first, in which light it lies, and how much of the sky it sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.mesh.measure import vertex_normals
from orview.mesh.surface import Surface

Floats = NDArray[np.float32]

SHADOW_REACH_MM = 30.0
"""What lies nearer than this takes light away."""
_SHADOW_RAYS = 8
_KEY_LIGHT = np.array([0.15, -0.60, 0.80])
_FILL_LIGHT = np.array([0.95, -0.25, -0.10])
_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
_TURNS = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) * (2.0 * np.pi / 16.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Hit:
    """Where rays met a surface.

    Attributes:
        rays: (N,) their numbers, ascending.
        depth: (N,) mm from their origins.
        points: (N, 3) patient mm.
        normals: (N, 3) unit, towards the origin.
        colors: (N, 3) linear light.
        owners: (N,) the number of the surface each met, of those with triangles.
    """

    rays: NDArray[np.int64]
    depth: Floats
    points: Floats
    normals: Floats
    colors: Floats
    owners: NDArray[np.int64]


class Targets:
    """Surfaces that rays are sent at together.

    Args:
        surfaces: patient mm; those without a triangle are left out.
        colors: of each, linear light.
    """

    def __init__(self, surfaces: Sequence[Surface], colors: Sequence[NDArray[np.float64]]) -> None:
        kept = [(surface, color) for surface, color in zip(surfaces, colors, strict=True) if len(surface.triangles)]
        self._scene = o3d.t.geometry.RaycastingScene()
        self._empty = not kept
        for surface, _ in kept:
            self._scene.add_triangles(_tensor(surface.vertices_mm, np.float32), _tensor(surface.triangles, np.uint32))
        if kept:
            starts = np.cumsum([0, *(len(surface.vertices_mm) for surface, _ in kept)])
            self._triangles = np.concatenate(
                [surface.triangles + start for (surface, _), start in zip(kept, starts[:-1], strict=True)]
            )
            self._first_triangle = np.cumsum([0, *(len(surface.triangles) for surface, _ in kept)])
            self._normals = np.concatenate([vertex_normals(surface) for surface, _ in kept]).astype(np.float32)
            self._colors = np.array([color for _, color in kept], dtype=np.float32)

    def cast(self, rays: Floats) -> Hit | None:
        """Return what rays (N, 6: origin, unit direction) meet first, None where none meets anything."""
        if self._empty:
            return None
        found = self._scene.cast_rays(_tensor(rays, np.float32))
        depth = found["t_hit"].numpy()
        hit = np.flatnonzero(np.isfinite(depth))
        if len(hit) == 0:
            return None
        owner = found["geometry_ids"].numpy()[hit].astype(np.int64)
        corners = self._triangles[self._first_triangle[owner] + found["primitive_ids"].numpy()[hit]]
        u, v = found["primitive_uvs"].numpy()[hit].T[:, :, None]
        normals = self._normals
        at = (1.0 - u - v) * normals[corners[:, 0]] + u * normals[corners[:, 1]] + v * normals[corners[:, 2]]
        at /= np.maximum(np.linalg.norm(at, axis=1, keepdims=True), 1e-6)
        directions = rays[hit, 3:]
        at[np.einsum("nx,nx->n", at, directions) > 0.0] *= -1.0
        return Hit(
            rays=hit,
            depth=depth[hit],
            points=rays[hit, :3] + depth[hit, None] * directions,
            normals=at,
            colors=self._colors[owner],
            owners=owner,
        )

    def openness(self, hit: Hit, *, shape: tuple[int, int]) -> Floats:
        """Return how much of the sky each pixel's hit sees within `SHADOW_REACH_MM` (ambient occlusion): (H, W).

        One pixel in four sends `_SHADOW_RAYS` rays, turned by its place in a 4 x 4 pattern; neighbours of about one
        depth share what they found, which takes the pattern out again. 1 where nothing was hit.

        Args:
            hit: of one ray a pixel.
            shape: (H, W), both even.
        """
        rows, columns = np.divmod(hit.rays, shape[1])
        chosen = np.flatnonzero((rows % 2 == 0) & (columns % 2 == 0))
        place = rows[chosen] // 2, columns[chosen] // 2
        sent = _sky_rays(hit.points[chosen], hit.normals[chosen], _TURNS[place[0] % 4, place[1] % 4])
        blocked = self._scene.test_occlusions(_tensor(sent, np.float32), tfar=SHADOW_REACH_MM).numpy()
        seen = np.zeros((shape[0] // 2, shape[1] // 2), dtype=np.float32)
        depth = np.full(seen.shape, np.inf, dtype=np.float32)
        seen[place] = 1.0 - blocked.mean(axis=0)
        depth[place] = hit.depth[chosen]
        openness = np.ones(shape, dtype=np.float32)
        openness[rows, columns] = _shared(seen, depth, rows // 2, columns // 2, hit.depth)
        return openness


def lit(
    hit: Hit, openness: Floats, *, towards_eye: NDArray[np.float64], turn: NDArray[np.float64] | None = None
) -> Floats:
    """Return the linear colour of each hit (N, 3): two lights, a sky that shadows dim, and a soft gleam.

    Args:
        hit: what is seen.
        openness: (N,) how much of the sky it sees.
        towards_eye: (3,) unit, from the patient.
        turn: (3, 3) takes the lights along to an eye elsewhere than `mesh.view.TOWARDS_EYE`; None leaves them.
    """
    lights = (_KEY_LIGHT, _FILL_LIGHT) if turn is None else (turn @ _KEY_LIGHT, turn @ _FILL_LIGHT)
    key, fill = (light / np.linalg.norm(light) for light in lights)
    half = (key + towards_eye) / np.linalg.norm(key + towards_eye)
    sky = 0.5 + 0.5 * hit.normals[:, 2]
    light = (
        (0.16 + 0.20 * sky) * openness**1.4
        + 0.66 * np.clip(hit.normals @ key, 0.0, None) * (0.35 + 0.65 * openness)
        + 0.18 * np.clip(hit.normals @ fill, 0.0, None) * openness
    )
    gleam = 0.10 * np.clip(hit.normals @ half, 0.0, None) ** 24 * openness
    return np.asarray(hit.colors * light[:, None] + gleam[:, None], dtype=np.float32)


def _sky_rays(points: Floats, normals: Floats, turns: NDArray[np.float64]) -> Floats:
    """Return rays into the half space of each normal, dense as a dull surface sees light (Lambert): (R, N, 6)."""
    helper = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    tangent = np.cross(normals, helper)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    bitangent = np.cross(normals, tangent)
    rays = np.empty((_SHADOW_RAYS, len(points), 6), dtype=np.float32)
    rays[..., :3] = points + 0.4 * normals
    for n in range(_SHADOW_RAYS):
        sine = np.sqrt((n + 0.5) / _SHADOW_RAYS)
        angle = (turns + n * _GOLDEN_ANGLE)[:, None]
        rays[n, :, 3:] = sine * (np.cos(angle) * tangent + np.sin(angle) * bitangent) + np.sqrt(1 - sine**2) * normals
    return rays


def _shared(seen: Floats, depth: Floats, rows: NDArray[np.int64], columns: NDArray[np.int64], depths: Floats) -> Floats:
    """Return the mean of the 4 x 4 values round each place that lie at about its depth; 1 where none does."""
    padded = np.pad(seen, 2, mode="edge")
    padded_depth = np.pad(depth, 2, mode="edge")
    total, count = np.zeros(len(depths), dtype=np.float32), np.zeros(len(depths), dtype=np.float32)
    for dy in range(1, 5):
        for dx in range(1, 5):
            near = np.abs(padded_depth[rows + dy, columns + dx] - depths) < SHADOW_REACH_MM / 3.0
            total += near * padded[rows + dy, columns + dx]
            count += near
    return np.where(count > 0, total / np.maximum(count, 1.0), 1.0).astype(np.float32)


def _tensor(array: NDArray[Any], dtype: type) -> o3d.core.Tensor:
    return o3d.core.Tensor.from_numpy(np.ascontiguousarray(array, dtype=dtype))
