"""A GLB written here, read back: what a client will see, in patient millimetres.

Reads only what `model.glb` and `model.figures` write; it is how a case is checked before it is stored, and how tests
see it.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from pygltflib import LINES, TRIANGLES

from orview.errors import ContractError
from orview.geometry.affine import PATIENT_FROM_MODEL
from orview.mesh.surface import Surface
from orview.model.buffers import MESHOPT

_DTYPES = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_FULL = {"int8": 127.0, "uint8": 255.0}
"""The number that stands for 1 in accessors that are normalised."""
_COMPONENTS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnMesh:
    """One drawn node of a GLB.

    Attributes:
        name: the node's name.
        extras: its `extras.orview`.
        surface: its triangles through the node's transform, patient mm.
        normals: (N, 3) unit, model axes.
        colors: (N, 4) linear RGBA, 0 to 1; None where the mesh is of one colour.
    """

    name: str
    extras: dict[str, Any]
    surface: Surface
    normals: NDArray[np.float64]
    colors: NDArray[np.float64] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnLines:
    """One node of lines of a GLB.

    Attributes:
        name: the node's name.
        extras: its `extras.orview`.
        segments_mm: (N, 2, 3) through the node's transform, patient mm.
    """

    name: str
    extras: dict[str, Any]
    segments_mm: NDArray[np.float64]


def read_glb(data: bytes) -> list[DrawnMesh]:
    """Return every node of a GLB written here that draws triangles.

    Raises:
        ContractError: the bytes are not such a file.
    """
    file = _File(data)
    meshes = []
    for node, primitive, vertices_mm in file.drawn():
        if primitive.get("mode", TRIANGLES) != TRIANGLES:
            continue
        attributes = primitive["attributes"]
        normals = file.accessor(attributes["NORMAL"]).astype(np.float64)
        colors = file.accessor(attributes["COLOR_0"]) if "COLOR_0" in attributes else None
        triangles = file.accessor(primitive["indices"]).astype(np.int32).reshape(-1, 3)
        meshes.append(
            DrawnMesh(
                name=node["name"],
                extras=node["extras"]["orview"],
                surface=Surface(vertices_mm=vertices_mm, triangles=triangles),
                normals=normals / np.linalg.norm(normals, axis=1, keepdims=True),
                colors=colors,
            )
        )
    return meshes


def read_lines(data: bytes) -> list[DrawnLines]:
    """Return every node of a GLB written here that draws lines.

    Raises:
        ContractError: the bytes are not such a file.
    """
    return [
        DrawnLines(name=node["name"], extras=node["extras"]["orview"], segments_mm=vertices_mm.reshape(-1, 2, 3))
        for node, primitive, vertices_mm in _File(data).drawn()
        if primitive.get("mode", TRIANGLES) == LINES
    ]


class _File:
    """A GLB written here, its buffer views unpacked."""

    def __init__(self, data: bytes) -> None:
        self._document, binary = split_container(data)
        self._views = [_view(view, binary) for view in self._document["bufferViews"]]

    def drawn(self) -> Iterator[tuple[dict[str, Any], dict[str, Any], NDArray[np.float64]]]:
        """Return each drawn node, its primitive and its vertices (N, 3) through the node's transform, patient mm."""
        nodes = self._document["nodes"]
        unscaled = (1.0, 1.0, 1.0)
        scales = {child: node.get("scale", unscaled) for node in nodes for child in node.get("children", ())}
        for number, node in enumerate(nodes):
            if "mesh" in node:
                primitive = self._document["meshes"][node["mesh"]]["primitives"][0]
                position = self.accessor(primitive["attributes"]["POSITION"]).astype(np.float64)
                vertices_m = (position + node["translation"]) * scales.get(number, unscaled)
                yield node, primitive, PATIENT_FROM_MODEL.apply(vertices_m)

    def accessor(self, number: int) -> NDArray[Any]:
        """Return one accessor as (count, components)."""
        return _accessor(self._document, self._views, number)


def split_container(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the JSON and the binary chunk of a GLB.

    Raises:
        ContractError: the bytes are no GLB of two chunks.
    """
    if len(data) < 28 or data[:4] != b"glTF" or struct.unpack_from("<II", data, 4) != (2, len(data)):
        raise ContractError("These bytes are no glTF 2.0 binary file.")
    json_length, kind = struct.unpack_from("<I4s", data, 12)
    if kind != b"JSON" or 20 + json_length + 8 > len(data):
        raise ContractError("The glTF binary file has no JSON chunk.")
    return json.loads(data[20 : 20 + json_length]), data[28 + json_length :]


def _view(view: dict[str, Any], binary: bytes) -> NDArray[Any]:
    """Return the bytes of a buffer view, decompressed, its filter undone; compressed indices as numbers."""
    packed = view.get("extensions", {}).get(MESHOPT)
    if packed is None:
        return np.frombuffer(binary, dtype=np.uint8, count=view["byteLength"], offset=view.get("byteOffset", 0))
    count, stride = packed["count"], packed["byteStride"]
    part = binary[packed["byteOffset"] : packed["byteOffset"] + packed["byteLength"]]
    if packed["mode"] == "TRIANGLES":
        # The stream is the same for both widths; the wheel hands back 32 bits, so it is asked for 32.
        return np.asarray(meshoptimizer.decode_index_buffer(count, 4, part))
    raw = np.asarray(meshoptimizer.decode_vertex_buffer(count, stride, part)).view(np.uint8).ravel()
    if packed.get("filter") == "OCTAHEDRAL":
        raw = np.asarray(meshoptimizer.decode_filter_oct(raw, count, stride))
    return raw


def _accessor(document: dict[str, Any], views: list[NDArray[Any]], index: int) -> NDArray[Any]:
    """Return one accessor as (count, components)."""
    accessor = document["accessors"][index]
    values = views[accessor["bufferView"]]
    dtype = np.dtype(_DTYPES[accessor["componentType"]])
    components, count = _COMPONENTS[accessor["type"]], accessor["count"]
    stride = document["bufferViews"][accessor["bufferView"]].get("byteStride") or dtype.itemsize * components
    start = accessor.get("byteOffset", 0)
    if values.dtype != np.uint8:
        return np.reshape(values[start // stride :][:count], (-1, 1))
    rows = values[start : start + count * stride].view(dtype).reshape(count, stride // dtype.itemsize)
    table: NDArray[Any] = rows[:, :components]
    return table / _FULL[dtype.name] if accessor.get("normalized") else table
