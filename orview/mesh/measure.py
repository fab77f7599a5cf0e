"""What can be said of a surface: size, parts, holes, normals."""

import numpy as np
from numpy.typing import NDArray

from orview.mesh.surface import Surface


def corners_mm(surface: Surface) -> NDArray[np.float64]:
    """Return the corners of every triangle: (M, 3 corners, 3) mm."""
    return surface.vertices_mm[surface.triangles]


def volume_mm3(surface: Surface) -> float:
    """Return the enclosed volume of a closed surface; negative where it faces inwards (a cavity)."""
    if len(surface.triangles) == 0:
        return 0.0
    about_middle = surface.vertices_mm[surface.triangles[:, 0]] - surface.vertices_mm.mean(axis=0)
    return float(np.einsum("ij,ij->", about_middle, double_areas(surface)) / 6.0)


def centroid_mm(surface: Surface, areas: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return the centre of mass (3,) of what a closed surface encloses, mm.

    Args:
        surface: with at least one vertex.
        areas: its `double_areas`, where they are at hand.
    """
    centre = surface.vertices_mm.mean(axis=0)
    away = np.ascontiguousarray(surface.vertices_mm.T) - centre[:, None]
    areas = double_areas(surface) if areas is None else areas
    corners = _corners(surface)
    weights = sum(axis[corners[0]] * along for axis, along in zip(away, areas.T, strict=True))
    total = float(np.sum(weights))
    if abs(total) < 1e-12:
        return np.asarray(centre)
    of_vertex = sum(np.bincount(corner, weights=weights, minlength=away.shape[1]) for corner in corners)
    return np.asarray(centre + away @ of_vertex / (4.0 * total))


def double_areas(surface: Surface) -> NDArray[np.float64]:
    """Return for each triangle (M, 3) its normal with the length of twice its area, mm2."""
    # One array an axis: three times as fast as rows of three.
    axes = np.ascontiguousarray(surface.vertices_mm.T)
    first, second, third = _corners(surface)
    a, b = [], []
    for axis in axes:
        start = axis[first]
        a.append(axis[second] - start)
        b.append(axis[third] - start)
    normals = np.empty((3, len(first)))
    for n in range(3):
        one, other = (n + 1) % 3, (n + 2) % 3
        np.multiply(a[one], b[other], out=normals[n])
        normals[n] -= a[other] * b[one]
    return normals.T


def _corners(surface: Surface) -> NDArray[np.intp]:
    """Return the rows of the triangles' first, second and third corners (3, M), ready to index with."""
    return np.ascontiguousarray(surface.triangles.T, dtype=np.intp)


def area_mm2(surface: Surface) -> float:
    """Return the area of all triangles."""
    return float(np.linalg.norm(double_areas(surface), axis=1).sum() / 2.0)


def open_edges(surface: Surface) -> int:
    """Return how many edges do not belong to exactly two triangles that run them in opposite directions.

    0 means closed, manifold along its edges, and facing one way.
    """
    first, second, third = surface.triangles.T.astype(np.int64)
    starts, ends = np.concatenate([first, second, third]), np.concatenate([second, third, first])
    count = max(len(surface.vertices_mm), 1)
    rises = starts < ends
    # Every edge of a closed surface is run upwards once and downwards once.
    upwards, downwards = starts[rises] * count + ends[rises], ends[~rises] * count + starts[~rises]
    upwards.sort()
    downwards.sort()
    repeated = [int(np.count_nonzero(keys[1:] == keys[:-1])) for keys in (upwards, downwards)]
    if np.array_equal(upwards, downwards):
        return sum(repeated)
    return sum(repeated) + 2 * len(np.setxor1d(upwards, downwards))


def part_of_vertex(surface: Surface) -> NDArray[np.int64]:
    """Return for every vertex the number of the connected part it belongs to, (N,), counted from 0.

    Every vertex hangs itself on a lower neighbour and whole trees are then taken for one, so the rounds grow with
    the logarithm of the surface's length. A vertex that no triangle uses is a part of its own.
    """
    itself = np.arange(len(surface.vertices_mm))
    root = itself
    corners = _corners(surface)
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = corners[0] ^ corners[1] ^ corners[2] ^ low ^ high
    upper, lower = np.concatenate([middle, high]), np.concatenate([low, middle])
    while len(upper):
        lowest = itself.copy()
        lowest[upper] = lower
        while not np.array_equal(farther := lowest[lowest], lowest):
            lowest = farther
        root = lowest[root]
        upper, lower = lowest[upper], lowest[lower]
        apart = np.flatnonzero(upper != lower)
        upper, lower = np.maximum(upper[apart], lower[apart]), np.minimum(upper[apart], lower[apart])
    return np.asarray((np.cumsum(root == itself) - 1)[root], dtype=np.int64)


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
    count = len(surface.vertices_mm)
    corners = _corners(surface)
    sums = np.empty((count, 3))
    for axis, weights in enumerate(np.ascontiguousarray(of_triangle.T)):
        sums[:, axis] = sum(np.bincount(corner, weights=weights, minlength=count) for corner in corners)
    return sums


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
