"""From a field to the surface all levels of detail are made of: smooth, closed, nothing thin lost.

Blurring a mask by 1 mm deletes tubes thinner than 2 mm, so the mask itself is never blurred: its surface is
taken as it is and the staircase is smoothed on the triangles (Taubin 1995), which keeps the volume.
"""

from dataclasses import dataclass

import numpy as np
import open3d as o3d

from orview.image.field import Field
from orview.mesh.measure import area_mm2, split, vertex_normals
from orview.mesh.measure import joined as join
from orview.mesh.measure import volume_mm3 as enclosed_mm3
from orview.mesh.simplify import thinned
from orview.mesh.surface import Surface, extract

SMOOTHING_ROUNDS = 10
DUST_MM3 = 5.0
DUST_FRACTION = 0.01
"""Connected parts smaller than `DUST_MM3` are left out, unless together they are more than this fraction of the
structure: a fine nerve that the grid has cut into crumbs stays."""

REGROWTH_STEPS = 2
MAX_REGROWTH_MM = 0.5
"""How far at most a surface is moved out to win back the volume that smoothing took."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Refined:
    """The surface of one structure.

    Attributes:
        finest: from every voxel; the reference all errors are measured against.
        full: what the finest level of detail shows: `finest` without the triangles that hardly matter.
        parts: number of connected parts, alike in both.
        dust: number of parts smaller than `DUST_MM3` that were left out.
    """

    finest: Surface
    full: Surface
    parts: int
    dust: int


def smooth(surface: Surface, rounds: int = SMOOTHING_ROUNDS) -> Surface:
    """Take the staircase off a surface with hardly any shrinking (Taubin's two-step filter, Open3D)."""
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(surface.vertices_mm), o3d.utility.Vector3iVector(surface.triangles)
    )
    smoothed = mesh.filter_smooth_taubin(rounds)
    return Surface(vertices_mm=np.asarray(smoothed.vertices).copy(), triangles=surface.triangles)


def with_volume(surface: Surface, volume_mm3: float) -> Surface:
    """Return the surface moved along its normals, all by the same small way, to enclose about `volume_mm3`.

    Cutting corners and smoothing cost a tube of two voxels a sixth of its volume, a hip bone next to nothing.
    """
    normals = vertex_normals(surface)
    way_mm = 0.0
    moved = surface
    for _ in range(REGROWTH_STEPS):
        way_mm += (volume_mm3 - enclosed_mm3(moved)) / area_mm2(moved)
        way_mm = float(np.clip(way_mm, -MAX_REGROWTH_MM, MAX_REGROWTH_MM))
        moved = Surface(vertices_mm=surface.vertices_mm + way_mm * normals, triangles=surface.triangles)
    return moved


def refine(field: Field) -> Refined:
    """Return the surface of a structure; empty where there is nothing."""
    finest, parts, dust = _refined(field)
    return Refined(finest=finest, full=thinned(finest), parts=parts, dust=dust)


def _refined(field: Field) -> tuple[Surface, int, int]:
    """Return the smooth surface of a field, the number of parts kept and the number left out as dust."""
    parts = split(extract(field))
    volumes = [abs(enclosed_mm3(part)) for part in parts]
    dust = [n for n, volume in enumerate(volumes) if volume < DUST_MM3]
    dust_mm3 = sum(volumes[n] for n in dust)
    if dust_mm3 > DUST_FRACTION * sum(volumes):
        dust, dust_mm3 = [], 0.0
    kept = join([part for n, part in enumerate(parts) if n not in set(dust)])
    if len(kept.triangles) == 0:
        return kept, 0, 0
    voxel_mm3 = abs(field.patient_from_voxel.determinant)
    inside_mm3 = float(np.count_nonzero(field.array > field.level)) * voxel_mm3
    return with_volume(smooth(kept), inside_mm3 - dust_mm3), len(parts) - len(dust), len(dust)
