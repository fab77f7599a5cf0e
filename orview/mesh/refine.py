"""From a field to the surface all levels of detail are made of: smooth, closed, nothing thin lost.

Which voxels are inside decides how the surface hangs together (`mesh.nets`); smoothing only says where between them it
runs (`mesh.smooth_field`, `mesh.settle`). So every connected part of a label map is there, however thin.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.affine import AffineTransform
from orview.image.field import Field
from orview.image.volume import shifted
from orview.mesh.cells import WORD, crossed_cells
from orview.mesh.net_loops import triangles
from orview.mesh.nets import Net, net_of
from orview.mesh.parts import Parts, in_parts, joined
from orview.mesh.settle import normals_at, settled
from orview.mesh.smooth_field import PAD, grey_field, smooth_field
from orview.mesh.surface import Surface

DUST_MM3 = 5.0
DUST_FRACTION = 0.01
"""Connected parts of grey values smaller than `DUST_MM3` are noise and left out, unless together they are more than
this fraction of the structure. Of a label map nothing is left out."""

COARSE_CELLS = 3_000
"""A surface that passes more cells shares vertices between them; thin and small structures keep one for every cell."""

MOST_REGROWTH_VOXELS = 0.6
"""How far at most a part is moved out to win back the volume that smoothing took."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Refined:
    """The surface of one structure.

    Attributes:
        pieces: its connected parts, from every voxel; the reference all errors are measured against.
        dust: number of parts that were left out as noise.
        spacing_mm: (3,) the voxels' distances along i, j, k.
        axes: (3, 3) unit columns, the directions of i, j, k in the patient frame.
        doubt: how much of what yes/no voxels leave open about a surface the field left open (`image.field`).
        areas_mm2, volumes_mm3: (P,) of each part.
    """

    pieces: Parts
    dust: int
    spacing_mm: NDArray[np.float64]
    axes: NDArray[np.float64]
    doubt: float
    areas_mm2: NDArray[np.float64]
    volumes_mm3: NDArray[np.float64]

    @property
    def finest(self) -> Surface:
        """All parts together."""
        return self.pieces.surface

    @property
    def parts(self) -> int:
        """Number of connected parts."""
        return len(self.pieces)


def refine(field: Field) -> Refined:
    """Return the surface of a structure; empty where there is nothing.

    The result depends on nothing but the field.
    """
    spacing = np.linalg.norm(field.patient_from_voxel.matrix[:3, :3], axis=0)
    mask = padded_mask(field)
    cells = crossed_cells(mask)
    near = smooth_field(mask, cells, spacing) if field.binary else grey_field(field, cells, spacing)
    net = net_of(mask, cells, merge_above=COARSE_CELLS, direction=lambda points: normals_at(points, near))
    patient_from_padded = shifted(field.patient_from_voxel, (-PAD, -PAD, -PAD))
    surface = surface_of(net, settled(net, near), patient_from_padded)
    pieces, filled = in_parts(surface, net.filled)
    voxel_mm3 = abs(field.patient_from_voxel.determinant)
    dust = np.zeros(0, dtype=np.int64) if field.binary else _dust(pieces)
    if field.binary:
        pieces = pieces.with_volumes(filled * voxel_mm3, most_mm=MOST_REGROWTH_VOXELS * float(np.median(spacing)))
    elif len(dust):
        pieces = joined([pieces.part(n) for n in np.setdiff1d(np.arange(len(pieces)), dust)])
    return Refined(
        pieces=pieces,
        dust=len(dust),
        spacing_mm=spacing,
        axes=field.patient_from_voxel.matrix[:3, :3] / spacing,
        doubt=field.doubt,
        areas_mm2=pieces.areas_mm2(),
        volumes_mm3=pieces.volumes_mm3(),
    )


def padded_mask(field: Field) -> NDArray[np.uint8]:
    """Return what is inside as 1, with `PAD` zeros and more around, in rows of whole words (`mesh.cells`)."""
    sizes = [size + 2 * PAD for size in field.array.shape]
    sizes[2] += -sizes[2] % WORD
    mask = np.zeros(sizes, dtype=np.uint8)
    inner = mask[tuple(slice(PAD, PAD + size) for size in field.array.shape)]
    inner[...] = field.array if field.binary else field.array > field.level
    return mask


def surface_of(net: Net, vertices: NDArray[np.float32], patient_from_voxel: AffineTransform) -> Surface:
    """Return a net with its vertices at (N, 3) i, j, k as triangles, each quad cut along its shorter diagonal."""
    vertices_mm = patient_from_voxel.apply(vertices)
    # A left-handed grid mirrors the triangles: turned round, or every surface would be inside out.
    mirrored = patient_from_voxel.determinant < 0.0
    return Surface(vertices_mm=vertices_mm, triangles=triangles(vertices_mm, net.quads, mirrored))


def _dust(pieces: Parts) -> NDArray[np.int64]:
    """Return the numbers of the parts that are noise."""
    volumes = np.abs(pieces.volumes_mm3())
    dust = np.flatnonzero(volumes < DUST_MM3)
    return dust if volumes[dust].sum() <= DUST_FRACTION * volumes.sum() else dust[:0]
