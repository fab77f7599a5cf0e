"""Meshes of every format come back triangle by triangle, with their names, colours and what their comments say."""

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import open3d as o3d
import pytest
from numpy.typing import NDArray

from orview.edge.images.meshes.files import read_mesh
from orview.edge.images.outlines.parts import MeshRead
from orview.errors import InputError
from tests.data import shared_data

Mesh = tuple[NDArray[np.float64], NDArray[np.int32]]


def shape(shift: float = 0.0) -> Mesh:
    mesh = o3d.geometry.TriangleMesh.create_icosahedron(20.0)
    return np.asarray(mesh.vertices) + np.array([shift, 170.0, -845.0]), np.asarray(mesh.triangles).astype(np.int32)


def corners(vertices: NDArray[Any], triangles: NDArray[Any]) -> NDArray[np.float64]:
    """The triangles' corners (M, 3, 3), each triangle turned to begin with its smallest corner, in order."""
    found = np.asarray(vertices, dtype=np.float64)[triangles]
    for n, triangle in enumerate(found):
        first = np.lexsort(np.round(triangle, 3).T[::-1])[0]
        found[n] = np.roll(triangle, -first, axis=0)
    order = np.lexsort(np.round(found.reshape(len(found), 9), 3).T[::-1])
    return np.asarray(found[order])


def same(mesh: MeshRead, expected: Mesh, within: float = 1e-4) -> None:
    assert corners(mesh.vertices, mesh.triangles) == pytest.approx(corners(*expected), abs=within)


def legacy(mesh: Mesh) -> o3d.geometry.TriangleMesh:
    made = o3d.geometry.TriangleMesh(o3d.utility.Vector3dVector(mesh[0]), o3d.utility.Vector3iVector(mesh[1]))
    made.compute_triangle_normals()
    return made


@pytest.mark.parametrize("ascii_text", [True, False])
@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj"])
def test_what_open3d_writes_is_read(tmp_path: Path, suffix: str, *, ascii_text: bool) -> None:
    path = tmp_path / f"Left hip{suffix}"
    if suffix == ".stl" and ascii_text:
        pytest.skip("Open3D writes no ASCII STL; it has a test of its own")
    o3d.io.write_triangle_mesh(path, legacy(shape()), write_ascii=ascii_text)
    found = read_mesh(path)
    (mesh,) = found.meshes
    assert mesh.name == "Left hip"
    assert (found.unit, found.frame, found.y_up) == ("", "", False)
    same(mesh, shape(), 2e-3)
    assert len(mesh.vertices) == 12


def ascii_stl(mesh: Mesh, title: str) -> str:
    lines = [f"solid {title}"]
    for triangle in mesh[0][mesh[1]]:
        lines += ["facet normal 0 0 0", "outer loop", *(f"vertex {x:.5f} {y:.5f} {z:.5f}" for x, y, z in triangle)]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid"]) + "\n"


def test_solids_of_an_ascii_stl_are_structures_with_names(tmp_path: Path) -> None:
    path = tmp_path / "both.stl"
    path.write_text(ascii_stl(shape(), "sacrum") + ascii_stl(shape(50.0), "Tumor SPACE=RAS"))
    found = read_mesh(path)
    assert [mesh.name for mesh in found.meshes] == ["sacrum", "Tumor"]
    assert found.frame == "RAS"
    same(found.meshes[1], shape(50.0))


def binary_stl(mesh: Mesh, header: bytes) -> bytes:
    data = header.ljust(80, b"\0") + struct.pack("<I", len(mesh[1]))
    for triangle in mesh[0][mesh[1]]:
        data += struct.pack("<12fH", 0.0, 0.0, 0.0, *triangle.ravel(), 0)
    return data


def test_the_header_of_a_binary_stl_may_say_unit_and_axes(tmp_path: Path) -> None:
    path = tmp_path / "s.stl"
    path.write_bytes(binary_stl(shape(), b"solid Slicer. SPACE=LPS UNIT=mm"))
    found = read_mesh(path)
    assert (found.unit, found.frame) == ("mm", "LPS")
    same(found.meshes[0], shape())


