"""Surfaces go into bytes and come back without loss; other bytes are refused."""

import io
import pickle

import numpy as np
import pytest

from orview.errors import ContractError
from orview.mesh.levels import Thinned
from orview.mesh.packed import pack, unpack
from orview.mesh.parts import joined
from orview.mesh.surface import Surface


def tetrahedron(shift_mm: float) -> Surface:
    vertices = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]) / 3.0 + shift_mm
    triangles = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], dtype=np.int32)
    return Surface(vertices_mm=vertices, triangles=triangles)


def test_every_number_comes_back() -> None:
    levels = [
        Thinned(pieces=joined([tetrahedron(0.1), tetrahedron(7.7)]), rms_mm=1 / 3, hausdorff_mm=0.7),
        Thinned(pieces=joined([tetrahedron(-900.123456789)]), rms_mm=0.0, hausdorff_mm=2.0),
    ]
    again = unpack(pack(levels))
    for one, other in zip(levels, again, strict=True):
        assert (one.rms_mm, one.hausdorff_mm, len(one.pieces)) == (other.rms_mm, other.hausdorff_mm, len(other.pieces))
        assert np.array_equal(one.surface.vertices_mm, other.surface.vertices_mm)
        assert one.surface.triangles.dtype == other.surface.triangles.dtype == np.int32
        assert np.array_equal(one.surface.triangles, other.surface.triangles)


def test_other_bytes_are_refused() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, errors_mm=np.zeros((1, 2)))
    for data in (b"", b"nothing of ours", pickle.dumps([1, 2]), buffer.getvalue()):
        with pytest.raises(ContractError):
            unpack(data)
