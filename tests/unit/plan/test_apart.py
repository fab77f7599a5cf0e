"""Bone that is cut apart: both parts are closed, together they are the whole, and each lies on its side."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.mesh.measure import joined, open_edges, split, volume_mm3
from orview.mesh.surface import Surface
from orview.plan.apart import closed_parts, cut_apart
from orview.plan.cut_plane import CutPlane
from tests.solids import ball, beside, box, cylinder
from tests.unit.plan.test_clearance import TURNS


def cut(
    offset_mm: list[float],
    normal: list[float],
    *,
    key: str = "cut",
    sides_mm: tuple[float, float] = (200.0, 200.0),
    turn: np.ndarray = TURNS[0],
) -> CutPlane:
    along = np.cross([0.0, 1.0, 0.0], normal) if abs(normal[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    return CutPlane.of(
        key=key,
        name=key,
        center_mm=beside(turn @ np.array(offset_mm)),
        kept_normal=turn @ np.array(normal),
        along=turn @ (along / np.linalg.norm(along)),
        width_mm=sides_mm[0],
        height_mm=sides_mm[1],
    )


def inward(surface: Surface) -> Surface:
    return Surface(vertices_mm=surface.vertices_mm, triangles=surface.triangles[:, ::-1].copy())


def volumes(surface: Surface, planes: list[CutPlane]) -> tuple[float, float]:
    apart = cut_apart(surface, planes)
    for part in (apart.specimen, apart.remaining):
        assert part is None or open_edges(part) == 0
    both = tuple(0.0 if part is None else volume_mm3(part) for part in (apart.specimen, apart.remaining))
    assert sum(both) == pytest.approx(volume_mm3(surface), rel=1e-9)
    return both


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("splits", [0, 3])
def test_a_box_is_cut_into_boxes(turn: np.ndarray, splits: int) -> None:
    bone = box((60.0, 40.0, 100.0), turned=turn, splits=splits)
    below, above = volumes(bone, [cut([0.0, 0.0, 20.0], [0.0, 0.0, 1.0], turn=turn)])
    assert (below, above) == (pytest.approx(60.0 * 40.0 * 70.0), pytest.approx(60.0 * 40.0 * 30.0))


def test_a_ball_is_cut_into_caps() -> None:
    below, above = volumes(ball(30.0), [cut([0.0, 0.0, 10.0], [0.0, 0.0, 1.0])])
    assert above == pytest.approx(np.pi * 20.0**2 * (90.0 - 20.0) / 3.0, rel=0.005)
    assert below > above


def test_a_slanted_cut_goes_through_a_hole_and_a_hollow() -> None:
    outside, hole = cylinder(30.0, 100.0), inward(ball(8.0, center_mm=beside([0.0, 10.0, 0.0]), steps=20))
    far = inward(ball(4.0, center_mm=beside([0.0, 0.0, -40.0]), steps=10))
    bone = joined([outside, hole, far])
    normal = np.array([0.0, 0.3, 1.0]) / np.linalg.norm([0.0, 0.3, 1.0])
    apart = cut_apart(bone, [cut([0.0, 0.0, 0.0], normal.tolist())])
    assert apart.specimen is not None
    assert apart.remaining is not None
    assert volume_mm3(apart.specimen) + volume_mm3(apart.remaining) == pytest.approx(volume_mm3(bone), rel=1e-9)
    assert open_edges(apart.specimen) == open_edges(apart.remaining) == 0
    # The hollow that no cut meets stays a hollow of the part it lies in.
    assert sorted(volume_mm3(part) < 0.0 for part in split(apart.specimen)) == [False, True]


def test_planes_that_end_at_one_another_take_a_corner_out() -> None:
    bone = box((60.0, 60.0, 60.0), splits=2)
    high = cut([0.0, 0.0, 10.0], [0.0, 0.0, 1.0], key="high")
    # As high as the first one and 2 mm more: alone it ends inside the bone.
    side = cut([-5.0, 0.0, -9.0], [-1.0, 0.0, 0.0], key="side", sides_mm=(42.0, 80.0))
    alone = cut_apart(bone, [side])
    assert (alone.specimen, alone.passed) == (None, frozenset())
    assert alone.remaining is bone
    for order in ([high, side], [side, high]):
        apart = cut_apart(bone, order)
        assert apart.passed == {"high", "side"}
        specimen, remaining = volumes(bone, order)
        assert specimen == pytest.approx(35.0 * 60.0 * 40.0)
        assert remaining == pytest.approx(60.0**3 - 35.0 * 60.0 * 40.0)


def test_a_plane_that_misses_leaves_all_where_it_is() -> None:
    bone = ball(20.0, steps=20)
    apart = cut_apart(bone, [cut([0.0, 0.0, 40.0], [0.0, 0.0, 1.0])])
    assert (apart.specimen, apart.remaining, apart.passed) == (None, bone, frozenset())


def test_bone_that_no_plane_meets_goes_with_its_side() -> None:
    others = [box((20.0, 20.0, 20.0), center_mm=beside([60.0, 0.0, z])) for z in (35.0, -35.0)]
    bones = joined([box((20.0, 20.0, 60.0)), *others])
    specimen, remaining = volumes(bones, [cut([0.0, 0.0, 10.0], [0.0, 0.0, 1.0], sides_mm=(40.0, 40.0))])
    assert remaining == pytest.approx(20.0 * 20.0 * (20.0 + 20.0))
    assert specimen == pytest.approx(20.0 * 20.0 * (40.0 + 20.0))


def test_a_surface_that_is_open_is_not_cut_into_solids() -> None:
    bone = box((60.0, 40.0, 100.0), splits=2)
    plane = cut([0.0, 0.0, 20.0], [0.0, 0.0, 1.0])
    assert closed_parts(bone, [plane]).passed == {"cut"}
    torn = Surface(vertices_mm=bone.vertices_mm, triangles=bone.triangles[1:])
    with pytest.raises(ContractError, match="is not closed"):
        closed_parts(torn, [plane])
