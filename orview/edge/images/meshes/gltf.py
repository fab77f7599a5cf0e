"""glTF 2.0 (.glb, and .gltf that holds its buffers): nodes as structures, placed by their transforms.

Runs in the confined child only. Geometry compressed by Draco or meshopt is not read.
"""

import base64
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.outlines.parts import MeshRead, clean_name
from orview.errors import InputError
from orview.segment.anatomy import Color

MAX_DEPTH = 64
_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "i2", 5123: "u2", 5125: "u4", 5126: "f4"}
_SCALES = {"i1": 127.0, "u1": 255.0, "i2": 32767.0, "u2": 65535.0}
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_READ = frozenset({"KHR_mesh_quantization", "KHR_materials_unlit", "KHR_materials_specular", "KHR_texture_transform"})


def read_binary(data: bytes, name: str) -> tuple[list[MeshRead], str]:
    """Return the meshes of a GLB.

    Raises:
        InputError: it is damaged or compressed.
    """
    magic, version, length = struct.unpack_from("<4sII", data)
    if magic != b"glTF" or version != 2 or length > len(data):
        raise InputError("The GLB file is damaged or cut short.", mend="Export it again.")
    document, binary, at = None, b"", 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<I4s", data, at)
        chunk = data[at + 8 : at + 8 + size]
        if kind == b"JSON":
            document = json.loads(chunk)
        elif kind == b"BIN\0":
            binary = chunk
        at += 8 + size
    if document is None:
        raise InputError("The GLB file is damaged or cut short.", mend="Export it again.")
    return _meshes(document, binary, name), _comments(document)


def read_json(data: bytes, name: str) -> tuple[list[MeshRead], str]:
    """Return the meshes of a .gltf file.

    Raises:
        InputError: it is damaged, compressed, or its buffers lie in other files.
    """
    document = json.loads(data)
    return _meshes(document, b"", name), _comments(document)


def _comments(document: dict[str, Any]) -> str:
    """Return what the writer may have said of unit and axes in the asset's extras."""
    extras = document.get("asset", {}).get("extras", {})
    return "\n".join(f"{key}={value}" for key, value in extras.items()) if isinstance(extras, dict) else ""


def _meshes(document: dict[str, Any], binary: bytes, name: str) -> list[MeshRead]:
    strange = set(document.get("extensionsRequired", [])) - _READ
    if strange:
        raise InputError(
            "The glTF file's geometry is compressed in a way that is not read.", mend="Export it without compression."
        )
    buffers = [_buffer(buffer, binary) for buffer in document.get("buffers", [])]
    found: list[MeshRead] = []
    scenes = document.get("scenes")
    roots = scenes[document.get("scene", 0)].get("nodes", []) if scenes else range(len(document.get("nodes", [])))
    stack: list[tuple[int, NDArray[np.float64], str, int]] = [(int(node), np.eye(4), "", 0) for node in roots]
    visited = 0
    while stack:
        number, parent, parent_name, depth = stack.pop()
        node = document["nodes"][number]
        visited += 1
        if depth > MAX_DEPTH or visited > 100_000:
            raise InputError("The glTF file's nodes are nested without end.", mend="Export it again.")
        matrix = parent @ _matrix(node)
        title = clean_name(node.get("name", "")) or parent_name
        if "mesh" in node:
            mesh = document["meshes"][int(node["mesh"])]
            title = title or clean_name(mesh.get("name", "")) or name
            for primitive in mesh["primitives"]:
                read = _primitive(document, buffers, primitive, matrix, title)
                if read is not None:
                    found.append(read)
        stack += [(int(child), matrix, title, depth + 1) for child in node.get("children", [])]
    return found


def _buffer(buffer: dict[str, Any], binary: bytes) -> bytes:
    uri = buffer.get("uri")
    if uri is None:
        return binary
    head, comma, body = str(uri).partition(",")
    if not (head.startswith("data:") and head.endswith(";base64") and comma):
        raise InputError("The glTF file's data lie in other files.", mend="Export it as one .glb file.")
    return base64.b64decode(body)


