"""The product's way from a label map to the GLBs of its levels, by the functions the pipeline calls."""

import time
from dataclasses import dataclass

import numpy as np

from orview.image.volume import Provenance, SourceKind, Volume
from orview.mesh.given import Segmentation, outlines_of
from orview.mesh.made import Made
from orview.mesh.surface import Surface
from orview.model.case import LevelError
from orview.model.glb import write_glb
from orview.model.lod import Shape, build_levels, facts_of
from orview.model.scene import Scene
from orview.segment.anatomy import anatomy_of
from orview.segment.masks import LabelMap
from orview.segment.outline import Outline
from orview.segment.parallel import Parallel


@dataclass(frozen=True, kw_only=True, eq=False)
class Models:
    """What the product made of a label map.

    Attributes:
        seconds: by stage, in their order.
        scenes: finest first.
        glbs: compressed, in the scenes' order.
    """

    seconds: dict[str, float]
    scenes: tuple[Scene, ...]
    glbs: tuple[bytes, ...]

    @property
    def total_s(self) -> float:
        """From the label map in memory to the bytes of the GLBs."""
        return sum(self.seconds.values())

    def surfaces(self, level: int) -> list[Surface]:
        """Return the surface of each label in one level, in the labels' order."""
        return [part.surface for part in self.scenes[level].parts]

    def claims(self, level: int) -> list[LevelError]:
        """Return the error written beside each label's surface in one level."""
        return [part.error for part in self.scenes[level].parts]

    def targets(self) -> list[list[int]]:
        """Return the triangles of each label by level: what the rivals are given."""
        return [[len(part.surface.triangles) for part in scene.parts] for scene in self.scenes]


def blank(labels: LabelMap) -> Volume:
    """Return an image without anything in it, on the grid of a label map."""
    return Volume(
        array=np.zeros(labels.array.shape, dtype=np.int16),
        patient_from_voxel=labels.patient_from_voxel,
        provenance=Provenance(
            modality="CT",
            slices=labels.array.shape[0],
            source_kind=SourceKind.PHANTOM,
            source_digest="0" * 64,
            synthetic=True,
        ),
    )


def labelled(labels: LabelMap, volume: Volume, *, parallel: Parallel = map) -> list[Outline]:
    """Return each label as an outline, in the order of their numbers.

    Args:
        labels: each name means a structure of its own.
        volume: on the same grid.
        parallel: like `map`.
    """
    outlines, _ = outlines_of(Segmentation(label_maps=(labels,)), volume, parallel=parallel)
    by_key = {outline.anatomy.key: outline for outline in outlines}
    return [by_key[anatomy_of(name).key] for _, name in sorted(labels.names.items())]


def models_of(labels: LabelMap, volume: Volume, *, parallel: Parallel) -> Models:
    """Make all levels of a label map, the way the pipeline does.

    Args:
        labels: in memory.
        volume: on the same grid.
        parallel: like `map`.
    """
    clock = [time.perf_counter()]
    outlines = labelled(labels, volume, parallel=parallel)
    clock.append(time.perf_counter())
    shapes = [Shape(anatomy=outline.anatomy, made=Made(outline.field)) for outline in outlines]
    facts_of(shapes, progress=lambda fraction: None, parallel=parallel)
    clock.append(time.perf_counter())
    scenes = build_levels(shapes, synthetic=True, progress=lambda fraction: None, parallel=parallel)[::-1]
    clock.append(time.perf_counter())
    glbs = tuple(write_glb(scene, compressed=True, parallel=parallel) for scene in scenes)
    clock.append(time.perf_counter())
    stages = ("outlines", "surfaces", "levels", "GLB")
    return Models(
        seconds={stage: end - begin for stage, begin, end in zip(stages, clock, clock[1:], strict=False)},
        scenes=scenes,
        glbs=glbs,
    )