def test_groups_of_an_obj_are_structures(tmp_path: Path) -> None:
    path = tmp_path / "all.obj"
    text = "# exported, SPACE=LPS\n"
    offset = 1
    for name, mesh in (("sacrum", shape()), ("Nerve S1 L", shape(50.0))):
        text += f"g {name}\n" + "".join(f"v {x} {y} {z}\n" for x, y, z in mesh[0])
        text += "".join(f"f {a + offset}//1 {b + offset}//1 {c + offset}//1\n" for a, b, c in mesh[1])
        offset += len(mesh[0])
    path.write_text(text + "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\ng quad\nf -4 -3 -2 -1\n")
    found = read_mesh(path)
    assert [mesh.name for mesh in found.meshes] == ["sacrum", "Nerve S1 L", "quad"]
    assert found.frame == "LPS"
    same(found.meshes[1], shape(50.0))
    assert len(found.meshes[2].triangles) == 2


def test_a_big_endian_ply_with_more_than_places_is_read(tmp_path: Path) -> None:
    vertices, triangles = shape()
    header = (
        f"ply\nformat binary_big_endian 1.0\ncomment SPACE=RAS\nelement vertex {len(vertices)}\nproperty double x\n"
        "property double y\nproperty double z\nproperty uchar red\n"
        f"element face {len(triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    body = b"".join(struct.pack(">3dB", *vertex, 7) for vertex in vertices)
    body += b"".join(struct.pack(">B3i", 3, *triangle) for triangle in triangles)
    path = tmp_path / "s.ply"
    path.write_bytes(header.encode() + body)
    found = read_mesh(path)
    assert found.frame == "RAS"
    same(found.meshes[0], shape(), 1e-9)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("version", [3, 5])
def test_legacy_vtk_is_read(tmp_path: Path, version: int, *, binary: bool) -> None:
    vertices, triangles = shape()

    def numbers(values: NDArray[Any], kind: str) -> bytes:
        if binary:
            return values.astype(f">{kind}").tobytes() + b"\n"
        return " ".join(f"{value:.6g}" for value in values.ravel()).encode() + b" \n"

    data = f"# vtk DataFile Version {version}.0\nmade by SPACE=LPS\n{'BINARY' if binary else 'ASCII'}\n".encode()
    data += f"DATASET POLYDATA\nPOINTS {len(vertices)} double\n".encode() + numbers(vertices, "f8")
    if version == 3:
        rows = np.concatenate([np.full((len(triangles), 1), 3), triangles], axis=1)
        data += f"POLYGONS {len(triangles)} {rows.size}\n".encode() + numbers(rows, "i4")
    else:
        data += f"POLYGONS {len(triangles) + 1} {triangles.size}\nOFFSETS vtktypeint64\n".encode()
        data += numbers(np.arange(len(triangles) + 1) * 3, "i8") + b"CONNECTIVITY vtktypeint64\n"
        data += numbers(triangles, "i8")
    path = tmp_path / "s.vtk"
    path.write_bytes(data + f"POINT_DATA {len(vertices)}\nNORMALS n float\n".encode() + numbers(vertices, "f4"))
    found = read_mesh(path)
    assert found.frame == "LPS"
    same(found.meshes[0], shape(), 1e-2)


def test_strips_and_polygons_of_vtk_become_triangles(tmp_path: Path) -> None:
    path = tmp_path / "s.vtk"
    path.write_text(
        "# vtk DataFile Version 3.0\nx\nASCII\nDATASET POLYDATA\nPOINTS 5 float\n0 0 0 1 0 0 1 1 0 0 1 0\n.5 2 0\n"
        "TRIANGLE_STRIPS 1 5\n4 0 1 3 2\nPOLYGONS 2 10\n5 0 1 2 4 3\n3 0 1 2\n"
    )
    assert read_mesh(path).meshes[0].triangles.tolist() == [
        [0, 1, 3], [3, 1, 2], [0, 1, 2], [0, 2, 4], [0, 4, 3], [0, 1, 2],
    ]  # fmt: skip


def test_the_real_phantom_is_read(tmp_path: Path) -> None:
    (mesh,) = read_mesh(shared_data("phantom_pelvis") / "DeciPelvis.vtk").meshes
    assert len(mesh.triangles) == 93003
    assert mesh.vertices.min(axis=0) == pytest.approx((19.7466, 0.0, 0.0), abs=1e-3)


@pytest.mark.parametrize("way", ["ascii", "binary", "zlib", "raw", "raw zlib"])
def test_vtp_is_read(tmp_path: Path, way: str) -> None:
    vertices, triangles = shape()
    packed = "zlib" in way
    raw = way.startswith("raw")
    blocks: list[bytes] = []

    def block(values: NDArray[Any]) -> bytes:
        data = values.tobytes()
        if not packed:
            return struct.pack("<I", len(data)) + data
        piece = zlib.compress(data)
        return struct.pack("<4I", 1, len(data), 0, len(piece)) + piece

    def array(name: str, values: NDArray[Any], kind: str) -> str:
        head = f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="3" format='
        if way == "ascii":
            return head + f'"ascii">{" ".join(str(value) for value in values.ravel())}</DataArray>'
        data = block(values)
        if raw:
            offset = sum(len(one) for one in blocks)
            blocks.append(data)
            return head + f'"appended" offset="{offset}"/>'
        split = 16 if packed else len(data)
        coded = base64.b64encode(data[:split]) + base64.b64encode(data[split:])
        return head + f'"binary">\n{coded.decode()}\n</DataArray>'

    ends = 3 * (np.arange(len(triangles)) + 1)
    text = '<?xml version="1.0"?><VTKFile type="PolyData" byte_order="LittleEndian" header_type="UInt32"'
    text += (' compressor="vtkZLibDataCompressor"' if packed else "") + "><PolyData><Piece><Points>"
    text += array("Points", vertices, "Float64") + "</Points><Polys>"
    text += array("connectivity", triangles, "Int32") + array("offsets", ends.astype(np.int64), "Int64")
    text += "</Polys></Piece></PolyData>"
    data = text.encode()
    if raw:
        data += b'<AppendedData encoding="raw">_' + b"".join(blocks) + b"</AppendedData>"
    path = tmp_path / "s.vtp"
    path.write_bytes(data + b"</VTKFile>")
    same(read_mesh(path).meshes[0], shape())


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("letters", ["none-such", "utf-7"])
def test_vtp_in_unknown_letters_is_told(tmp_path: Path, letters: str) -> None:
    path = tmp_path / "s.vtp"
    path.write_text(f'<?xml version="1.0" encoding="{letters}"?><VTKFile type="PolyData"></VTKFile>')
    with pytest.raises(InputError, match="VTP file is damaged"):
        read_mesh(path)


def gltf(nodes: list[dict[str, Any]], roots: list[int], mesh: Mesh, **more: Any) -> tuple[dict[str, Any], bytes]:
    vertices, triangles = mesh
    binary = vertices.astype("<f4").tobytes() + triangles.astype("<u4").tobytes()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": roots}],
        "nodes": nodes,
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [1.0, 0.2140411, 0.0, 1.0]}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(vertices), "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": triangles.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 12 * len(vertices)},
            {"buffer": 0, "byteOffset": 12 * len(vertices), "byteLength": 4 * triangles.size},
        ],
        "buffers": [{"byteLength": len(binary)}],
    }
    return document | more, binary


