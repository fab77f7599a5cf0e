"""Fewer triangles, no lost part: one connected part at a time, and what is torn is mended (meshoptimizer)."""

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from orview.mesh.measure import open_edges, part_of_vertex, used_only, volume_mm3
from orview.mesh.parts import Parts, joined
from orview.mesh.surface import Surface
from orview.mesh.unpinch import unpinched

FLOOR_TRIANGLES = 48
"""No part is asked to do with fewer: a bent tube of six sides and four rings still is a tube."""

TRIES = 4
"""How often a part is tried again, each time with half as many triangles more, before it is kept as it is."""


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
    return np.asarray(areas_mm2**2 / np.maximum(3.0 * np.abs(volumes_mm3), 1e-9))


def simplify(pieces: Parts, triangles: int, *, needs: NDArray[np.float64] | None = None) -> Parts:
    """Return a surface of about `triangles` triangles; every part stays, closed, manifold and in one piece.

    The vertices that stay do not move.

    Args:
        pieces: with as many parts as come back.
        triangles: for all parts together; floors come first.
        needs: (P,) weights of the parts; `need` of them by default.
    """
    if len(pieces.surface.triangles) <= triangles:
        return pieces
    available = np.diff(pieces.triangle_starts)
    if needs is None:
        needs = need(pieces.areas_mm2(), pieces.volumes_mm3())
    targets = shares(needs, available, triangles)
    return joined([_simplified(pieces.part(number), int(target)) for number, target in enumerate(targets)])


def _simplified(part: Surface, target: int) -> Surface:
    """Return a part with about `target` triangles, with more where it would tear, fold or vanish."""
    volume = volume_mm3(part)
    for _ in range(TRIES):
        if target >= len(part.triangles):
            break
        candidate = unpinched(_collapsed(part, target))
        if (
            len(candidate.triangles) >= 4
            and volume_mm3(candidate) * np.sign(volume) > 0.5 * abs(volume)
            and open_edges(candidate) == 0
            and part_of_vertex(candidate).max() == 0
        ):
            return candidate
        target += target // 2
    return part


def _collapsed(part: Surface, target: int) -> Surface:
    centre = part.vertices_mm.mean(axis=0)
    positions = np.ascontiguousarray(part.vertices_mm - centre, dtype=np.float32)
    indices = part.triangles.ravel().astype(np.uint32)
    kept = np.empty_like(indices)
    count = meshoptimizer.simplify(
        kept,
        indices,
        positions,
        target_index_count=3 * target,
        target_error=1e6,
        options=meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
    )
    return used_only(part.vertices_mm, kept[:count].reshape(-1, 3).astype(np.int32))
