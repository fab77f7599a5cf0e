"""Levels of detail: how many triangles each structure gets, and the scenes of all levels.

What a structure looks like at a level depends on that structure and its own number of triangles and on nothing else
(`mesh.levels.thin`), and the number follows from the structure's own need and one density that all share and that
moves in steps: another structure that changes a little leaves the number alone, and what was made can be kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.mesh.levels import Thinned
from orview.mesh.made import Facts, Made
from orview.mesh.simplify import FLOOR_TRIANGLES
from orview.model.case import Level, LevelError
from orview.model.scene import Scene, ScenePart
from orview.segment.anatomy import Anatomy, Kind
from orview.segment.parallel import Parallel

BUDGETS = {Level.FULL: 200_000, Level.HEADSET: 50_000, Level.PREVIEW: 10_000}
"""Triangles of all structures together, finest first."""

IMPORTANCE = {Kind.TUMOUR: 4.0, Kind.NERVE: 4.0, Kind.VESSEL: 2.0, Kind.BONE: 2.0, Kind.SKIN: 0.5, Kind.MUSCLE: 0.5}
"""How much finer than the rest a structure is made; a structure of twice the importance has half the error."""

STEPS_TO_DOUBLE = 16
"""Steps of the density of triangles from one to twice as much."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """One structure and its surface."""

    anatomy: Anatomy
    made: Made


def build_levels(
    shapes: Sequence[Shape], *, synthetic: bool, progress: Callable[[float], None], parallel: Parallel = map
) -> tuple[Scene, ...]:
    """Return the scenes of all levels, coarsest first.

    Args:
        shapes: structures, most important first, each with at least one triangle.
        synthetic: the case is no patient.
        progress: told how much is done, 0 to 1.
        parallel: like `map`.
    """
    jobs = list(zip(shapes, targets_of(shapes), strict=True))
    thinned: dict[int, tuple[Thinned, ...]] = {}
    for n, levels in largest_first(
        lambda job: job[0].made.levels(job[1]),
        jobs,
        sizes=[shape.made.facts.triangles for shape in shapes],
        parallel=parallel,
    ):
        thinned[n] = levels
        progress(len(thinned) / len(shapes))
    return scenes_of(shapes, [thinned[n] for n in range(len(shapes))], synthetic=synthetic)


def facts_of(
    shapes: Sequence[Shape], *, progress: Callable[[float], None], parallel: Parallel = map
) -> tuple[Facts, ...]:
    """Return the facts of each shape's finest surface, which is made for them where it is not kept.

    Args:
        shapes: structures.
        progress: told how much is done, 0 to 1.
        parallel: like `map`.
    """
    found: dict[int, Facts] = {}
    sizes = [shape.made.voxels for shape in shapes]
    for n, facts in largest_first(lambda shape: shape.made.facts, shapes, sizes=sizes, parallel=parallel):
        found[n] = facts
        progress(len(found) / len(shapes))
    return tuple(found[n] for n in range(len(shapes)))


def largest_first(
    call: Callable[[Any], Any], items: Sequence[Any], *, sizes: Sequence[int], parallel: Parallel
) -> Iterator[tuple[int, Any]]:
    """Call a function for each item, the largest first, so that no thread is left alone with the largest at the end.

    Yields:
        An item's number and what the call returned for it, in the order of the calls.
    """
    order = [int(n) for n in np.argsort(-np.asarray(sizes, dtype=np.int64), kind="stable")]
    return zip(order, parallel(call, [items[n] for n in order]), strict=True)


def targets_of(shapes: Sequence[Shape]) -> list[tuple[int, ...]]:
    """Return for each shape its number of triangles in each level of `BUDGETS`.

    Each gets triangles by its need (`mesh.simplify.need`) and importance, so that all of one importance come out about
    equally exact; never fewer than a floor for each of its parts. Very many parts can exceed a budget.
    """
    needs = np.array([shape.made.facts.need * IMPORTANCE.get(shape.anatomy.kind, 1.0) for shape in shapes])
    available = np.array([shape.made.facts.triangles for shape in shapes])
    floors = np.minimum(FLOOR_TRIANGLES * np.array([shape.made.facts.parts for shape in shapes]), available)
    columns = [_shared(needs, floors, available, budget) for budget in BUDGETS.values()]
    return [tuple(int(count) for count in row) for row in np.stack(columns, axis=1)]


def scenes_of(shapes: Sequence[Shape], thinned: Sequence[Sequence[Thinned]], *, synthetic: bool) -> tuple[Scene, ...]:
    """Return the scenes of all levels, coarsest first, of shapes and what `mesh.levels.thin` made of each."""
    return tuple(
        Scene(
            level=level,
            parts=tuple(
                ScenePart(
                    anatomy=shape.anatomy,
                    surface=levels[n].surface,
                    error=LevelError(rms_mm=round(levels[n].rms_mm, 4), hausdorff_mm=round(levels[n].hausdorff_mm, 4)),
                )
                for shape, levels in zip(shapes, thinned, strict=True)
            ),
            synthetic=synthetic,
        )
        for n, level in reversed(list(enumerate(BUDGETS)))
    )


def _shared(
    needs: NDArray[np.float64], floors: NDArray[np.int64], available: NDArray[np.int64], budget: int
) -> NDArray[np.int64]:
    """Return triangles (N,) at the highest density whose sum stays within the budget."""
    if available.sum() <= budget:
        return available

    def at(step: int) -> NDArray[np.int64]:
        wanted = (needs * 2.0 ** (step / STEPS_TO_DOUBLE)).astype(np.int64)
        return np.asarray(np.clip(wanted, floors, available))

    # Densities from a triangle for all of them to more than any has.
    low = int(np.floor(np.log2(1.0 / needs.sum()) * STEPS_TO_DOUBLE))
    high = int(np.ceil(np.log2(float((available / needs).max())) * STEPS_TO_DOUBLE)) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at(middle).sum() <= budget else (low, middle)
    return at(low)