def _matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    """Return parent_from_node; glTF stores matrices column by column, quaternions as x, y, z, w."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    x, y, z, w = (float(value) for value in node.get("rotation", (0.0, 0.0, 0.0, 1.0)))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(node.get("scale", (1.0, 1.0, 1.0)), dtype=np.float64)
    matrix[:3, 3] = np.array(node.get("translation", (0.0, 0.0, 0.0)), dtype=np.float64)
    return matrix


def _primitive(
    document: dict[str, Any], buffers: list[bytes], primitive: dict[str, Any], matrix: NDArray[np.float64], title: str
) -> MeshRead | None:
    mode = primitive.get("mode", _TRIANGLES)
    if mode not in (_TRIANGLES, _STRIP, _FAN):
        return None
    vertices = _accessor(document, buffers, int(primitive["attributes"]["POSITION"])).astype(np.float64)
    if "indices" in primitive:
        rows = _accessor(document, buffers, int(primitive["indices"])).ravel().astype(np.int64)
    else:
        rows = np.arange(len(vertices))
    triangles = _triangles(rows, mode)
    if np.linalg.det(matrix[:3, :3]) < 0.0:
        triangles = triangles[:, ::-1]
    return MeshRead(
        vertices=vertices @ matrix[:3, :3].T + matrix[:3, 3],
        triangles=np.ascontiguousarray(triangles, dtype=np.int32),
        name=title,
        color_srgb=_color(document, primitive),
    )


def _triangles(rows: NDArray[np.int64], mode: int) -> NDArray[np.int64]:
    if mode == _TRIANGLES:
        return rows[: len(rows) // 3 * 3].reshape(-1, 3)
    if mode == _FAN:
        return np.stack([np.full(max(len(rows) - 2, 0), rows[0]), rows[1:-1], rows[2:]], axis=1)
    strip = np.stack([rows[:-2], rows[1:-1], rows[2:]], axis=1)
    strip[1::2] = strip[1::2, [1, 0, 2]]
    return strip


def _accessor(document: dict[str, Any], buffers: list[bytes], number: int) -> NDArray[Any]:
    """Return an accessor's numbers (N, width).

    Raises:
        InputError: sparse, compressed or out of its buffer.
    """
    accessor = document["accessors"][number]
    if "sparse" in accessor or "bufferView" not in accessor:
        raise InputError("The glTF file's geometry is of a kind that is not read.", mend="Export plain triangles.")
    view = document["bufferViews"][int(accessor["bufferView"])]
    kind = np.dtype("<" + _COMPONENTS[int(accessor["componentType"])])
    width = {"SCALAR": 1, "VEC3": 3}[accessor["type"]]
    count, stride = int(accessor["count"]), int(view.get("byteStride", kind.itemsize * width))
    start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
    data = buffers[int(view["buffer"])]
    if count < 1 or min(start, stride) < 0 or start + (count - 1) * stride + kind.itemsize * width > len(data):
        raise InputError("The glTF file is damaged or cut short.", mend="Export it again.")
    array = np.ndarray((count, width), dtype=kind, buffer=data, offset=start, strides=(stride, kind.itemsize))
    if accessor.get("normalized"):
        return np.maximum(array.astype(np.float64) / _SCALES[kind.str[1:]], -1.0)
    return array


def _color(document: dict[str, Any], primitive: dict[str, Any]) -> Color | None:
    """Return the base colour of a primitive's material; glTF keeps it linear."""
    if "material" not in primitive:
        return None
    material = document["materials"][int(primitive["material"])]
    factor = material.get("pbrMetallicRoughness", {}).get("baseColorFactor")
    if factor is None:
        return None
    linear = np.clip(np.array(factor[:3], dtype=np.float64), 0.0, 1.0)
    red, green, blue = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).tolist()
    return red, green, blue
