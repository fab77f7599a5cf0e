"""Levels of detail: how many triangles each structure gets, and how far each level is from the finest surface."""

from collections.abc import Callable
from dataclasses import dataclass

from orview.mesh.measure import Reference
from orview.mesh.refine import Refined
from orview.mesh.simplify import need, shares, simplify
from orview.mesh.surface import Surface
from orview.model.case import Level, LevelError
from orview.model.scene import Scene, ScenePart
from orview.segment.anatomy import Anatomy, Kind

BUDGETS = {Level.HEADSET: 190_000, Level.PREVIEW: 30_000}
"""Triangles of all structures together: the headset draws 200 k, and a preview is at most 300 kB on the wire."""

IMPORTANCE = {Kind.TUMOUR: 4.0, Kind.NERVE: 4.0, Kind.VESSEL: 2.0, Kind.BONE: 2.0, Kind.SKIN: 0.5, Kind.MUSCLE: 0.5}
"""How much finer than the rest a structure is made; a structure of twice the importance has half the error."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """One structure and its surfaces before any triangle is taken away."""

    anatomy: Anatomy
    refined: Refined


def build_levels(shapes: list[Shape], *, synthetic: bool, progress: Callable[[float], None]) -> tuple[Scene, ...]:
    """Return the scenes of all levels, coarsest first.

    Each structure gets triangles by its need (`mesh.simplify.need`) and importance, so that all of one importance
    come out about equally exact. The preview is taken from the headset level, a third of the time of starting
    over; errors are always measured against the finest surface.

    Args:
        shapes: structures, most important first, each with at least one triangle.
        synthetic: the case is no patient.
        progress: told how much is done, 0 to 1.
    """
    current = [shape.refined.full for shape in shapes]
    references = [Reference(shape.refined.finest) for shape in shapes]
    scenes = [_scene(Level.FULL, shapes, references, current, synthetic=synthetic)]
    progress(0.2)
    for step, level in enumerate((Level.HEADSET, Level.PREVIEW)):
        counts = [len(surface.triangles) for surface in current]
        needs = [
            need(surface) * IMPORTANCE.get(shape.anatomy.kind, 1.0)
            for shape, surface in zip(shapes, current, strict=True)
        ]
        targets = shares(needs, counts, BUDGETS[level])
        simplified = []
        for n, (surface, target) in enumerate(zip(current, targets, strict=True)):
            simplified.append(simplify(surface, target))
            progress(0.2 + 0.4 * (step + sum(counts[: n + 1]) / sum(counts)))
        current = simplified
        scenes.append(_scene(level, shapes, references, current, synthetic=synthetic))
    return tuple(reversed(scenes))


def _scene(
    level: Level, shapes: list[Shape], references: list[Reference], surfaces: list[Surface], *, synthetic: bool
) -> Scene:
    parts = []
    for shape, reference, surface in zip(shapes, references, surfaces, strict=True):
        apart = reference.distance(surface)
        error = LevelError(rms_mm=round(apart.rms_mm, 4), hausdorff_mm=round(apart.hausdorff_mm, 4))
        parts.append(ScenePart(anatomy=shape.anatomy, surface=surface, error=error))
    return Scene(level=level, parts=tuple(parts), synthetic=synthetic)
