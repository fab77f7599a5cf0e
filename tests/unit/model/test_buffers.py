"""Normals survive eight bits, and positions their sixteen."""

import meshoptimizer
import numpy as np
import pytest

from orview.model.buffers import BufferWriter, Geometry, octahedral


def test_octahedral_normals_come_back_within_a_degree() -> None:
    normals = np.random.default_rng(7).normal(size=(5000, 3))
    normals = np.concatenate([normals, np.eye(3), -np.eye(3)])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    packed = np.ascontiguousarray(octahedral(normals)).view(np.uint8).ravel()
    decoded = meshoptimizer.decode_filter_oct(packed, len(normals), 4).view(np.int8).reshape(-1, 4)[:, :3] / 127.0
    decoded /= np.linalg.norm(decoded, axis=1, keepdims=True)
    angles = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", normals, decoded), -1.0, 1.0)))
    assert angles.max() < 1.5


@pytest.mark.parametrize(("count", "width"), [(65_534, 5123), (65_535, 5125)])
def test_indices_are_as_wide_as_needed(count: int, width: int) -> None:
    """5123 and 5125 are glTF's unsigned short and int; the highest value of each is not an index."""
    rng = np.random.default_rng(8)
    geometry = Geometry(
        centre_m=np.zeros(3),
        offsets_m=rng.normal(size=(count, 3)),
        normals=np.tile((0.0, 0.0, 1.0), (count, 1)),
        triangles=np.arange(count - count % 3, dtype=np.uint32).reshape(-1, 3),
        colors=None,
    )
    for compressed in (True, False):
        writer = BufferWriter(compressed=compressed)
        primitive = writer.primitive(geometry, material=0)
        assert writer.accessors[primitive.indices].componentType == width
        assert len(writer.buffers()) == (2 if compressed else 1)
        assert all((view.byteOffset or 0) % 4 == 0 for view in writer.views)
