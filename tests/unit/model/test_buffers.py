"""Normals survive eight bits, and positions their sixteen."""

from dataclasses import replace

import meshoptimizer
import numpy as np
import pytest

from orview.model.buffers import POSITION_STEPS, BufferWriter, Geometry, octahedral


def test_octahedral_normals_come_back_within_a_degree() -> None:
    normals = np.random.default_rng(7).normal(size=(5000, 3))
    normals = np.concatenate([normals, np.eye(3), -np.eye(3)])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    packed = np.ascontiguousarray(octahedral(normals)).view(np.uint8).ravel()
    decoded = meshoptimizer.decode_filter_oct(packed, len(normals), 4).view(np.int8).reshape(-1, 4)[:, :3] / 127.0
    decoded /= np.linalg.norm(decoded, axis=1, keepdims=True)
    angles = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", normals, decoded), -1.0, 1.0)))
    assert angles.max() < 1.5


def geometry_of(count: int, *, reach_m: float = 0.1, colors: bool = False) -> Geometry:
    rng = np.random.default_rng(8)
    return Geometry(
        centre_m=(0.0, 0.0, 0.0),
        offsets_m=rng.uniform(-reach_m, reach_m, size=(count, 3)).astype(np.float32),
        normals=np.tile(np.float32((0.0, 0.0, 1.0)), (count, 1)),
        triangles=np.arange(count - count % 3, dtype=np.uint32).reshape(-1, 3),
        colors=np.full((count, 4), 255, dtype=np.uint8) if colors else None,
    )


@pytest.mark.parametrize(("count", "width"), [(65_534, 5123), (65_535, 5125)])
def test_indices_are_as_wide_as_needed(count: int, width: int) -> None:
    """5123 and 5125 are glTF's unsigned short and int; the highest value of each is not an index."""
    for compressed in (True, False):
        writer = BufferWriter(step_m=1e-5 if compressed else None)
        primitive, _ = writer.add(geometry_of(count), material=0)
        assert writer.accessors[primitive.indices].componentType == width
        views, buffers, binary = writer.finish()
        assert len(buffers) == (2 if compressed else 1)
        assert buffers[0].byteLength == len(binary)
        assert all((view.byteOffset or 0) % 4 == 0 for view in views)


@pytest.mark.parametrize("compressed", [True, False])
def test_meshes_share_the_views_of_their_attributes(compressed: bool) -> None:
    writer = BufferWriter(step_m=1e-5 if compressed else None)
    primitives = [writer.add(geometry_of(count, colors=count == 9), material=0)[0] for count in (9, 30, 3)]
    views, _, _ = writer.finish()
    assert len(views) == 4
    positions = [writer.accessors[primitive.attributes.POSITION] for primitive in primitives]
    stride = views[0].byteStride
    assert [(one.bufferView, one.byteOffset or 0) for one in positions] == [(0, 0), (0, 9 * stride), (0, 39 * stride)]
    assert views[0].byteLength == 42 * stride


def test_meshes_lie_on_one_lattice_of_steps_wherever_their_centres_are() -> None:
    step_m = 3.1e-5
    for centre_m in ((0.0, 0.0, 0.0), (0.12345, -0.98765, 0.5), (-1.0, 1e-5, 2e-5)):
        geometry = replace(geometry_of(200), centre_m=centre_m)
        centre, steps = geometry.in_steps(step_m)
        assert steps.dtype == np.int16
        places_m = (steps + np.array(centre)) * step_m
        assert np.abs(places_m - (geometry.offsets_m + np.array(centre_m))).max() <= step_m / 2.0 + 1e-9


@pytest.mark.parametrize("reach_m", [1e-9, 4e-7, 1e-4, 0.0999, 0.1, 2.0])
def test_a_step_reaches_to_the_farthest_vertex_and_is_a_short_number(reach_m: float) -> None:
    geometry = geometry_of(50, reach_m=reach_m)
    step_m = geometry.step_m(finest_m=1e-6)
    farthest = np.abs(geometry.offsets_m).max() / step_m
    assert farthest <= POSITION_STEPS
    assert step_m == 1e-6 or farthest > 0.985 * POSITION_STEPS
    assert len(repr(step_m)) <= 8
