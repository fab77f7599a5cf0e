"""The first look shows every structure in its place, says that it is provisional, and is a valid surface."""

import numpy as np
import pytest

from orview.image.field import Field, field_of_mask
from orview.mesh.measure import centroid_mm, open_edges, volume_mm3
from orview.model.case import Level
from orview.model.lod import BUDGETS
from orview.model.preview import quick_preview
from orview.segment.anatomy import anatomy_of
from orview.segment.outline import Outline
from tests.shapes import GRID_SHAPE, STRUCTURES, grid, points_of


def outlines() -> list[Outline]:
    transform = grid()
    points = points_of(GRID_SHAPE, transform)
    return [
        Outline(anatomy=anatomy_of(name), field=field_of_mask(inside(points), transform))
        for name, inside in STRUCTURES.items()
    ]


def test_every_structure_is_in_the_first_look() -> None:
    made = outlines()
    scene = quick_preview(made, synthetic=True)
    assert scene.provisional
    assert scene.level is Level.PREVIEW
    assert scene.triangles <= 1.1 * BUDGETS[Level.PREVIEW]
    assert [part.anatomy.key for part in scene.parts] == [outline.anatomy.key for outline in made]
    for part, outline in zip(scene.parts, made, strict=True):
        inside = np.argwhere(outline.field.array)[:, ::-1]
        assert open_edges(part.surface) == 0
        assert volume_mm3(part.surface) == pytest.approx(len(inside), rel=0.5)
        middle = outline.field.patient_from_voxel.apply(inside).mean(axis=0)
        assert centroid_mm(part.surface) == pytest.approx(middle, abs=2.0)


def test_grey_values_and_nothing_are_taken_too() -> None:
    first = outlines()[0]
    array = np.where(first.field.array, 1.0, -1.0).astype(np.float32)
    grey = Field(array=array, level=0.0, outside=-1.0, patient_from_voxel=first.field.patient_from_voxel)
    nothing = field_of_mask(np.zeros((4, 4, 4), dtype=bool), grid())
    scene = quick_preview(
        [Outline(anatomy=first.anatomy, field=grey), Outline(anatomy=anatomy_of("none"), field=nothing)],
        synthetic=True,
    )
    assert [part.anatomy.key for part in scene.parts] == [first.anatomy.key]
    assert quick_preview([], synthetic=True).parts == ()
