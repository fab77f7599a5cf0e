"""One structure at several levels of detail, each with how far it may be from the true surface."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orview.mesh.fit import fitted, samples_of
from orview.mesh.nearest import Nearest
from orview.mesh.parts import Parts
from orview.mesh.refine import Refined
from orview.mesh.simplify import need, simplify
from orview.mesh.surface import Surface
from orview.mesh.unknown import unknown

QUADRICS_BELOW = 0.07
"""Share of the finest surface's triangles below which quadrics do the last step."""

MEASURE_BELOW = 0.4
SIMPLIFIER_FARTHEST = 4.0
"""With more triangles than this share no distances are taken: the simplifier's own error, which was seen to be 1.5 to 3
times the root mean square of the distances and a quarter of the farthest at the least, is a twentieth of the rest."""

SAMPLED = 0.22
SAMPLES_PER_VERTEX = 6
LEAST_SAMPLES = 3000
"""Vertices of the finest surface that a level is fitted to and measured at: at most this share of them, no more than so
many for each of the level's own, and how many at the least."""

MOST_REGROWTH_MM = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Thinned:
    """One structure at one level of detail.

    Attributes:
        pieces: its connected parts, as many as the finest surface has.
        rms_mm, hausdorff_mm: estimate of the two-way distance to the true surface, which counts what the voxels cannot
            know beside what was lost by taking triangles away; so also of the distance to the finest surface.
    """

    pieces: Parts
    rms_mm: float
    hausdorff_mm: float

    @property
    def surface(self) -> Surface:
        """All parts together."""
        return self.pieces.surface


def thin(refined: Refined, targets: Sequence[int]) -> tuple[Thinned, ...]:
    """Return a structure with about as many triangles as each target says, in their order.

    The result depends on nothing but the arguments. Vertices are taken away going from the finest surface down, each
    level laid anew through the finest surface itself.

    Args:
        refined: at least one triangle.
        targets: triangles of each level, falling.
    """
    needs = need(refined.areas_mm2, refined.volumes_mm3)
    left_open = unknown(refined)
    kept = refined.pieces
    own = Nearest(kept.surface)
    levels = []
    for target in targets:
        few = target < QUADRICS_BELOW * len(refined.finest.triangles)
        kept, simplifier_mm = simplify(kept, target, needs=needs, quadrics=few)
        nearest = Nearest(kept.surface)
        levels.append(_laid(refined, kept, nearest, simplifier_mm, left_open, strayed_from=own if few else None))
        own = own if few else nearest
    return tuple(levels)


def _laid(
    refined: Refined,
    kept: Parts,
    nearest: Nearest,
    simplifier_mm: float,
    left_open: tuple[float, float],
    *,
    strayed_from: Nearest | None,
) -> Thinned:
    """Return a level laid through the finest surface.

    Args:
        refined: the finest surface.
        kept: what was left of it.
        nearest: finds points of it.
        simplifier_mm: the simplifier's own error.
        left_open: what voxels cannot know, rms and farthest, mm.
        strayed_from: where its vertices are none of the finest surface's, the last level whose were.
    """
    finest = refined.pieces
    rms_mm = hausdorff_mm = 0.0
    pieces = kept
    share = len(kept.surface.triangles) / len(finest.surface.triangles)
    if MEASURE_BELOW <= share < 1.0:
        rms_mm, hausdorff_mm = simplifier_mm, SIMPLIFIER_FARTHEST * simplifier_mm
    elif share < MEASURE_BELOW:
        most = min(int(SAMPLED * len(finest.surface.vertices_mm)), SAMPLES_PER_VERTEX * len(kept.surface.vertices_mm))
        feet = nearest.feet(samples_of(finest, max(LEAST_SAMPLES, most)))
        laid, left_mm, moved_mm = fitted(kept, feet)
        pieces = laid.with_volumes(refined.volumes_mm3, most_mm=MOST_REGROWTH_MM)
        grown_mm = np.linalg.norm(pieces.surface.vertices_mm - laid.surface.vertices_mm, axis=1)
        # Where a level stands out no sample's foot need be, but a vertex is, and one of the finest surface's own lies
        # no farther off than it was moved.
        out_mm = moved_mm + grown_mm
        if strayed_from is not None:
            out_mm = strayed_from.distances_mm(pieces.surface.vertices_mm)
        rms_mm = math.sqrt(float(np.mean(left_mm**2)) + float(np.mean(grown_mm**2)))
        hausdorff_mm = max(float(left_mm.max()) + float(grown_mm.max()), float(out_mm.max()))
    unknown_rms_mm, unknown_mm = left_open
    return Thinned(pieces=pieces, rms_mm=math.hypot(rms_mm, unknown_rms_mm), hausdorff_mm=hausdorff_mm + unknown_mm)
