"""Bone whose surface follows the grey values of a CT, each bone with a level of its own that nobody is told."""

from collections.abc import Sequence

import numpy as np

from benchmarks.model_ours import labelled
from benchmarks.model_scenes import KnownScene, greys
from benchmarks.model_score import lowest_ratio
from benchmarks.model_truth import Solid
from orview.mesh.made import Made
from orview.mesh.refine import refine
from orview.model.lod import Shape, build_levels, facts_of
from orview.segment.grey_bone import follow
from orview.segment.outline import Outline
from orview.segment.parallel import Parallel


def bones_from_greys(scene: KnownScene, parallel: Parallel) -> tuple[float, tuple[float, str]]:
    """Print how each bone's surface, drawn by grey values, lies to the truth.

    Returns:
        The mean rms distance of the finest surfaces, mm, and the lowest ratio of an error written to the true one
        at any level, with whose it is.
    """
    volume = greys(scene)
    print(f"\nbone from greys, {scene.name}")
    rms_mm, bones, outlines = [], [], []
    for solid, outline in zip(scene.solids, labelled(scene.labels, volume), strict=True):
        if solid not in scene.bones:
            continue
        followed = follow(volume, outline).outline
        bones.append(solid)
        outlines.append(followed)
        plain = solid.truth.error_of(refine(outline.field).finest)
        grey = solid.truth.error_of(refine(followed.field).finest)
        print(
            f"  {solid.name:12s} rms {grey.rms_mm:.3f} mm, from the label alone {plain.rms_mm:.3f}; "
            f"Hausdorff {grey.hausdorff_mm:.2f} and {plain.hausdorff_mm:.2f}; "
            f"volume {100 * grey.volume_fraction:+.2f} %"
        )
        rms_mm.append(grey.rms_mm)
    claim = _lowest_claim(bones, outlines, parallel)
    print(f"  lowest of what was written to what is true: {claim[0]:.2f} ({claim[1]})")
    return float(np.mean(rms_mm)), claim


def _lowest_claim(bones: Sequence[Solid], outlines: Sequence[Outline], parallel: Parallel) -> tuple[float, str]:
    shapes = [Shape(anatomy=outline.anatomy, made=Made(outline.field)) for outline in outlines]
    facts_of(shapes, progress=lambda fraction: None, parallel=parallel)
    scenes = build_levels(shapes, synthetic=True, progress=lambda fraction: None, parallel=parallel)
    return min(
        lowest_ratio(
            f"{bone.name}, {len(part.surface.triangles)} triangles", bone.truth.error_of(part.surface), part.error
        )
        for scene in scenes
        for bone, part in zip(bones, scene.parts, strict=True)
    )
