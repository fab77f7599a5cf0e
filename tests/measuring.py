"""What the product is judged by: a plain isosurface, and the distance between two surfaces."""

from dataclasses import dataclass

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.image.field import Field
from orview.image.volume import shifted
from orview.mesh.measure import corners_mm
from orview.mesh.surface import Surface

MAX_SAMPLES = 30_000
"""Points of one surface whose distance to the other is taken; larger surfaces are sampled evenly."""

_INSIDE_TRIANGLE = np.array([(1, 1, 1), (4, 1, 1), (1, 4, 1), (1, 1, 4)], dtype=np.float64)
_INSIDE_TRIANGLE /= _INSIDE_TRIANGLE.sum(axis=1, keepdims=True)


@dataclass(frozen=True, kw_only=True)
class SurfaceDistance:
    """Two-way distance between two surfaces, over samples of both.

    Attributes:
        rms_mm: root mean square.
        p95_mm: 95 % of the samples lie nearer.
        hausdorff_mm: the farthest sample.
    """

    rms_mm: float
    p95_mm: float
    hausdorff_mm: float


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


class Reference:
    """A surface others are measured against; what it costs to prepare is paid once.

    Raises:
        ContractError: the surface is empty.
    """

    def __init__(self, surface: Surface) -> None:
        # Embree counts in float32: about the surface's own centre it keeps a tenth of a micrometre.
        self._centre_mm = surface.vertices_mm.mean(axis=0) if len(surface.vertices_mm) else np.zeros(3)
        self._scene = self._scene_of(surface)
        self._samples = _sampled(surface.vertices_mm)

    def distance(self, other: Surface) -> SurfaceDistance:
        """Measure the two-way distance to another surface, which has the fewer triangles.

        Samples are all vertices of both and four points inside every triangle of the other, every n-th where there
        are more than `MAX_SAMPLES`; the distances of the samples are exact (Open3D's ray-casting scene).

        Raises:
            ContractError: the other surface is empty.
        """
        scene = self._scene_of(other)
        inside = np.einsum("pc,mcx->mpx", _INSIDE_TRIANGLE, corners_mm(other)).reshape(-1, 3)
        points = _sampled(np.concatenate([other.vertices_mm, inside]))
        distances = np.concatenate([self._to(scene, self._samples), self._to(self._scene, points)])
        return SurfaceDistance(
            rms_mm=float(np.sqrt(np.mean(distances**2))),
            p95_mm=float(np.percentile(distances, 95)),
            hausdorff_mm=float(distances.max()),
        )

    def _scene_of(self, surface: Surface) -> o3d.t.geometry.RaycastingScene:
        if len(surface.triangles) == 0:
            raise ContractError("The distance to an empty surface is not defined.")
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(
            o3d.core.Tensor.from_numpy((surface.vertices_mm - self._centre_mm).astype(np.float32)),
            o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
        )
        return scene

    def _to(self, scene: o3d.t.geometry.RaycastingScene, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        query = o3d.core.Tensor.from_numpy((points_mm - self._centre_mm).astype(np.float32))
        return np.asarray(scene.compute_distance(query).numpy(), dtype=np.float64)


def distance(a: Surface, b: Surface) -> SurfaceDistance:
    """Measure the two-way distance of two surfaces (`Reference.distance`).

    Raises:
        ContractError: one of the surfaces is empty.
    """
    if len(a.triangles) < len(b.triangles):
        a, b = b, a
    return Reference(a).distance(b)


def _sampled(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points[:: -(-len(points) // MAX_SAMPLES)]
