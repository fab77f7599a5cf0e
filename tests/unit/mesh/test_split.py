"""Parts of a joined surface go back to the structures they came from, also where those touch."""

import numpy as np

from orview.image.field import field_of_mask
from orview.mesh.measure import joined, volume_mm3
from orview.mesh.parts import in_parts
from orview.mesh.simplify import simplify
from orview.mesh.split import split
from orview.mesh.surface import Surface
from tests.measuring import extract
from tests.shapes import grid, points_of

SHAPE = (24, 24, 60)


def ball(x_mm: float, radius_mm: float) -> Surface:
    transform = grid(corner_mm=(0.0, 0.0, 0.0))
    centre = np.array([x_mm, 12.0, 12.0])
    return extract(field_of_mask(np.linalg.norm(points_of(SHAPE, transform) - centre, axis=-1) < radius_mm, transform))


def test_every_part_comes_back_to_its_own() -> None:
    wholes = {"left": ball(10.0, 8.0), "touching": ball(24.5, 6.0), "two_parts": joined([ball(40, 5.0), ball(53, 4.0)])}
    coarse = {
        key: simplify(in_parts(surface)[0], len(surface.triangles) // 4)[0].surface for key, surface in wholes.items()
    }
    apart = split(joined(list(coarse.values())), wholes)
    assert apart.keys() == wholes.keys()
    for key, surface in coarse.items():
        assert len(apart[key].triangles) == len(surface.triangles)
        assert abs(volume_mm3(apart[key]) - volume_mm3(surface)) < 1e-6


def test_nothing_is_split_into_nothing() -> None:
    empty = Surface(vertices_mm=np.zeros((0, 3)), triangles=np.zeros((0, 3), dtype=np.int32))
    assert len(split(empty, {"ball": ball(10.0, 5.0)})["ball"].triangles) == 0
