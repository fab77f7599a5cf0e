"""The first picture of a case, long before its models are made."""

from collections.abc import Sequence

import numpy as np

from orview.image.field import Field
from orview.mesh.simplify import FLOOR_TRIANGLES, need, shares, simplify
from orview.mesh.sketch import Sketch, sketched
from orview.model.case import Level, LevelError
from orview.model.lod import BUDGETS, largest_first
from orview.model.scene import Scene, ScenePart
from orview.segment.outline import Outline
from orview.segment.parallel import Parallel


def quick_preview(outlines: Sequence[Outline], *, synthetic: bool, parallel: Parallel = map) -> Scene:
    """Return a rough scene of about as many triangles as the preview level, marked as provisional.

    Made from blocks of voxels and not smoothed: it shows what is coming and where, and is replaced by the preview
    level. The errors written beside it are the diagonal of a block, and small parts can be missing.

    Args:
        outlines: structures, most important first; one that vanishes is left out.
        synthetic: the case is no patient.
        parallel: like `map`.
    """
    fields = [outline.field for outline in outlines]
    sizes = [field.array.size for field in fields]
    by_number = dict(largest_first(sketched, fields, sizes=sizes, parallel=parallel))
    sketches = [by_number[n] for n in range(len(fields))]
    pieces = [sketch.pieces for sketch in sketches]
    shown = [n for n, one in enumerate(pieces) if len(one)]
    needs = np.array([need(pieces[n].areas_mm2(), pieces[n].volumes_mm3()).sum() for n in shown])
    available = np.array([len(pieces[n].surface.triangles) for n in shown], dtype=np.int64)
    floors = FLOOR_TRIANGLES * sum(len(pieces[n]) for n in shown)
    targets = shares(needs, available, max(BUDGETS[Level.PREVIEW], floors)) if shown else available
    jobs = [(pieces[n], int(target)) for n, target in zip(shown, targets, strict=True)]
    thinned = dict(largest_first(lambda job: simplify(*job), jobs, sizes=[*available], parallel=parallel))
    parts = tuple(
        ScenePart(anatomy=outlines[n].anatomy, surface=few.surface, error=_error_of(outlines[n].field, sketches[n]))
        for n, few in ((n, thinned[place][0]) for place, n in enumerate(shown))
    )
    return Scene(level=Level.PREVIEW, parts=parts, synthetic=synthetic, provisional=True)


def _error_of(field: Field, sketch: Sketch) -> LevelError:
    spacing_mm = np.linalg.norm(field.patient_from_voxel.matrix[:3, :3], axis=0)
    diagonal_mm = sketch.block * float(np.linalg.norm(spacing_mm))
    return LevelError(rms_mm=round(0.5 * diagonal_mm, 3), hausdorff_mm=round(diagonal_mm, 3))
