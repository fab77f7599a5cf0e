"""How far the surface of a label map may be from the true one: what no way of drawing it can know.

A voxel says on which side its centre lies and no more. Where a surface is nearly flat its neighbours together tell
where it runs to a fraction of a voxel. Where it bends within two or three voxels, at an edge, a rim or a tip, they do
not, and where a thing is no thicker than its voxels are long each of its two sides has few of them.

The constants were found on plates, bowls, tubes, balls, blocks, wings and spikes whose surface is known, of 1 to 26 mm
on grids of 0.7 to 5 mm turned at random, and on five bones, so that hardly any claim is below the true error.
"""

import math

import numpy as np
from numpy.typing import NDArray

from orview.mesh.measure import unit_normals, vertex_sums
from orview.mesh.refine import Refined

BENT = 0.15
"""The square of a voxel over the radius of curvature above which a surface counts as bent, below it in proportion."""

RMS_FLAT = 0.07
RMS_BENT = 0.36
RMS_THIN = 0.20
"""Shares of the voxel across the surface: everywhere; where it is bent; and where its thickness is a voxel's length, of
what is thinner more."""

FARTHEST_FLAT = 0.45
FARTHEST_BENT = 0.55
"""Shares of the voxel's diagonal: everywhere, times the root of how long the voxels are, for a tip between two slices
leaves no trace; and more by this times the root of how much of the surface is bent."""

LOOKED_AT = 10_000
"""Triangles of a surface that are asked how it lies, at the most."""

MOST_LENGTHS = 20.0
"""How many times a voxel can be longer than a part is thick."""


def unknown(refined: Refined) -> tuple[float, float]:
    """Return how far the finest surface may be from the true one, rms and farthest, mm.

    Of grey values the share that their field doubts, on the whole; the farthest point of them is as open as a mask's,
    for what lies between two slices neither of them shows. Nothing of exact distances.
    """
    if refined.doubt == 0.0:
        return 0.0, 0.0
    rows = slice(None, None, -(-len(refined.finest.triangles) // LOOKED_AT))
    normals = refined.pieces.double_areas[rows]
    weights = np.linalg.norm(normals, axis=1)
    normals = normals @ refined.axes / np.maximum(weights, 1e-12)[:, None]
    across_mm2 = (normals**2) @ (refined.spacing_mm**2)
    longest_mm = float(refined.spacing_mm.max())
    # Of a plate the thickness, of a rod its radius.
    areas_mm2, volumes_mm3 = refined.areas_mm2, np.abs(refined.volumes_mm3)
    lengths = np.minimum(longest_mm * areas_mm2 / np.maximum(2.0 * volumes_mm3, 1e-9), MOST_LENGTHS)
    thin = float(np.average(lengths**1.5, weights=areas_mm2))
    square_mm2 = float(np.average(across_mm2, weights=weights))
    bent = np.minimum(_turns(refined, rows) * across_mm2 / BENT, 1.0)
    bent_mm2 = float(np.average(across_mm2 * bent, weights=weights))
    rms_mm = math.sqrt((RMS_FLAT**2 + RMS_THIN**2 * thin) * square_mm2 + RMS_BENT**2 * bent_mm2)
    farthest = FARTHEST_FLAT * math.sqrt(longest_mm / float(np.median(refined.spacing_mm)))
    farthest += FARTHEST_BENT * math.sqrt(bent_mm2 / max(square_mm2, 1e-12))
    # Of what is thinner than the slices are apart more than a tip can be lost.
    return refined.doubt * rms_mm, farthest * max(1.0, thin) ** (1.0 / 3.0) * float(np.linalg.norm(refined.spacing_mm))


def _turns(refined: Refined, rows: slice) -> NDArray[np.float64]:
    """Return for some triangles (M,) the square of how much the surface turns across each, 1/mm2."""
    chosen = refined.finest.triangles[rows]
    sums = vertex_sums(refined.pieces.double_areas, refined.finest)
    normals = unit_normals(sums, refined.finest)[chosen]
    corners = refined.finest.vertices_mm[chosen]

    def most(of_corner: NDArray[np.float64]) -> NDArray[np.float64]:
        sides = (of_corner[:, n] - of_corner[:, n - 1] for n in range(3))
        return np.asarray(np.max([np.einsum("mx,mx->m", side, side) for side in sides], axis=0))

    return np.asarray(most(normals) / np.maximum(most(corners), 1e-6))
