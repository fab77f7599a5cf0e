"""What was made of one field is remembered by its content, exactly, and by nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from orview.image.field import Field, field_of_mask
from orview.mesh import made as made_module
from orview.mesh.made import Facts, Made
from tests.shapes import ellipsoid, grid, points_of

SHAPE = (30, 40, 40)
TARGETS = (800, 200)


class Memory:
    """A cache that counts what it was asked for in vain."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.misses = 0

    def get(self, key: str) -> bytes | None:
        self.misses += key not in self.kept
        return self.kept.get(key)

    def put(self, key: str, data: bytes) -> None:
        self.kept[key] = data


def ball(radius_mm: float = 9.0) -> Field:
    low = grid().apply((0, 0, 0))
    centre = (float(low[0]) + 20.0, float(low[1]) + 20.0, float(low[2]) + 15.0)
    return field_of_mask(ellipsoid(centre, (radius_mm,) * 3)(points_of(SHAPE, grid())), grid())


def test_what_comes_out_of_the_memory_is_what_went_in() -> None:
    memory = Memory()
    alone, first = Made(ball()), Made(ball(), cache=memory)
    for made in (first, Made(ball(), cache=memory)):
        assert made.facts == alone.facts
        for one, other in zip(made.levels(TARGETS), alone.levels(TARGETS), strict=True):
            assert np.array_equal(one.surface.vertices_mm, other.surface.vertices_mm)
            assert np.array_equal(one.surface.triangles, other.surface.triangles)
            assert (one.rms_mm, one.hausdorff_mm) == (other.rms_mm, other.hausdorff_mm)
            assert len(one.pieces) == len(other.pieces) == 1


def test_the_second_time_nothing_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    first = Made(ball(), cache=memory)
    assert first.facts.triangles > 0
    first.levels(TARGETS)

    def refuse(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(made_module, "refine", refuse)
    again = Made(ball(), cache=memory)
    assert again.facts == first.facts
    assert len(again.levels(TARGETS)) == 2


@pytest.mark.parametrize("other", ["voxel", "place", "level", "version", "targets"])
def test_whatever_differs_is_made_anew(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    field, targets = ball(), TARGETS
    Made(field, cache=memory).levels(targets)
    memory.misses = 0
    if other == "voxel":
        array = field.array.copy()
        array[15, 20, 29] ^= True
        field = replace(field, array=array)
    elif other == "place":
        moved = field.patient_from_voxel.matrix.copy()
        moved[0, 3] += 0.5
        field = replace(field, patient_from_voxel=replace(field.patient_from_voxel, matrix=moved))
    elif other == "level":
        field = replace(field, level=0.4)
    elif other == "version":
        monkeypatch.setattr(made_module, "VERSION", made_module.VERSION + 1)
    else:
        targets = (700, 200)
    Made(field, cache=memory).levels(targets)
    assert memory.misses == 1


def test_facts_are_those_of_a_ball() -> None:
    facts = Made(ball()).facts
    assert facts.volume_mm3 == pytest.approx(np.count_nonzero(ball().array), rel=0.001)
    assert facts.length_mm == pytest.approx(17.5, abs=0.7)
    assert facts.tube_mm == pytest.approx(4 / 3 * 8.9, rel=0.05)
    assert Facts.from_json(facts.to_json()) == facts


def test_nothing_has_facts_too() -> None:
    facts = Made(field_of_mask(np.zeros((4, 4, 4), dtype=bool), grid())).facts
    assert (facts.triangles, facts.parts, facts.volume_mm3) == (0, 0, 0.0)
