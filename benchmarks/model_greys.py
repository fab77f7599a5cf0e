"""Bone whose surface follows the grey values of a CT, each bone with a level of its own that nobody is told."""

import numpy as np

from benchmarks.model_ours import labelled
from benchmarks.model_scenes import KnownScene, greys
from orview.mesh.refine import refine
from orview.segment.grey_bone import follow


def bones_from_greys(scene: KnownScene) -> float:
    """Return the mean rms distance, mm, of the bones' finest surfaces to the truth, and print each bone's."""
    volume = greys(scene)
    print(f"\nbone from greys, {scene.name}")
    rms_mm = []
    for solid, outline in zip(scene.solids, labelled(scene.labels, volume), strict=True):
        if solid not in scene.bones:
            continue
        plain = solid.truth.error_of(refine(outline.field).finest)
        grey = solid.truth.error_of(refine(follow(volume, outline).outline.field).finest)
        print(
            f"  {solid.name:12s} rms {grey.rms_mm:.3f} mm, from the label alone {plain.rms_mm:.3f}; "
            f"Hausdorff {grey.hausdorff_mm:.2f} and {plain.hausdorff_mm:.2f}; "
            f"volume {100 * grey.volume_fraction:+.2f} %"
        )
        rms_mm.append(grey.rms_mm)
    return float(np.mean(rms_mm))
