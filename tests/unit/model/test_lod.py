"""Every level keeps every part, says its true error, and thin tubes survive in all of them (hazard H16)."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from orview.mesh.measure import open_edges, split
from orview.model.case import Level
from orview.model.lod import BUDGETS, build_levels, facts_of, largest_first, targets_of
from orview.segment.anatomy import Kind
from tests.measuring import distance
from tests.scenes import small_shapes


@pytest.mark.hazard("H16")
def test_thin_tubes_and_every_part_survive_every_level() -> None:
    shapes = small_shapes()
    told: list[float] = []
    scenes = build_levels(shapes, synthetic=True, progress=told.append)
    assert [scene.level for scene in scenes] == [Level.PREVIEW, Level.HEADSET, Level.FULL]
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    for scene in scenes:
        assert scene.triangles <= BUDGETS[scene.level]
        for part, shape in zip(scene.parts, shapes, strict=True):
            assert open_edges(part.surface) == 0
            assert len(split(part.surface)) == shape.made.refined.parts
            apart = distance(shape.made.refined.finest, part.surface)
            assert part.error.hausdorff_mm >= apart.hausdorff_mm
            assert part.error.rms_mm >= apart.rms_mm
            if part.anatomy.kind is Kind.NERVE:
                assert apart.p95_mm <= 0.3
                assert apart.hausdorff_mm <= 1.0
                assert np.ptp(part.surface.vertices_mm[:, 2]) > 70.0


def test_a_small_budget_is_shared_by_need_and_importance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUDGETS, Level.PREVIEW, 2000)
    shapes = small_shapes()
    preview = build_levels(shapes, synthetic=True, progress=lambda fraction: None)[0]
    assert preview.triangles <= 2000
    lost_mm = {
        part.anatomy.key: distance(shape.made.refined.finest, part.surface).hausdorff_mm
        for part, shape in zip(preview.parts, shapes, strict=True)
    }
    assert lost_mm["nerve_s1_left"] < lost_mm["sacrum"]


def test_what_was_made_of_one_structure_outlasts_a_small_change_of_another() -> None:
    shapes = small_shapes()
    before = targets_of(shapes)
    assert targets_of([*shapes[:-1], small_shapes(extra=1)[-1]])[:-1] == before[:-1]


def test_threads_make_the_same_scenes() -> None:
    shapes = small_shapes()
    alone = build_levels(shapes, synthetic=True, progress=lambda fraction: None)
    with ThreadPoolExecutor(2) as threads:
        together = build_levels(shapes, synthetic=True, progress=lambda fraction: None, parallel=threads.map)
    for one, other in zip(alone, together, strict=True):
        for a, b in zip(one.parts, other.parts, strict=True):
            assert np.array_equal(a.surface.vertices_mm, b.surface.vertices_mm)
            assert np.array_equal(a.surface.triangles, b.surface.triangles)
            assert a.error == b.error


def test_the_largest_is_started_first_and_each_answer_keeps_its_number() -> None:
    started: list[str] = []

    def call(item: str) -> str:
        started.append(item)
        return item.upper()

    answers = dict(largest_first(call, ["a", "b", "c"], sizes=[1, 3, 2], parallel=map))
    assert started == ["b", "c", "a"]
    assert answers == {0: "A", 1: "B", 2: "C"}


def test_facts_come_in_the_order_of_the_shapes() -> None:
    shapes = small_shapes()
    told: list[float] = []
    assert facts_of(shapes, progress=told.append) == tuple(shape.made.facts for shape in shapes)
    assert told == pytest.approx([(n + 1) / len(shapes) for n in range(len(shapes))])
