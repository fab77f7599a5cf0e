"""The margin map: from each place of the tumour's surface to the nearest cut, and to what must not be hurt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.field import Field
from orview.mesh.refine import refine
from orview.mesh.surface import Surface
from orview.plan.cut_plane import CutPlane
from orview.plan.ground import Ground
from orview.plan.margin_colors import BANDS_MM
from orview.plan.solid import Solid
from orview.segment.anatomy import Kind

Floats = NDArray[np.float64]

SHELLS_MM = BANDS_MM[1:]
"""At which distances from the tumour there are shells."""
IN_THE_WAY = (Kind.NERVE, Kind.VESSEL, Kind.ORGAN)
"""What is kept clear of: told by its distance to the tumour."""
_SHELL_SPACING_MM = 2.0


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """How near a structure comes to the tumour; below zero where it lies in it.

    Attributes:
        key, name: of the structure.
        least_mm: between the two surfaces.
        at_mm: (3,) on the structure, patient frame.
    """

    key: str
    name: str
    least_mm: float
    at_mm: tuple[float, float, float]


def cut_distances_mm(points_mm: Floats, planes: Sequence[CutPlane]) -> Floats:
    """Return from points (N, 3) how far the nearest cut is: (N,), infinite without a plane.

    A point beyond a plane, within its rectangle's outline, lies on the side that is kept: its distance is below zero.
    """
    nearest = np.full(len(points_mm), np.inf)
    for plane in planes:
        distances = plane.distances_mm(points_mm)
        heights = plane.heights_mm(points_mm)
        beyond = (heights > 0.0) & plane.within(points_mm)
        nearest = np.minimum(nearest, np.where(beyond, -heights, distances))
    return nearest


def way_distances_mm(points_mm: Floats, ground: Ground) -> Floats:
    """Return from points (N, 3) how far the nearest nerve, vessel or organ is: (N,), below zero within one.

    Infinite where the case has none.
    """
    nearest = np.full(len(points_mm), np.inf)
    for body in ground.bodies.values():
        if body.kind in IN_THE_WAY and len(body.surface.triangles):
            nearest = np.minimum(nearest, Solid(body.surface).heights_mm(points_mm))
    return nearest


def nearby(ground: Ground) -> tuple[Nearby, ...]:
    """Return what lies near the tumour, nearest first: nerves, vessels and organs, by the corners of both surfaces."""
    found = []
    for body in ground.bodies.values():
        if body.kind not in IN_THE_WAY or len(body.surface.triangles) == 0:
            continue
        from_body = ground.tumour_solid.heights_mm(body.surface.vertices_mm)
        least_mm, at = float(from_body.min()), body.surface.vertices_mm[int(np.argmin(from_body))]
        from_tumour, feet = Solid(body.surface).feet(ground.tumour.vertices_mm)
        if from_tumour.min() < least_mm:
            least_mm, at = float(from_tumour.min()), feet[int(np.argmin(from_tumour))]
        x, y, z = (float(value) for value in at)
        found.append(Nearby(key=body.key, name=body.name, least_mm=least_mm, at_mm=(x, y, z)))
    return tuple(sorted(found, key=lambda one: one.least_mm))


def shells(ground: Ground) -> Mapping[float, Surface]:
    """Return the surfaces that lie 5, 10 and 15 mm round the tumour, by their distance."""
    widest = max(SHELLS_MM) + 2.0 * _SHELL_SPACING_MM
    low = ground.tumour.vertices_mm.min(axis=0) - widest
    counts = np.ceil((ground.tumour.vertices_mm.max(axis=0) + widest - low) / _SHELL_SPACING_MM).astype(int) + 1
    k, j, i = np.mgrid[: counts[2], : counts[1], : counts[0]]
    points = low + _SHELL_SPACING_MM * np.stack([i, j, k], axis=-1)
    heights = ground.tumour_solid.heights_mm(points.reshape(-1, 3)).reshape(k.shape)
    matrix = np.diag([_SHELL_SPACING_MM] * 3 + [1.0])
    matrix[:3, 3] = low
    grid = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
    return MappingProxyType(
        {
            shell_mm: refine(
                Field(
                    array=(shell_mm - heights).astype(np.float32), level=0.0, outside=-widest, patient_from_voxel=grid
                )
            ).finest
            for shell_mm in SHELLS_MM
        }
    )
