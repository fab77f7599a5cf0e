"""How good a chain's surfaces are: distances both ways, volumes, parts kept, edges, and what it said of itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from benchmarks.model_scenes import KnownScene, label_parts
from benchmarks.model_truth import TrueError, edge_faults, part_count
from orview.image.volume import spacing_mm
from orview.mesh.surface import Surface
from orview.model.case import LevelError

CLAIM = 0.8
"""An error written beside a level is at least this part of the true one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SolidScore:
    """One structure of one level.

    Attributes:
        name: of its label.
        triangles: of the surface.
        error: its true distance from the truth.
        label_volume_fraction: enclosed volume less that of the label's voxels, as a fraction of theirs.
        kept: connected parts of the label map (26 neighbours) that the surface shows.
        held: connected parts of the label map.
        pieces: connected parts of the surface.
        open_edges, wrong_edges: edges of one triangle; of more than two, or of two that are not opposed.
    """

    name: str
    triangles: int
    error: TrueError
    label_volume_fraction: float
    kept: int
    held: int
    pieces: int
    open_edges: int
    wrong_edges: int


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelScore:
    """One level of one chain."""

    solids: tuple[SolidScore, ...]

    def only(self, names: Sequence[str]) -> "LevelScore":
        """Return the score of some structures."""
        return LevelScore(solids=tuple(one for one in self.solids if one.name in names))

    @property
    def triangles(self) -> int:
        """Of all structures."""
        return sum(one.triangles for one in self.solids)

    @property
    def rms_mm(self) -> float:
        """Mean of the structures' rms."""
        return float(np.mean([one.error.rms_mm for one in self.solids]))

    @property
    def hausdorff_mm(self) -> float:
        """The largest of all structures."""
        return max(one.error.hausdorff_mm for one in self.solids)

    @property
    def mean_hausdorff_mm(self) -> float:
        """Mean of the structures' Hausdorff distances."""
        return float(np.mean([one.error.hausdorff_mm for one in self.solids]))

    @property
    def volume_fraction(self) -> float:
        """The largest error of volume of all structures."""
        return max(abs(one.error.volume_fraction) for one in self.solids)

    @property
    def parts(self) -> tuple[int, int]:
        """Parts kept, and parts the label map holds."""
        return sum(one.kept for one in self.solids), sum(one.held for one in self.solids)

    @property
    def faults(self) -> tuple[int, int]:
        """Open and non-manifold edges of all structures."""
        return sum(one.open_edges for one in self.solids), sum(one.wrong_edges for one in self.solids)


class Judge:
    """A scene ready to score surfaces: what costs time about its truth and its labels is done once."""

    def __init__(self, scene: KnownScene) -> None:
        self.scene = scene
        matrix = scene.labels.patient_from_voxel
        self._near_mm = 0.5 * float(spacing_mm(matrix).mean())
        self._voxel_mm3 = abs(matrix.determinant)
        self._parts: list[list[NDArray[np.float64]]] = []
        for value in range(1, len(scene.solids) + 1):
            k, j, i = np.nonzero(scene.labels.array == value)
            low = np.array([k.min(), j.min(), i.min()])
            box = np.zeros(np.array([k.max(), j.max(), i.max()]) - low + 1, dtype=bool)
            box[k - low[0], j - low[1], i - low[2]] = True
            number = label_parts(box, corners=True)[k - low[0], j - low[1], i - low[2]]
            centres = matrix.apply(np.stack([i, j, k], axis=1))
            order = np.argsort(number, kind="stable")
            self._parts.append(np.split(centres[order], np.flatnonzero(np.diff(number[order])) + 1))

    def score(self, surfaces: Sequence[Surface]) -> LevelScore:
        """Score one level: the surface of each solid, in the scene's order."""
        return LevelScore(solids=tuple(self._score(number, surface) for number, surface in enumerate(surfaces)))

    def _score(self, number: int, surface: Surface) -> SolidScore:
        solid, parts = self.scene.solids[number], self._parts[number]
        error = solid.truth.error_of(surface)
        label_mm3 = sum(len(part) for part in parts) * self._voxel_mm3
        wrong = edge_faults(surface)
        return SolidScore(
            name=solid.name,
            triangles=len(surface.triangles),
            error=error,
            label_volume_fraction=(1.0 + error.volume_fraction) * solid.truth.volume_mm3 / label_mm3 - 1.0,
            kept=sum(self._shown(surface, parts)),
            held=len(parts),
            pieces=part_count(surface),
            open_edges=wrong[0],
            wrong_edges=wrong[1],
        )

    def _shown(self, surface: Surface, parts: Sequence[NDArray[np.float64]]) -> list[bool]:
        """Say of each part whether half of its voxels' centres are inside the surface or within half a voxel of it."""
        if len(surface.triangles) == 0:
            return [False] * len(parts)
        if len(parts) == 1:
            return [True]
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(
            o3d.core.Tensor.from_numpy(surface.vertices_mm.astype(np.float32)),
            o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
        )
        points = o3d.core.Tensor.from_numpy(np.concatenate(parts).astype(np.float32))
        inside = scene.compute_occupancy(points, nsamples=3).numpy() > 0.5
        near = scene.compute_distance(points).numpy() < self._near_mm
        ends = np.cumsum([len(part) for part in parts])[:-1]
        return [bool(part.mean() >= 0.5) for part in np.split(inside | near, ends)]


def lowest_claim(score: LevelScore, claims: Sequence[LevelError]) -> tuple[float, str]:
    """Return the smallest ratio of an error written to the true one, and whose it is.

    Args:
        score: the level.
        claims: what was written, in its order.
    """
    return min(lowest_ratio(one.name, one.error, written) for one, written in zip(score.solids, claims, strict=True))


def lowest_ratio(name: str, error: TrueError, written: LevelError) -> tuple[float, str]:
    """Return the smaller ratio of what is written of a surface, rms and Hausdorff, to its error; and in words."""
    return min(
        (claim / max(true, 1e-9), f"{name} {kind} {claim:.3f} for {true:.3f} mm")
        for kind, claim, true in (
            ("rms", written.rms_mm, error.rms_mm),
            ("Hausdorff", written.hausdorff_mm, error.hausdorff_mm),
        )
    )
