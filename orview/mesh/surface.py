"""Voxels to triangles: a scalar field on a grid becomes a closed surface in patient millimetres."""

from dataclasses import dataclass

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.image.field import Field
from orview.image.volume import shifted

o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Triangles in the patient frame, counter-clockwise seen from outside.

    Attributes:
        vertices_mm: (N, 3) float64, patient mm.
        triangles: (M, 3) int32 rows of `vertices_mm`.
    """

    vertices_mm: NDArray[np.float64]
    triangles: NDArray[np.int32]


def extract(field: Field) -> Surface:
    """Return the closed surface where `field` crosses its level (Open3D's flying edges).

    Closed at the edge of the grid too: whatever is cut off there gets a flat end.
    """
    padded = np.pad(field.array.astype(np.float32), 1, constant_values=field.outside)
    mesh = o3d.t.geometry.TriangleMesh.create_isosurfaces(o3d.core.Tensor.from_numpy(padded), [field.level])
    if "indices" not in mesh.triangle or len(mesh.triangle.indices) == 0:
        return Surface(vertices_mm=np.zeros((0, 3)), triangles=np.zeros((0, 3), dtype=np.int32))
    triangles = mesh.triangle.indices.numpy().astype(np.int32)
    if field.patient_from_voxel.determinant < 0.0:
        # A left-handed grid mirrors the triangles: turn them, or every surface would be inside out.
        triangles = triangles[:, ::-1]
    patient_from_padded = shifted(field.patient_from_voxel, (-1, -1, -1))
    vertices_mm = patient_from_padded.apply(mesh.vertex.positions.numpy().astype(np.float64))
    return Surface(vertices_mm=vertices_mm, triangles=np.ascontiguousarray(triangles))
