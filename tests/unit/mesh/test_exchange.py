"""STL and OBJ hold the surface in patient millimetres and say so; what is no such file is refused."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.mesh.exchange import corners_of_obj, corners_of_stl, materials_of, obj_of, stl_of
from orview.mesh.measure import corners_mm
from orview.mesh.surface import Surface

TETRAHEDRON = Surface(
    vertices_mm=np.array([[0, 0, -900.25], [10, 0, -900.25], [0, 10, -900.25], [0, 0, -890.25]], dtype=np.float64),
    triangles=np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], dtype=np.int32),
)


def test_stl_says_frame_and_unit_as_slicer_reads_them_and_has_outward_normals() -> None:
    data = stl_of(TETRAHEDRON, name="sacrum full")
    assert data[:80].decode("ascii").rstrip() == "SPACE=LPS UNIT=mm sacrum full"
    assert not data.startswith(b"solid")
    assert len(data) == 84 + 50 * 4
    assert np.array_equal(corners_of_stl(data), corners_mm(TETRAHEDRON))
    assert np.frombuffer(data, dtype="<f4", count=3, offset=84) == pytest.approx([0.0, 0.0, -1.0])
    assert len(stl_of(TETRAHEDRON, name="x" * 200)) == len(data)


def test_obj_says_frame_and_unit_and_names_object_and_colour() -> None:
    data = obj_of(TETRAHEDRON, name="sacrum", materials="colors.mtl")
    assert data.decode("ascii").splitlines()[:4] == [
        "# SPACE=LPS UNIT=mm",
        "mtllib colors.mtl",
        "o sacrum",
        "usemtl sacrum",
    ]
    assert np.abs(corners_of_obj(data) - corners_mm(TETRAHEDRON)).max() < 1e-4
    assert materials_of({"sacrum": (1.0, 0.5, 0.0)}) == b"newmtl sacrum\nKd 1.0000 0.5000 0.0000\nillum 1\n"


def test_an_empty_surface_is_a_file_without_triangles() -> None:
    empty = Surface(vertices_mm=np.zeros((0, 3)), triangles=np.zeros((0, 3), dtype=np.int32))
    assert corners_of_stl(stl_of(empty, name="x")).shape == (0, 3, 3)
    assert corners_of_obj(obj_of(empty, name="x", materials="m")).shape == (0, 3, 3)


@pytest.mark.parametrize("data", [b"", b"solid x", stl_of(TETRAHEDRON, name="x")[:-1]])
def test_what_is_no_stl_is_refused(data: bytes) -> None:
    with pytest.raises(ContractError):
        corners_of_stl(data)


@pytest.mark.parametrize("data", [b"v 1 2\nv 1 2 3\n", b"v 1 2 3\nf 1 2 9\n", b"f a b c\n"])
def test_what_is_no_obj_is_refused(data: bytes) -> None:
    with pytest.raises(ContractError):
        corners_of_obj(data)
