"""What can be said of a surface: size, parts, holes, normals."""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import plain
from orview.mesh import measure_loops as loops
from orview.mesh.surface import Surface


def corners_mm(surface: Surface) -> NDArray[np.float64]:
    """Return the corners of every triangle: (M, 3 corners, 3) mm."""
    return surface.vertices_mm[surface.triangles]


def volume_mm3(surface: Surface) -> float:
    """Return the enclosed volume of a closed surface; negative where it faces inwards (a cavity)."""
    if len(surface.triangles) == 0:
        return 0.0
    whole = np.array([0, len(surface.triangles)])
    return float(loops.volumes(*_arrays(surface), whole, surface.vertices_mm.mean(axis=0))[0]) / 6.0


def centroid_mm(surface: Surface) -> NDArray[np.float64]:
    """Return the centre of mass (3,) of what a closed surface with at least one vertex encloses, mm."""
    centre = surface.vertices_mm.mean(axis=0)
    total, moments = loops.moments(*_arrays(surface), centre)
    return np.asarray(centre if abs(total) < 1e-12 else centre + moments / (4.0 * total))


def double_areas(surface: Surface) -> NDArray[np.float64]:
    """Return for each triangle (M, 3) its normal with the length of twice its area, mm2."""
    return loops.double_areas(*_arrays(surface))


def area_mm2(surface: Surface) -> float:
    """Return the area of all triangles."""
    return float(np.linalg.norm(double_areas(surface), axis=1).sum() / 2.0)


def open_edges(surface: Surface) -> int:
    """Return how many edges do not belong to exactly two triangles that run them in opposite directions.

    0 means closed, manifold along its edges, and facing one way.
    """
    return loops.open_edges(len(surface.vertices_mm), _arrays(surface)[1])


def part_of_vertex(surface: Surface) -> NDArray[np.int64]:
    """Return for every vertex the number of the connected part it belongs to, (N,), counted from 0.

    A vertex that no triangle uses is a part of its own.
    """
    return loops.parts(len(surface.vertices_mm), _arrays(surface)[1])


def split(surface: Surface) -> list[Surface]:
    """Return the connected parts of a surface, largest first; vertices no triangle uses are left out."""
    if len(surface.triangles) == 0:
        return []
    part = part_of_vertex(surface)[surface.triangles[:, 0]]
    order = np.argsort(part, kind="stable")
    bounds = np.flatnonzero(np.diff(part[order])) + 1
    parts = [used_only(surface.vertices_mm, surface.triangles[rows]) for rows in np.split(order, bounds)]
    return sorted(parts, key=lambda one: len(one.triangles), reverse=True)


def used_only(vertices_mm: NDArray[np.float64], triangles: NDArray[np.int32]) -> Surface:
    """Return triangles (M, 3) over (N, 3) mm as a surface of the vertices they use."""
    is_used = np.zeros(len(vertices_mm), dtype=bool)
    is_used[triangles] = True
    number = np.cumsum(is_used, dtype=np.int32) - np.int32(1)
    return Surface(vertices_mm=vertices_mm[is_used], triangles=number[triangles])


def joined(surfaces: list[Surface]) -> Surface:
    """Return several surfaces as one."""
    offsets = np.cumsum([0, *(len(one.vertices_mm) for one in surfaces)])
    return Surface(
        vertices_mm=np.concatenate([np.zeros((0, 3)), *(one.vertices_mm for one in surfaces)]),
        triangles=np.concatenate(
            [
                np.zeros((0, 3), dtype=np.int32),
                *(one.triangles + np.int32(offset) for one, offset in zip(surfaces, offsets[:-1], strict=True)),
            ]
        ),
    )


def vertex_sums(of_triangle: NDArray[np.float64], surface: Surface) -> NDArray[np.float64]:
    """Return for each vertex (N, 3) the sum over its triangles of what each has (M, 3)."""
    return loops.vertex_sums(len(surface.vertices_mm), _arrays(surface)[1], np.ascontiguousarray(of_triangle))


def vertex_normals(surface: Surface) -> NDArray[np.float64]:
    """Return unit normals (N, 3), each the area-weighted mean of its triangles.

    Where the mean is nothing (a sliver folded onto itself) the direction away from the centre stands in,
    because a glTF normal must have length 1.
    """
    return unit_normals(vertex_sums(double_areas(surface), surface), surface)


def unit_normals(sums: NDArray[np.float64], surface: Surface) -> NDArray[np.float64]:
    """Return `vertex_normals` where each vertex's sum of double areas (N, 3) is at hand."""
    length = np.sqrt(np.einsum("ij,ij->i", sums, sums))
    lost = length < 1e-9
    normals = sums / np.where(lost, 1.0, length)[:, None]
    if lost.any():
        away = surface.vertices_mm[lost] - surface.vertices_mm.mean(axis=0) + (0.0, 0.0, 1e-6)
        normals[lost] = away / np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(normals)


def _arrays(surface: Surface) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return a surface's arrays the one way the loops below are compiled for."""
    return plain(surface.vertices_mm, np.float64), plain(surface.triangles, np.int32)
