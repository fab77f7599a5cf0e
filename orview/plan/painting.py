"""A surface cut up along the borders of distance bands: each triangle lies in one band, and borders are sharp."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.mesh.surface import Surface
from orview.plan.margin_colors import BANDS_MM, band_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Painted:
    """A surface and the band of each of its triangles.

    Attributes:
        surface: the same shape, its triangles cut at the borders of bands.
        distances_mm: (N,) at its vertices.
        bands: (M,) number of each triangle's band (`margin_colors.band_of`).
    """

    surface: Surface
    distances_mm: Floats
    bands: NDArray[np.int8]


def painted(surface: Surface, distances_mm: Floats) -> Painted:
    """Return a surface painted by the distances (N,) at its vertices; over a triangle they change evenly."""
    vertices, triangles, values = surface.vertices_mm, surface.triangles, distances_mm
    for border_mm in BANDS_MM:
        vertices, triangles, values = _cut(vertices, triangles, values, border_mm)
    middles = values[triangles].mean(axis=1)
    return Painted(
        surface=Surface(vertices_mm=vertices, triangles=triangles), distances_mm=values, bands=band_of(middles)
    )


def _cut(
    vertices: Floats, triangles: NDArray[np.int32], values: Floats, border: float
) -> tuple[Floats, NDArray[np.int32], Floats]:
    """Cut every triangle that reaches over a border into one and two, with vertices its neighbours share."""
    at_corners = values[triangles]
    over = (at_corners.min(axis=1) < border) & (at_corners.max(axis=1) > border)
    if not over.any():
        return vertices, triangles, values
    crossing, above = triangles[over], at_corners[over] >= border
    lonely_above = above.sum(axis=1) == 1
    lonely = np.where(lonely_above, np.argmax(above, axis=1), np.argmin(above, axis=1))
    rows = np.arange(len(crossing))
    tip, after, before = (crossing[rows, (lonely + n) % 3] for n in range(3))
    edges = np.sort(np.stack([np.stack([tip, after], axis=1), np.stack([tip, before], axis=1)]), axis=2)
    shared, number = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)
    low, high = values[shared[:, 0]], values[shared[:, 1]]
    part = (border - low) / (high - low)
    added = vertices[shared[:, 0]] + part[:, None] * (vertices[shared[:, 1]] - vertices[shared[:, 0]])
    met = (len(vertices) + number.reshape(2, -1)).astype(np.int32)
    pieces = np.concatenate(
        [
            np.stack([tip, met[0], met[1]], axis=1),
            np.stack([met[0], after, before], axis=1),
            np.stack([met[0], before, met[1]], axis=1),
        ]
    )
    return (
        np.concatenate([vertices, added]),
        np.concatenate([triangles[~over], pieces]).astype(np.int32),
        np.concatenate([values, np.full(len(added), border)]),
    )
