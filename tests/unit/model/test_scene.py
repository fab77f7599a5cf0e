"""What shares a draw call, and what never does."""

from dataclasses import replace

import numpy as np

from orview.mesh.surface import Surface
from orview.model.case import Level, LevelError
from orview.model.scene import MAX_DRAWS, Scene, ScenePart, draws
from orview.segment.anatomy import Anatomy, Kind

TRIANGLE = Surface(vertices_mm=np.eye(3), triangles=np.array([[0, 1, 2]], dtype=np.int32))


def scene(count: int, level: Level) -> Scene:
    parts = tuple(
        ScenePart(
            anatomy=Anatomy(key=f"s{n}", name=f"S {n}", color_srgb=(1.0, 1.0, 1.0), rigid=n % 3 == 0),
            surface=TRIANGLE,
            error=LevelError(rms_mm=0.0, hausdorff_mm=0.0),
        )
        for n in range(count)
    )
    return Scene(level=level, parts=parts, synthetic=False)


def test_forty_structures_are_forty_draws_and_more_share_two() -> None:
    assert [draw.name for draw in draws(scene(40, Level.HEADSET))] == [f"s{n}" for n in range(40)]
    crowded = draws(scene(61, Level.HEADSET))
    assert len(crowded) == MAX_DRAWS[Level.HEADSET] == 40
    assert len(draws(scene(61, Level.PREVIEW))) == MAX_DRAWS[Level.PREVIEW] == 24
    assert [draw.name for draw in crowded[-2:]] == ["others_rigid", "others_moving"]
    assert sum(len(draw.parts) for draw in crowded) == sum(len(draw.surface.triangles) for draw in crowded) == 61
    assert all(part.anatomy.rigid for part in crowded[-2].parts)
    assert not any(part.anatomy.rigid for part in crowded[-1].parts)


def test_the_full_level_never_shares() -> None:
    assert len(draws(scene(61, Level.FULL))) == 61


def test_skin_never_shares_a_call_with_what_is_shown() -> None:
    crowded = scene(61, Level.PREVIEW)
    last = replace(crowded.parts[-1], anatomy=replace(crowded.parts[-1].anatomy, key="skin", kind=Kind.SKIN))
    found = draws(replace(crowded, parts=(*crowded.parts[:-1], last)))
    assert len(found) == MAX_DRAWS[Level.PREVIEW]
    assert [draw.parts for draw in found if last in draw.parts] == [(last,)]
    assert sum(len(draw.parts) for draw in found) == 61