def glb(document: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


@pytest.mark.hazard("H04")
def test_nodes_of_a_glb_are_placed_and_named(tmp_path: Path) -> None:
    turn = [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1]  # column by column: y to -z, z to y
    half = float(np.sqrt(0.5))
    nodes: list[dict[str, Any]] = [
        {"name": "root", "matrix": turn, "children": [1, 2]},
        {"name": "sacrum", "mesh": 0},
        {"name": "Hip L", "mesh": 0, "translation": [5, 6, 7], "rotation": [0, 0, half, half], "scale": [-1, 1, 2]},
    ]
    mesh = shape()
    path = tmp_path / "scene.glb"
    path.write_bytes(glb(*gltf(nodes, [0], mesh)))
    found = read_mesh(path)
    assert found.y_up
    meshes = {one.name: one for one in found.meshes}
    x, y, z = mesh[0].T
    same(meshes["sacrum"], (np.stack([x, z, -y], axis=1), mesh[1]), 1e-3)
    moved = np.stack([-y + 5.0, -x + 6.0, 2.0 * z + 7.0], axis=1)
    turned = np.stack([moved[:, 0], moved[:, 2], -moved[:, 1]], axis=1)
    # A mirror turns the triangles round.
    same(meshes["Hip L"], (turned, mesh[1][:, ::-1]), 1e-3)
    assert meshes["sacrum"].color_srgb == pytest.approx((1.0, 0.5, 0.0), abs=1e-3)


def test_a_gltf_that_holds_its_buffer_is_read_and_others_are_told(tmp_path: Path) -> None:
    document, binary = gltf([{"mesh": 0}], [0], shape())
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    path = tmp_path / "Tumor.gltf"
    path.write_text(json.dumps(document))
    assert read_mesh(path).meshes[0].name == "Tumor"
    document["buffers"][0]["uri"] = "../../secret.bin"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="lie in other files"):
        read_mesh(path)
    document["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="compressed"):
        read_mesh(path)


@pytest.mark.hazard("H21")
def test_a_file_name_that_names_no_structure_is_not_told_on(tmp_path: Path) -> None:
    path = tmp_path / "Doe_Jane_sacrum.stl"
    path.write_bytes(binary_stl(shape(), b""))
    assert read_mesh(path).meshes[0].name == "surface"


@pytest.mark.hazard("H28")
def test_nodes_nested_without_end_are_told(tmp_path: Path) -> None:
    path = tmp_path / "loop.glb"
    path.write_bytes(glb(*gltf([{"children": [1]}, {"children": [0]}], [0], shape())))
    with pytest.raises(InputError, match="nested"):
        read_mesh(path)


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj", ".vtk", ".vtp", ".glb", ".gltf"])
def test_damaged_files_end_in_a_sentence(tmp_path: Path, suffix: str) -> None:
    """Cut, emptied and scrambled at random: either read or told, never anything else."""
    vertices, triangles = shape()
    rows = "\n".join("3 " + " ".join(str(n) for n in row) for row in triangles)
    points = "\n".join(" ".join(f"{v:.4f}" for v in vertex) for vertex in vertices)
    document, binary = gltf([{"mesh": 0}], [0], shape())
    good = {
        ".stl": binary_stl(shape(), b"x"),
        ".ply": (
            "ply\nformat ascii 1.0\nelement vertex 12\nproperty float x\nproperty float y\nproperty float z\n"
            f"element face 20\nproperty list uchar int vertex_indices\nend_header\n{points}\n{rows}\n"
        ).encode(),
        ".obj": ("".join(f"v {p}\n" for p in points.split("\n")) + "f 1 2 3\nf 2 3 4\n").encode(),
        ".vtk": (
            f"# vtk DataFile Version 3.0\nx\nASCII\nDATASET POLYDATA\nPOINTS 12 float\n{points}\n"
            f"POLYGONS 20 80\n{rows}\n"
        ).encode(),
        ".vtp": b'<VTKFile type="PolyData"><PolyData><Piece><Points><DataArray type="Float32" format="ascii">0 0 0 1 '
        b'0 0 0 1 0</DataArray></Points><Polys><DataArray type="Int32" Name="connectivity" format="ascii">0 1 2'
        b"</DataArray>"
        b'<DataArray type="Int32" Name="offsets" format="ascii">3</DataArray></Polys></Piece></PolyData></VTKFile>',
        ".glb": glb(document, binary),
        ".gltf": json.dumps(document).encode(),
    }[suffix]
    path = tmp_path / f"s{suffix}"
    random = np.random.default_rng(3)
    told = 0
    for n in range(150):
        data = bytearray(good)
        if n % 3 == 0:
            data = data[: int(random.integers(0, len(data)))]
        else:
            for at in random.integers(0, len(data), 1 + n % 5):
                data[at] = int(random.integers(0, 256))
        path.write_bytes(data)
        try:
            read_mesh(path)
        except InputError:
            told += 1
    assert told > 10
