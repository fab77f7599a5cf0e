"""Outlines made to do damage: entered beside the images of `crafted`."""

import io
import json
import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from tests.faults.hostile.crafted import BOMB_BYTES, DEEP, MADE, makes, nested_sequences, with_raw
from tests.faults.hostile.seeds import Seed

__all__ = ["MADE"]


def _file(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path, Mapping[str, Seed]], Path]:
    """A hostile version of one seed."""

    def make(folder: Path, seeds: Mapping[str, Seed]) -> Path:
        data = seeds[name].files[name]
        changed = change(data)
        assert changed != data
        (folder / name).write_bytes(changed)
        return folder / name

    return make


def _text(name: str, old: bytes, new: bytes) -> Callable[[Path, Mapping[str, Seed]], Path]:
    return _file(name, lambda data: data.replace(old, new))


def _gltf(change: Callable[[dict[str, object]], object]) -> Callable[[Path, Mapping[str, Seed]], Path]:
    """A GLB whose JSON was changed."""

    def rewrite(data: bytes) -> bytes:
        length = struct.unpack_from("<I", data, 12)[0]
        document = json.loads(data[20 : 20 + length])
        change(document)
        text = json.dumps(document).encode()
        text += b" " * (-len(text) % 4)
        rest = struct.pack("<II", len(text), 0x4E4F534A) + text + data[20 + length :]
        return struct.pack("<III", 0x46546C67, 2, 12 + len(rest)) + rest

    return _file("mesh.glb", rewrite)


def _contours(change: Callable[[Dataset], None]) -> Callable[[Path, Mapping[str, Seed]], Path]:
    """An RTSTRUCT whose data set was changed."""

    def rewrite(data: bytes) -> bytes:
        dataset = pydicom.dcmread(io.BytesIO(data))
        change(dataset)
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        return buffer.getvalue()

    return _file("rtstruct.dcm", rewrite)


def _set(place: str, value: object) -> Callable[[dict[str, object]], object]:
    """Change one value of a document, by its path."""

    def change(document: object) -> None:
        *parents, last = [int(step) if step.isdecimal() else step for step in place.split("/")]
        for step in parents:
            document = document[step]  # type: ignore[index]
        document[last] = value  # type: ignore[index]

    return change


def _far(dataset: Dataset) -> None:
    points = dataset.ROIContourSequence[0].ContourSequence[0].ContourData
    points[0], points[1] = "1e300", "-1e300"


def _wide(dataset: Dataset) -> None:
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        z = contour.ContourData[2]
        contour.ContourData = [-1e7, -1e7, z, 1e7, -1e7, z, 1e7, 1e7, z, -1e7, 1e7, z]


def _many(dataset: Dataset) -> None:
    contours = dataset.ROIContourSequence[0].ContourSequence
    z = float(contours[0].ContourData[2])
    angles = np.linspace(0.0, 6.28, 60_000)
    points = np.stack([20 + 10 * np.cos(angles), 25 + 10 * np.sin(angles), np.full_like(angles, z)], axis=1)
    contours[0].ContourData = [f"{value:.4f}" for value in points.ravel()]
    contours[0].NumberOfContourPoints = len(angles)


_VTP_BOMB = (
    b'<?xml version="1.0"?><VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64" '
    b'compressor="vtkZLibDataCompressor"><PolyData><Piece NumberOfPoints="6" NumberOfPolys="8"><Points>'
    b'<DataArray type="Float32" NumberOfComponents="3" format="binary">%s</DataArray></Points></Piece></PolyData>'
    b"</VTKFile>"
)


def _vtp_bomb(data: bytes) -> bytes:
    packed = zlib.compress(bytes(BOMB_BYTES), 9)
    head = struct.pack("<4Q", 1, BOMB_BYTES, 0, len(packed))
    return _VTP_BOMB % (b64encode(head) + b64encode(packed))


def _laughing(data: bytes) -> bytes:
    entities = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "1 ">' + entities + b"]>"
    return data.replace(b'<?xml version="1.0"?>', head).replace(b'format="ascii">', b'format="ascii">&a9;', 1)


for _name, _make in {
    "a STL of four billion triangles": _file(
        "mesh.stl", lambda data: data[:80] + struct.pack("<I", 2**32 - 1) + data[84:]
    ),
    "a STL of NaN": _file("mesh.stl", lambda data: data[:84] + b"\xff" * (len(data) - 84)),
    "a mesh of light years": _text("text.stl", b"vertex 3", b"vertex 1e30"),
    "an OBJ that names no vertex": _text("mesh.obj", b"f 1 ", b"f 99999999999999999999 "),
    "an OBJ of a line without end": _file("mesh.obj", lambda data: data + b"f " + b"1 " * 100_000),
    "an OBJ that reads another file": _text("mesh.obj", b"mtllib body.mtl", b"mtllib ../../../../etc/passwd"),
    "a PLY of four billion corners": _text("mesh.ply", b"element vertex 6", b"element vertex 4294967295"),
    "a PLY of a negative count": _text("text.ply", b"element face 8", b"element face -8"),
    "a VTK of a billion points": _text("mesh.vtk", b"POINTS 6", b"POINTS 1000000000"),
    "a VTK of a negative count": _text("text.vtk", b"POLYGONS 8 32", b"POLYGONS -8 -32"),
    "a VTP of entities that grow": _file("mesh.vtp", _laughing),
    "a VTP that unpacks without end": _file("mesh.vtp", _vtp_bomb),
    "a glTF that reads another file": _gltf(_set("buffers/0", {"byteLength": 120, "uri": "file:///etc/passwd"})),
    "a glTF of a buffer view beyond its buffer": _gltf(_set("bufferViews/0/byteLength", 2**40)),
    "a glTF of a negative offset": _gltf(_set("bufferViews/1/byteOffset", -72)),
    "a glTF of a trillion corners": _gltf(_set("accessors/0/count", 10**12)),
    "a glTF whose nodes go in a circle": _gltf(_set("nodes/0/children", [0])),
    "a glTF of a scale without end": _gltf(_set("nodes/0/scale", [1e300, 1e300, 1e300])),
    "a glTF of JSON nested too deep": _file(
        "mesh.glb",
        lambda data: (
            struct.pack("<III", 0x46546C67, 2, 200_020) + struct.pack("<II", 200_000, 0x4E4F534A) + b"[" * 200_000
        ),
    ),
    "contours at the end of the world": _contours(_far),
    "contours of twenty kilometres": _contours(_wide),
    "a contour of sixty thousand points": _contours(_many),
    "contours in sequences nested too deep": _file(
        "rtstruct.dcm", lambda data: data + nested_sequences(DEEP, known_lengths=False)
    ),
    "segments in sequences nested too deep": _file(
        "seg.dcm", lambda data: with_raw(data, nested_sequences(DEEP, known_lengths=False))
    ),
    "segments of more frames than there are": _text(
        "seg.dcm", b"\x28\x00\x08\x00IS\x02\x004 ", b"\x28\x00\x08\x00IS\x02\x0099"
    ),
}.items():
    makes(f"outlines: {_name}")(_make)
