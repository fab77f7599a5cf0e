"""The planes angles are told against: the upper end plate of S1, and the midline of the pelvis."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.mesh.measure import double_areas
from orview.mesh.surface import Surface
from orview.plan.solid import Solid

Floats = NDArray[np.float64]

LEAST_PAIRS = 2
"""Structures of the left with their fellows of the right that a midline is drawn between."""
DISC_MM = (1.0, 18.0)
"""How far the end plates of L5 and S1 lie apart; what lies nearer or farther faces something else."""
FACING_COSINE = 0.85
"""How straight a piece of the sacrum must look at L5."""
FLAT_MM = 2.5
"""How far the end plate's rim and hollow stand from its plane."""
PLATE_MM2 = (500.0, 3500.0)
"""Area of an end plate: 30 x 45 mm and its variation (Zhou et al. 2000, doi 10.1007/s005860050039, for L5)."""
_TRIES, _STEPS, _SEED = 300, 10, 20


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferencePlane:
    """An unbounded plane, patient frame.

    Attributes:
        point_mm: (3,) on it.
        normal: (3,) unit: of the midline to the patient's left, of the end plate out of S1 (upwards).
    """

    point_mm: Floats
    normal: Floats


def midline(centers_mm: Mapping[str, Floats]) -> ReferencePlane | None:
    """Return the mid-sagittal plane by centres (3,) of structures that come in pairs, None where too few do.

    Args:
        centers_mm: by key of the structure; pairs end in `_left` and `_right`.
    """
    pairs = [
        (center, centers_mm[key.removesuffix("_left") + "_right"])
        for key, center in centers_mm.items()
        if key.endswith("_left") and key.removesuffix("_left") + "_right" in centers_mm
    ]
    if len(pairs) < LEAST_PAIRS:
        return None
    left, right = (np.array(side) for side in zip(*pairs, strict=True))
    # Long pairs tell the direction better than short ones: the plain sum weighs them so.
    normal = (left - right).sum(axis=0)
    return ReferencePlane(point_mm=(0.5 * (left + right)).mean(axis=0), normal=normal / np.linalg.norm(normal))


def s1_end_plate(sacrum: Surface, l5: Surface) -> ReferencePlane | None:
    """Return the upper end plate of S1: the largest flat piece of the sacrum that faces L5 across a disc.

    The plane is found among those of chosen triangles by the area that lies in it (RANSAC, Fischler and Bolles 1981,
    doi 10.1145/358669.358692), with a seed of its own so that equal surfaces give equal planes, and is then fitted
    to that area (least squares). None where no such piece is of an end plate's size.
    """
    if len(sacrum.triangles) == 0 or len(l5.triangles) == 0:
        return None
    middles = sacrum.vertices_mm[sacrum.triangles].mean(axis=1)
    doubled = double_areas(sacrum)
    areas = 0.5 * np.linalg.norm(doubled, axis=1)
    normals = 0.5 * doubled / np.maximum(areas, 1e-12)[:, None]
    low, high = l5.vertices_mm.min(axis=0) - DISC_MM[1], l5.vertices_mm.max(axis=0) + DISC_MM[1]
    near = np.flatnonzero(((middles > low) & (middles < high)).all(axis=1) & (areas > 0.0))
    offsets = Solid(l5).nearest_mm(middles[near]) - middles[near]
    gaps = np.linalg.norm(offsets, axis=1)
    facing = np.einsum("nx,nx->n", offsets, normals[near]) > FACING_COSINE * gaps
    near = near[facing & (gaps > DISC_MM[0]) & (gaps < DISC_MM[1])]
    if len(near) < 3:
        return None
    return _flattest(middles[near], normals[near], areas[near])


def _flattest(middles: Floats, normals: Floats, areas: Floats) -> ReferencePlane | None:
    rng = np.random.default_rng(_SEED)
    best, best_mm2 = np.zeros(len(middles), dtype=bool), 0.0
    for chosen in rng.choice(len(middles), size=_TRIES, p=areas / areas.sum()):
        inside = _in_plane(middles, normals, middles[chosen], normals[chosen])
        if areas[inside].sum() > best_mm2:
            best, best_mm2 = inside, float(areas[inside].sum())
    for _ in range(_STEPS):
        point, normal = _fitted(middles[best], normals[best], areas[best])
        again = _in_plane(middles, normals, point, normal)
        if not again.any() or (again == best).all():
            break
        best = again
    if not PLATE_MM2[0] <= float(areas[best].sum()) <= PLATE_MM2[1]:
        return None
    return ReferencePlane(point_mm=point, normal=normal)


def _in_plane(middles: Floats, normals: Floats, point: Floats, normal: Floats) -> NDArray[np.bool_]:
    return np.asarray((np.abs((middles - point) @ normal) < FLAT_MM) & (normals @ normal > FACING_COSINE))


def _fitted(middles: Floats, normals: Floats, areas: Floats) -> tuple[Floats, Floats]:
    point = np.average(middles, axis=0, weights=areas)
    spread = np.sqrt(areas)[:, None] * (middles - point)
    normal = np.linalg.svd(spread, full_matrices=False)[2][2]
    return point, np.asarray(normal * np.sign(normal @ (areas @ normals)))
