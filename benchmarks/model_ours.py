"""The product's way from a label map to the GLBs of its levels, by the functions the pipeline calls."""

import time
from dataclasses import dataclass

from orview.image.field import Field, field_of_mask
from orview.image.volume import shifted
from orview.mesh.made import Made
from orview.mesh.surface import Surface
from orview.model.case import LevelError
from orview.model.glb import write_glb
from orview.model.lod import Parallel, Shape, build_levels
from orview.model.scene import Scene
from orview.segment.anatomy import anatomy_of
from orview.segment.masks import LabelMap, label_boxes
from orview.segment.outline import Outline


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


def fields_of(labels: LabelMap) -> list[Field]:
    """Return each label cut to its box, in the order of their numbers."""
    return [
        field_of_mask(labels.array[box.slices] == value, shifted(labels.patient_from_voxel, box.start[::-1]))
        for value, (box, _) in sorted(label_boxes(labels.array).items())
    ]


def outlines_of(labels: LabelMap) -> list[Outline]:
    """Return each label as an outline, in the order of their numbers."""
    names = [name for _, name in sorted(labels.names.items())]
    return [
        Outline(anatomy=anatomy_of(name), field=field) for name, field in zip(names, fields_of(labels), strict=True)
    ]


def models_of(labels: LabelMap, *, parallel: Parallel) -> Models:
    """Make all levels of a label map."""
    clock = [time.perf_counter()]
    outlines = outlines_of(labels)
    clock.append(time.perf_counter())
    shapes = [Shape(anatomy=outline.anatomy, made=Made(outline.field)) for outline in outlines]
    list(parallel(lambda shape: shape.made.facts, shapes))
    clock.append(time.perf_counter())
    scenes = build_levels(shapes, synthetic=True, progress=lambda fraction: None, parallel=parallel)[::-1]
    clock.append(time.perf_counter())
    glbs = tuple(write_glb(scene, compressed=True, parallel=parallel) for scene in scenes)
    clock.append(time.perf_counter())
    stages = ("boxes", "surfaces", "levels", "GLB")
    return Models(
        seconds={stage: end - begin for stage, begin, end in zip(stages, clock, clock[1:], strict=False)},
        scenes=scenes,
        glbs=glbs,
    )
