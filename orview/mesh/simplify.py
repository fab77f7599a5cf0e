"""Fewer triangles, no lost part: one connected part at a time, and what is torn is mended.

meshoptimizer does the work. It can only leave vertices where they are; the last step to very few triangles, and the few
parts it cannot bring down in one piece, are left to Open3D's quadrics, which take longer and let nobody else run.
"""

import meshoptimizer
import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from orview.mesh.measure import open_edges, part_of_vertex, used_only, volume_mm3
from orview.mesh.nearest import Nearest
from orview.mesh.parts import Parts, in_parts, joined
from orview.mesh.surface import Surface
from orview.mesh.unpinch import unpinched

FLOOR_TRIANGLES = 48
"""No part is asked to do with fewer: a bent tube of six sides and four rings still is a tube."""

SMALL_TRIANGLES = 2000
"""A part with no more triangles could have folded up, and its volume is looked at."""

LEAST_RADIUS_MM = 3.0
"""What is thinner is given no more for it, or fine nerves would take half of every budget."""

LEFT_TO_QUADRICS = 1.6
"""Where the quadrics do the last step they start from this many times the triangles wanted: at a quarter of the time as
exact as from ten times as many."""

GROWTH = 1.25
"""How many more triangles are left each time, where a part cannot be brought down in one piece."""

LOOKED_AT = 4
"""Every so many-th vertex is asked how far the quadrics came from it."""

CRUMB_ERRORS = 4.0
CRUMB_SHARE = 0.01
"""What tore off is let go where it lies no farther off than this many times the simplifier's own error, which the
farthest points reach anyway, and holds no more than this share of the volume: the bridge of a pore, a folded rim."""


def shares(needs: NDArray[np.float64], available: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Divide a budget of triangles: proportional to need, never below the floor, never above what is there.

    Args:
        needs: (N,) positive weights.
        available: (N,) triangles each one has.
        total: triangles for all together. Floors come first, so very many parts can exceed it.
    """
    given = np.minimum(available, FLOOR_TRIANGLES)
    rest = total - int(given.sum())
    waiting = available > given
    while rest > 0 and waiting.any():
        due = given + rest * needs / needs[waiting].sum()
        full = waiting & (due >= available)
        if not full.any():
            return np.where(waiting, due.astype(np.int64), given)
        rest -= int((available - given)[full].sum())
        given = np.where(full, available, given)
        waiting &= ~full
    return given


def need(areas_mm2: NDArray[np.float64], volumes_mm3: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many triangles closed surfaces need (N,), relative to one another at the same error.

    A triangle of edge l on a surface of radius r stands l^2 / (8 r) off it, so at equal error the
    number of triangles grows as area / radius, and the radius of a closed shape is about 3 V / A.
    """
    radii_mm = np.maximum(3.0 * np.abs(volumes_mm3) / np.maximum(areas_mm2, 1e-9), LEAST_RADIUS_MM)
    return np.asarray(areas_mm2 / radii_mm)


def simplify(
    pieces: Parts, triangles: int, *, needs: NDArray[np.float64] | None = None, quadrics: bool = False
) -> tuple[Parts, float]:
    """Return a surface of about `triangles` triangles and the simplifier's own estimate of the error, mm.

    Every part stays, closed, manifold and in one piece.

    Args:
        pieces: with as many parts as come back.
        triangles: for all parts together; floors come first.
        needs: (P,) weights of the parts; `need` of them by default.
        quadrics: let them do the last step; slower, and the exacter the fewer triangles are left.
    """
    if len(pieces.surface.triangles) <= triangles:
        return pieces, 0.0
    available = np.diff(pieces.triangle_starts)
    if needs is None:
        needs = need(pieces.areas_mm2(), pieces.volumes_mm3())
    targets = shares(needs, available, triangles)
    done = [_simplified(pieces.part(number), int(target), quadrics) for number, target in enumerate(targets)]
    return joined([part for part, _ in done]), max(error_mm for _, error_mm in done)


def _simplified(part: Surface, target: int, quadrics: bool) -> tuple[Surface, float]:
    """Return a part with at most `target` triangles and the simplifier's own error, mm.

    More triangles are left where the part would tear, fold or vanish with so few.
    """
    if target >= len(part.triangles):
        return part, 0.0
    while target < len(part.triangles):
        more = int(GROWTH * target)
        # A few more triangles cost less than quadrics do.
        ways = ((_by_both, target), (_collapsed, target), (_collapsed, more), (_by_quadrics, target))
        for collapsed, wanted in ways if quadrics else ways[1:]:
            torn, error_mm = collapsed(part, wanted)
            candidate = _mended(torn, part, error_mm)
            if candidate is not None:
                return candidate, error_mm
        target = int(GROWTH * more)
    return part, 0.0


def _mended(candidate: Surface, part: Surface, error_mm: float) -> Surface | None:
    """Return a candidate closed, manifold and in one piece; None where it no longer is the part it was made of."""
    if len(candidate.triangles) < 4:
        return None
    torn = open_edges(candidate) > 0
    if torn:
        candidate = unpinched(candidate)
    if part_of_vertex(candidate).max() > 0:
        pieces, _ = in_parts(candidate)
        candidate = pieces.part(0)
        crumbs_mm = pieces.surface.vertices_mm[len(candidate.vertices_mm) :]
        away_mm = Nearest(candidate).distances_mm(crumbs_mm)
        volumes = np.abs(pieces.volumes_mm3())
        if away_mm.max() > CRUMB_ERRORS * error_mm or volumes[1:].sum() > CRUMB_SHARE * volumes[0]:
            return None
    if torn and open_edges(candidate):
        return None
    if len(candidate.triangles) <= SMALL_TRIANGLES:
        volume = volume_mm3(part)
        if volume_mm3(candidate) * np.sign(volume) < 0.5 * abs(volume):
            return None
    return candidate


def _collapsed(part: Surface, target: int) -> tuple[Surface, float]:
    centre = part.vertices_mm.mean(axis=0)
    positions = np.ascontiguousarray(part.vertices_mm - centre, dtype=np.float32)
    indices = part.triangles.ravel().astype(np.uint32)
    kept = np.empty_like(indices)
    error_mm = np.zeros(1, dtype=np.float32)
    count = meshoptimizer.simplify(
        kept,
        indices,
        positions,
        target_index_count=3 * target,
        target_error=1e6,
        options=meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
        result_error=error_mm,
    )
    return used_only(part.vertices_mm, kept[:count].reshape(-1, 3).astype(np.int32)), float(error_mm[0])


def _by_quadrics(part: Surface, target: int) -> tuple[Surface, float]:
    """Return what Open3D's quadrics leave of a part, and a quarter of how far at most it lies from the part's vertices.

    So the error means what meshoptimizer's does (`CRUMB_ERRORS`), mm.
    """
    centre = part.vertices_mm.mean(axis=0)
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(part.vertices_mm - centre), o3d.utility.Vector3iVector(part.triangles)
    )
    few = mesh.simplify_quadric_decimation(target)
    surface = used_only(np.asarray(few.vertices) + centre, np.asarray(few.triangles, dtype=np.int32))
    if len(surface.triangles) == 0:
        return surface, 0.0
    away_mm = Nearest(surface).distances_mm(part.vertices_mm[::LOOKED_AT])
    return surface, float(away_mm.max()) / CRUMB_ERRORS


def _by_both(part: Surface, target: int) -> tuple[Surface, float]:
    halfway, error_mm = _simplified(part, int(LEFT_TO_QUADRICS * target), False)
    surface, more_mm = _by_quadrics(halfway, target)
    return surface, error_mm + more_mm
