"""A surface with its connected parts one after the other, so that each can be looked at and mended by itself."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from orview.compiled import plain
from orview.mesh.measure import double_areas, part_of_vertex, unit_normals, vertex_sums
from orview.mesh.measure_loops import volumes
from orview.mesh.surface import Surface

VOLUME_STEPS = 4
VOLUME_TOLERANCE = 0.0005
"""A part is near enough when its volume is within this share, or after this many steps."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """A closed surface whose connected parts follow one another, largest first.

    Attributes:
        surface: all of it.
        vertex_starts, triangle_starts: (P + 1,) where each part's rows begin; the last is the number of rows.
    """

    surface: Surface
    vertex_starts: NDArray[np.int64]
    triangle_starts: NDArray[np.int64]
    _double_areas: NDArray[np.float64] | None = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.vertex_starts) - 1

    def part(self, number: int) -> Surface:
        """Return one part by itself."""
        first, last = self.vertex_starts[number : number + 2]
        rows = slice(*self.triangle_starts[number : number + 2])
        return Surface(
            vertices_mm=self.surface.vertices_mm[first:last],
            triangles=self.surface.triangles[rows] - np.int32(first),
        )

    @property
    def double_areas(self) -> NDArray[np.float64]:
        """For each triangle (M, 3) its normal with the length of twice its area, mm2; computed once."""
        # No cached_property: before Python 3.12 it lets one thread at a time compute for all instances.
        if self._double_areas is None:
            object.__setattr__(self, "_double_areas", double_areas(self.surface))
        assert self._double_areas is not None
        return self._double_areas

    def volumes_mm3(self) -> NDArray[np.float64]:
        """Return what each part encloses (P,); negative where it faces inwards, a cavity."""
        if len(self) == 0:
            return np.zeros(0)
        surface = self.surface
        middle = surface.vertices_mm.mean(axis=0)
        vertices, triangles = plain(surface.vertices_mm, np.float64), plain(surface.triangles, np.int32)
        return volumes(vertices, triangles, plain(self.triangle_starts, np.int64), middle) / 6.0

    def areas_mm2(self) -> NDArray[np.float64]:
        """Return the area of each part (P,)."""
        return self._sums(np.sqrt(np.einsum("ij,ij->i", self.double_areas, self.double_areas)) / 2.0)

    def with_volumes(self, volumes_mm3: NDArray[np.float64], *, most_mm: float) -> "Parts":
        """Return the surface with each part moved along its normals, by one way all over, to enclose a volume (P,).

        Cutting corners and smoothing cost a tube of two voxels a sixth of its volume, a hip bone next to nothing.
        A part is moved by `most_mm` at most.
        """
        way_mm = np.zeros(len(self))
        moved = self
        normals = np.zeros((0, 3))
        part = np.repeat(np.arange(len(self)), np.diff(self.vertex_starts))
        for _ in range(VOLUME_STEPS):
            missing = volumes_mm3 - moved.volumes_mm3()
            if not (np.abs(missing) > VOLUME_TOLERANCE * np.abs(volumes_mm3)).any():
                break
            sums = vertex_sums(moved.double_areas, self.surface)
            if moved is self:
                normals = unit_normals(sums, self.surface)
            # A vertex that moves along n adds a sixth of n times the summed double areas around it.
            around = np.einsum("ix,ix->i", sums, normals)
            rate = np.add.reduceat(around, self.vertex_starts[:-1]) / 6.0
            way_mm = np.clip(way_mm + missing / np.maximum(rate, 1e-9), -most_mm, most_mm)
            vertices_mm = self.surface.vertices_mm + way_mm[part, None] * normals
            moved = replace(self, surface=replace(self.surface, vertices_mm=vertices_mm))
        return moved

    def _sums(self, of_triangle: NDArray[np.float64]) -> NDArray[np.float64]:
        if len(self) == 0:
            return np.zeros(0)
        return np.asarray(np.add.reduceat(of_triangle, self.triangle_starts[:-1]), dtype=np.float64)


def in_parts(surface: Surface, weights: NDArray[np.float64] | None = None) -> tuple[Parts, NDArray[np.float64]]:
    """Return a surface with its connected parts in order, and each part's sum of its vertices' weights (P,).

    Vertices of no triangle are left out.

    Args:
        surface: closed.
        weights: (N,) for the vertices; 1 each by default.
    """
    part = part_of_vertex(surface)
    if len(part) and not part.any():
        whole = Parts(
            surface=surface,
            vertex_starts=np.array([0, len(part)]),
            triangle_starts=np.array([0, len(surface.triangles)]),
        )
        return whole, np.array([len(part) if weights is None else weights.sum()], dtype=np.float64)
    of_triangle = part[surface.triangles[:, 0]]
    sizes = np.bincount(of_triangle, minlength=1)
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    count = int(np.count_nonzero(sizes))
    of_vertex, of_triangle = rank[part], rank[of_triangle]
    order = np.argsort(of_vertex, kind="stable")
    order = order[: np.count_nonzero(of_vertex < count)]
    place = np.zeros(len(part), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    parts = Parts(
        surface=Surface(
            vertices_mm=surface.vertices_mm[order],
            triangles=place[surface.triangles[np.argsort(of_triangle, kind="stable")]],
        ),
        vertex_starts=np.searchsorted(of_vertex[order], np.arange(count + 1)),
        triangle_starts=np.concatenate([[0], np.cumsum(sizes[np.argsort(-sizes, kind="stable")][:count])]),
    )
    return parts, np.bincount(of_vertex, weights=weights, minlength=count)[:count].astype(np.float64)


def joined(parts: list[Surface]) -> Parts:
    """Return surfaces, each connected, as the parts of one; their order is kept."""
    vertex_starts = np.cumsum([0, *(len(one.vertices_mm) for one in parts)])
    triangle_starts = np.cumsum([0, *(len(one.triangles) for one in parts)])
    triangles = [one.triangles + np.int32(start) for one, start in zip(parts, vertex_starts[:-1], strict=True)]
    return Parts(
        surface=Surface(
            vertices_mm=np.concatenate([np.zeros((0, 3)), *(one.vertices_mm for one in parts)]),
            triangles=np.concatenate([np.zeros((0, 3), dtype=np.int32), *triangles]),
        ),
        vertex_starts=vertex_starts,
        triangle_starts=triangle_starts,
    )
