"""What the models are judged by: solids whose surface is known, and two-way distances to it.

A solid is a smooth function sampled so finely (0.2 to 0.5 mm) that between its samples a straight line is true to a
hundredth of a millimetre. Label maps are drawn from it at voxel centres, and the surface where it is zero is the
truth. The judge knows nothing of how a model was made and uses none of the product's measures.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import open3d as o3d
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from orview.geometry.affine import AffineTransform
from orview.mesh.surface import Surface
from orview.sim.shapes import Shape

MARGIN_MM = 2.0
SAMPLES = 40_000
"""Points of each side whose distance to the other is taken, spread evenly over the area."""

VERTICES = 100_000
"""Vertices of each side that are looked at for the largest distance."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A function on a grid along the patient's axes: negative inside, zero on the surface, positive outside.

    Attributes:
        values: (K, J, I) float32, about mm near the surface.
        origin_mm: (3,) of the first value, patient frame.
        step_mm: distance of the values.
    """

    values: NDArray[np.float32]
    origin_mm: NDArray[np.float64]
    step_mm: float

    @classmethod
    def of(cls, shape: Shape, *, step_mm: float) -> "Piece":
        """Sample a shape in its box."""
        low = shape.box.low_mm - MARGIN_MM
        counts = np.ceil((shape.box.high_mm + MARGIN_MM - low) / step_mm).astype(int) + 1
        x, y, z = ((low[n] + step_mm * np.arange(counts[n])).astype(np.float32) for n in range(3))
        open_grid = x[None, None, :], y[None, :, None], z[:, None, None]
        values = np.broadcast_to(shape.distance_mm(*open_grid), tuple(counts[::-1]))
        return cls(np.ascontiguousarray(values, dtype=np.float32), low, step_mm)

    @property
    def image(self) -> sitk.Image:
        """The samples with their place."""
        image = sitk.GetImageFromArray(self.values)
        image.SetOrigin(self.origin_mm.tolist())
        image.SetSpacing((self.step_mm,) * 3)
        return image

    def surface(self) -> Surface:
        """Return where the function is zero, patient mm, counter-clockwise seen from outside."""
        mesh = o3d.t.geometry.TriangleMesh.create_isosurfaces(o3d.core.Tensor.from_numpy(-self.values), [0.0])
        return Surface(
            vertices_mm=mesh.vertex.positions.numpy().astype(np.float64) * self.step_mm + self.origin_mm,
            triangles=mesh.triangle.indices.numpy().astype(np.int32),
        )

    def on_grid(
        self, shape: tuple[int, int, int], patient_from_voxel: AffineTransform
    ) -> tuple[tuple[slice, slice, slice], NDArray[np.float32]]:
        """Return the part of a grid the piece lies in and the function there, linear between its samples."""
        corners = self.origin_mm + self.step_mm * np.array(
            [
                (i, j, k)
                for i in (0, self.values.shape[2] - 1)
                for j in (0, self.values.shape[1] - 1)
                for k in (0, self.values.shape[0] - 1)
            ]
        )
        voxels = patient_from_voxel.inverse().apply(corners)
        sizes = np.array(shape[::-1])
        low = np.clip(np.floor(voxels.min(axis=0)).astype(int), 0, sizes - 1)
        high = np.clip(np.ceil(voxels.max(axis=0)).astype(int) + 1, low + 1, sizes)
        matrix = patient_from_voxel.matrix[:3, :3]
        spacing = np.linalg.norm(matrix, axis=0)
        values = sitk.Resample(
            self.image,
            [int(n) for n in high - low],
            sitk.Transform(),
            sitk.sitkLinear,
            patient_from_voxel.apply(low.astype(np.float64)).tolist(),
            spacing.tolist(),
            (matrix / spacing).ravel().tolist(),
            1000.0,
        )
        where = slice(low[2], high[2]), slice(low[1], high[1]), slice(low[0], high[0])
        return where, sitk.GetArrayFromImage(values)


@dataclass(frozen=True, eq=False)
class Solid:
    """A structure that is known: its name and its pieces, which do not touch."""

    name: str
    pieces: tuple[Piece, ...]

    @cached_property
    def truth(self) -> "Truth":
        """The true surface, ready to measure against."""
        surfaces = [piece.surface() for piece in self.pieces]
        offsets = np.cumsum([0, *(len(one.vertices_mm) for one in surfaces)])
        return Truth(
            Surface(
                vertices_mm=np.concatenate([one.vertices_mm for one in surfaces]),
                triangles=np.concatenate(
                    [one.triangles + np.int32(start) for one, start in zip(surfaces, offsets[:-1], strict=True)]
                ),
            )
        )


@dataclass(frozen=True, kw_only=True)
class TrueError:
    """How far a surface is from the truth, both ways.

    Attributes:
        rms_mm: root of the mean of both ways' mean squares.
        hausdorff_mm: farthest point of either side from the other.
        volume_fraction: enclosed volume less the true one, as a fraction of the true one.
    """

    rms_mm: float
    hausdorff_mm: float
    volume_fraction: float


class Truth:
    """A true surface, with what measuring against it costs paid once."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.volume_mm3 = volume_mm3(surface)
        self._centre_mm = surface.vertices_mm.mean(axis=0)
        self._scene = self._scene_of(surface)
        self._spread, self._corners = _points_of(surface)

    def error_of(self, surface: Surface) -> TrueError:
        """Measure a surface; one that is not there is infinitely far."""
        if len(surface.triangles) == 0:
            return TrueError(rms_mm=math.inf, hausdorff_mm=math.inf, volume_fraction=-1.0)
        scene = self._scene_of(surface)
        spread, corners = _points_of(surface)
        there, back = self._to(self._scene, spread), self._to(scene, self._spread)
        farthest = max(
            there.max(), back.max(), self._to(self._scene, corners).max(), self._to(scene, self._corners).max()
        )
        return TrueError(
            rms_mm=float(np.sqrt((np.mean(there**2) + np.mean(back**2)) / 2.0)),
            hausdorff_mm=float(farthest),
            volume_fraction=volume_mm3(surface) / self.volume_mm3 - 1.0,
        )

    def _scene_of(self, surface: Surface) -> o3d.t.geometry.RaycastingScene:
        # Embree counts in float32: about the centre it keeps a tenth of a micrometre.
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(
            o3d.core.Tensor.from_numpy((surface.vertices_mm - self._centre_mm).astype(np.float32)),
            o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
        )
        return scene

    def _to(self, scene: o3d.t.geometry.RaycastingScene, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        query = o3d.core.Tensor.from_numpy((points_mm - self._centre_mm).astype(np.float32))
        return np.asarray(scene.compute_distance(query).numpy(), dtype=np.float64)


def volume_mm3(surface: Surface) -> float:
    """Return the enclosed volume."""
    a, b, c = ((surface.vertices_mm - surface.vertices_mm.mean(axis=0))[surface.triangles[:, n]] for n in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)


def edge_faults(surface: Surface) -> tuple[int, int]:
    """Return the number of open edges (of one triangle) and of non-manifold ones (of more than two, or not opposed)."""
    ends = surface.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
    low, high = ends.min(axis=1), ends.max(axis=1)
    forward = ends[:, 0] < ends[:, 1]
    _, edge, count = np.unique(low * (high.max(initial=0) + 1) + high, return_inverse=True, return_counts=True)
    ahead = np.bincount(edge, weights=forward, minlength=len(count))
    return int(np.count_nonzero(count == 1)), int(np.count_nonzero((count > 1) & ((count != 2) | (ahead != 1))))


def part_count(surface: Surface) -> int:
    """Return the number of connected parts of a surface."""
    if len(surface.triangles) == 0:
        return 0
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(surface.vertices_mm), o3d.utility.Vector3iVector(surface.triangles)
    )
    return len(np.asarray(mesh.cluster_connected_triangles()[1]))


def _points_of(surface: Surface) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points spread evenly over a surface (N, 3) and vertices of it (M, 3), always the same ones."""
    rng = np.random.default_rng(11)
    a, b, c = (surface.vertices_mm[surface.triangles[:, n]] for n in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    chosen = np.searchsorted(np.cumsum(areas), rng.random(SAMPLES) * areas.sum())
    chosen = np.minimum(chosen, len(areas) - 1)
    u, v = rng.random((2, SAMPLES, 1))
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u), np.where(over, 1.0 - v, v)
    spread = a[chosen] + u * (b - a)[chosen] + v * (c - a)[chosen]
    return spread, surface.vertices_mm[:: -(-len(surface.vertices_mm) // VERTICES)]
