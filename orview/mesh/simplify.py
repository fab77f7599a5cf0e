"""Fewer triangles, no lost part.

First the triangles that hardly matter (meshoptimizer, a twentieth of a millimetre, twenty times as fast),
then a level's budget by Open3D's quadric decimation (Garland & Heckbert 1997), one connected part at a time.
"""

import meshoptimizer
import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.mesh.measure import area_mm2, joined, open_edges, split, used_only, volume_mm3
from orview.mesh.surface import Surface

FLOOR_TRIANGLES = 48
"""No part is asked to do with fewer: a bent tube of six sides and four rings still is a tube."""

THINNING_ERRORS_MM = (0.05, 0.1)
ENOUGH_TRIANGLES = 100_000
"""A surface is thinned with the first error; with the second too where it still has more triangles than this."""

SLIVER_MM3 = 0.5

LARGE_TRIANGLES = 300_000
LARGE_THINNING_ERRORS_MM = (0.2, 0.15, 0.1)
"""A surface as large as this (the skin) is thinned with the first of these errors that leaves it whole."""


def thinned(surface: Surface) -> Surface:
    """Return a surface without the triangles whose loss moves it by a small part of a millimetre.

    A mask of 1 mm voxels gives five triangles where a smooth surface needs one. What comes out is closed and has the
    same number of parts, or it is the surface that went in.
    """
    if len(surface.triangles) == 0:
        return surface
    parts = len(split(surface))
    centre = surface.vertices_mm.mean(axis=0)
    positions = np.ascontiguousarray(surface.vertices_mm - centre, dtype=np.float32)
    indices = surface.triangles.ravel().astype(np.uint32)
    result = surface
    large = len(surface.triangles) > LARGE_TRIANGLES
    for error_mm in LARGE_THINNING_ERRORS_MM if large else THINNING_ERRORS_MM:
        kept = np.empty_like(indices)
        count = meshoptimizer.simplify(
            kept,
            indices,
            positions,
            target_index_count=3 * FLOOR_TRIANGLES * parts,
            target_error=error_mm,
            options=meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
        )
        candidate = unpinched(used_only(surface.vertices_mm, kept[:count].reshape(-1, 3).astype(np.int32)))
        pieces = split(candidate)
        if len(pieces) > parts:
            # What was taken apart may leave a sliver, a fold that enclosed next to nothing.
            pieces = [piece for piece in pieces if abs(volume_mm3(piece)) > SLIVER_MM3]
            candidate = joined(pieces)
        if open_edges(candidate) == 0 and len(pieces) == parts:
            result = candidate
            if large or len(result.triangles) <= ENOUGH_TRIANGLES:
                break
    return result


def unpinched(surface: Surface) -> Surface:
    """Return a surface whose edges with four triangles, where two sheets came to touch, are taken apart.

    The triangles around an end of such an edge fall into fans that hang together by ordinary edges; every fan but
    the first gets a vertex of its own in the same place. Nothing moves.
    """
    edges = np.sort(surface.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    keys, counts = np.unique(edges[:, 0] * len(surface.vertices_mm) + edges[:, 1], return_counts=True)
    pinched = keys[counts > 2]
    if len(pinched) == 0:
        return surface
    triangles = surface.triangles.copy()
    added: list[int] = []
    for vertex in np.unique(np.concatenate(np.divmod(pinched, len(surface.vertices_mm)))):
        for fan in _fans(triangles, int(vertex))[1:]:
            rows = triangles[fan]
            rows[rows == vertex] = len(surface.vertices_mm) + len(added)
            triangles[fan] = rows
            added.append(int(vertex))
    return Surface(vertices_mm=np.concatenate([surface.vertices_mm, surface.vertices_mm[added]]), triangles=triangles)


def _fans(triangles: NDArray[np.int32], vertex: int) -> list[list[int]]:
    """Return the rows of the triangles around a vertex, in groups that hang together by edges of two triangles."""
    around = [int(row) for row in np.flatnonzero((triangles == vertex).any(axis=1))]
    by_neighbour: dict[int, list[int]] = {}
    for row in around:
        for neighbour in triangles[row][triangles[row] != vertex]:
            by_neighbour.setdefault(int(neighbour), []).append(row)
    linked: dict[int, set[int]] = {row: set() for row in around}
    for rows in by_neighbour.values():
        if len(rows) == 2:
            linked[rows[0]].add(rows[1])
            linked[rows[1]].add(rows[0])
    fans: list[list[int]] = []
    left = set(around)
    while left:
        fan, waiting = [], [min(left)]
        while waiting:
            row = waiting.pop()
            if row in left:
                left.remove(row)
                fan.append(row)
                waiting.extend(linked[row] & left)
        fans.append(fan)
    return fans


def need(surface: Surface) -> float:
    """Return how many triangles a closed surface needs, relative to others at the same error.

    A triangle of edge l on a surface of radius r stands l^2 / (8 r) off it, so at equal error the
    number of triangles grows as area / radius, and the radius of a closed shape is about 3 V / A.
    """
    area = area_mm2(surface)
    return area * area / max(3.0 * abs(volume_mm3(surface)), 1e-9)


def shares(needs: list[float], available: list[int], total: int) -> list[int]:
    """Divide a budget of triangles: proportional to need, never below the floor, never above what is there.

    Args:
        needs: positive weights.
        available: triangles each one has.
        total: triangles for all together. Floors come first, so very many parts can exceed it.
    """
    given = [min(count, FLOOR_TRIANGLES) for count in available]
    rest = total - sum(given)
    open_ones = [n for n, count in enumerate(available) if count > given[n]]
    while rest > 0 and open_ones:
        weight = sum(needs[n] for n in open_ones)
        full = [n for n in open_ones if given[n] + rest * needs[n] / weight >= available[n]]
        if not full:
            for n in open_ones:
                given[n] += int(rest * needs[n] / weight)
            break
        for n in full:
            rest -= available[n] - given[n]
            given[n] = available[n]
        open_ones = [n for n in open_ones if n not in full]
    return given


def simplify(surface: Surface, triangles: int) -> Surface:
    """Return `surface` with about `triangles` triangles; every connected part stays, closed and in one piece.

    A part whose decimation would tear, fold through or vanish is tried again with twice the triangles, and kept
    as it is where nothing helps.
    """
    if len(surface.triangles) <= triangles:
        return surface
    parts = split(surface)
    targets = shares([need(part) for part in parts], [len(part.triangles) for part in parts], triangles)
    return joined([_simplify_part(part, target) for part, target in zip(parts, targets, strict=True)])


def _simplify_part(part: Surface, target: int) -> Surface:
    volume = volume_mm3(part)
    while target < len(part.triangles):
        # The class of open3d.t.geometry is a third faster and leaves non-manifold edges at strong reductions.
        mesh = o3d.geometry.TriangleMesh(
            o3d.utility.Vector3dVector(part.vertices_mm), o3d.utility.Vector3iVector(part.triangles)
        ).simplify_quadric_decimation(target)
        candidate = Surface(
            vertices_mm=np.asarray(mesh.vertices).copy(), triangles=np.asarray(mesh.triangles).astype(np.int32)
        )
        if (
            len(candidate.triangles) > 0
            and open_edges(candidate) == 0
            and len(split(candidate)) == 1
            and volume_mm3(candidate) * np.sign(volume) > 0.5 * abs(volume)
        ):
            return candidate
        target *= 2
    return part
