"""Bone whose surface follows the grey values of a CT, each bone with a level of its own that nobody is told."""

import numpy as np
from orview.segment.grey_bone import follow_greys

from benchmarks.model_ours import fields_of
from benchmarks.model_scenes import KnownScene, greys
from orview.mesh.refine import refine
from orview.segment.anatomy import anatomy_of
from orview.segment.outline import Outline


def bones_from_greys(scene: KnownScene) -> float:
    """Return the mean rms distance, mm, of the bones' finest surfaces to the truth, and print each bone's."""
    volume = greys(scene)
    print(f"\nbone from greys, {scene.name}")
    rms_mm = []
    for solid, field in zip(scene.solids, fields_of(scene.labels), strict=True):
        if solid not in scene.bones:
            continue
        outline = Outline(anatomy=anatomy_of(solid.name), field=field)
        plain = solid.truth.error_of(refine(field).finest)
        grey = solid.truth.error_of(refine(follow_greys(volume, outline).field).finest)
        print(
            f"  {solid.name:12s} rms {grey.rms_mm:.3f} mm, from the label alone {plain.rms_mm:.3f}; "
            f"Hausdorff {grey.hausdorff_mm:.2f} and {plain.hausdorff_mm:.2f}; "
            f"volume {100 * grey.volume_fraction:+.2f} %"
        )
        rms_mm.append(grey.rms_mm)
    return float(np.mean(rms_mm))
