"""Vertices and triangles as accessors, buffer views and bytes of a glTF file."""

from dataclasses import dataclass
from typing import Any

import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from pygltflib import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, Accessor, Attributes, Buffer, BufferView, Primitive

MESHOPT = "EXT_meshopt_compression"
QUANTIZATION = "KHR_mesh_quantization"

POSITION_STEPS = 32767
"""Steps of a quantised position from a mesh's centre to its farthest side."""

_COMPONENT_TYPES = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}


@dataclass(frozen=True, kw_only=True, eq=False)
class Geometry:
    """One mesh ready for the file, about its own centre.

    Attributes:
        centre_m: (3,) model metres, exact in float32.
        offsets_m: (N, 3) float64, vertices less `centre_m`.
        normals: (N, 3) unit, model axes.
        triangles: (M, 3) uint32, in an order kind to vertex caches.
        colors: (N, 4) uint8 linear RGBA where several structures share the mesh, else None.
    """

    centre_m: NDArray[np.float64]
    offsets_m: NDArray[np.float64]
    normals: NDArray[np.float64]
    triangles: NDArray[np.uint32]
    colors: NDArray[np.uint8] | None

    @property
    def step_m(self) -> float:
        """One step of the 16-bit positions, alike on all axes so that normals stay true."""
        return float(np.abs(self.offsets_m).max() / POSITION_STEPS)


class BufferWriter:
    """Collects the meshes of one file; every piece starts at a multiple of four bytes.

    Args:
        compressed: quantise, and compress with EXT_meshopt_compression.
    """

    def __init__(self, *, compressed: bool) -> None:
        self.compressed = compressed
        self.accessors: list[Accessor] = []
        self.views: list[BufferView] = []
        self.data = bytearray()
        self._fallback_length = 0
        # EXT_meshopt_compression knows version 0 of the vertex codec and 1 of the index codec, no later ones.
        meshoptimizer.encode_vertex_version(0)
        meshoptimizer.encode_index_version(1)

    def primitive(self, geometry: Geometry, *, material: int) -> Primitive:
        """Add one mesh and return its primitive."""
        if self.compressed:
            position = _padded(np.rint(geometry.offsets_m / geometry.step_m).astype(np.int16))
            normal = octahedral(geometry.normals)
        else:
            position, normal = geometry.offsets_m.astype(np.float32), geometry.normals.astype(np.float32)
        attributes = Attributes(
            POSITION=self._attribute(position, limits=True),
            NORMAL=self._attribute(normal, encoding="OCTAHEDRAL" if self.compressed else "NONE"),
        )
        if geometry.colors is not None:
            attributes.COLOR_0 = self._attribute(geometry.colors, components=4)
        return Primitive(attributes=attributes, indices=self._indices(geometry), material=material)

    def buffers(self) -> list[Buffer]:
        """Return the file's buffers: the binary chunk and, when compressed, the fallback that holds nothing."""
        buffers = [Buffer(byteLength=len(self.data))]
        if self.compressed:
            # Of the decompressed size, and carried by no file (EXT_meshopt_compression, "Fallback buffers").
            buffers.append(Buffer(byteLength=self._fallback_length, extensions={MESHOPT: {"fallback": True}}))
        return buffers

    def _attribute(
        self, rows: NDArray[Any], *, components: int = 3, limits: bool = False, encoding: str = "NONE"
    ) -> int:
        """Add one vertex attribute, rows of a multiple of four bytes, and return its accessor."""
        rows = np.ascontiguousarray(rows)
        stride = rows.itemsize * rows.shape[1]
        if self.compressed:
            packed = meshoptimizer.encode_vertex_buffer(rows, len(rows), stride)
            view = self._compressed_view(packed, mode="ATTRIBUTES", encoding=encoding, count=len(rows), stride=stride)
        else:
            view = self._view(rows.tobytes())
        view.target, view.byteStride = ARRAY_BUFFER, stride
        accessor = Accessor(
            bufferView=len(self.views) - 1,
            componentType=_COMPONENT_TYPES[rows.dtype.name],
            normalized=rows.dtype.itemsize == 1,
            count=len(rows),
            type=f"VEC{components}",
        )
        if limits:
            used = rows[:, :components]
            accessor.min, accessor.max = used.min(axis=0).tolist(), used.max(axis=0).tolist()
        return self._added(accessor)

    def _indices(self, geometry: Geometry) -> int:
        # The highest index of each width is the restart value and may not be used.
        dtype = np.dtype(np.uint16 if len(geometry.offsets_m) < 65535 else np.uint32)
        indices = geometry.triangles.ravel()
        if self.compressed:
            packed = meshoptimizer.encode_index_buffer(indices, len(indices), len(geometry.offsets_m))
            view = self._compressed_view(
                packed, mode="TRIANGLES", encoding="NONE", count=len(indices), stride=dtype.itemsize
            )
        else:
            view = self._view(indices.astype(dtype).tobytes())
        view.target = ELEMENT_ARRAY_BUFFER
        return self._added(
            Accessor(
                bufferView=len(self.views) - 1,
                componentType=_COMPONENT_TYPES[dtype.name],
                count=len(indices),
                type="SCALAR",
            )
        )

    def _added(self, accessor: Accessor) -> int:
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def _view(self, data: bytes) -> BufferView:
        view = BufferView(buffer=0, byteOffset=self._append(data), byteLength=len(data))
        self.views.append(view)
        return view

    def _compressed_view(self, packed: bytes, *, mode: str, encoding: str, count: int, stride: int) -> BufferView:
        compressed = {
            "buffer": 0,
            "byteOffset": self._append(packed),
            "byteLength": len(packed),
            "byteStride": stride,
            "count": count,
            "mode": mode,
        }
        if encoding != "NONE":
            compressed["filter"] = encoding
        length = count * stride
        view = BufferView(
            buffer=1, byteOffset=self._fallback_length, byteLength=length, extensions={MESHOPT: compressed}
        )
        self._fallback_length += length + (-length % 4)
        self.views.append(view)
        return view

    def _append(self, data: bytes) -> int:
        offset = len(self.data)
        self.data += data + bytes(-len(data) % 4)
        return offset


def octahedral(normals: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return unit normals (N, 3) as (N, 4) int8 in the form the OCTAHEDRAL filter decodes.

    x and y of the point on the octahedron |x| + |y| + |z| = 1, its lower half folded out, and in the third
    place the number that stands for 1 (EXT_meshopt_compression, "Filter: octahedral").
    """
    on_octahedron = normals / np.abs(normals).sum(axis=1, keepdims=True)
    x, y, z = on_octahedron.T
    below = z < 0.0
    folded_x = np.where(below, (1.0 - np.abs(y)) * np.where(x < 0.0, -1.0, 1.0), x)
    folded_y = np.where(below, (1.0 - np.abs(x)) * np.where(y < 0.0, -1.0, 1.0), y)
    encoded = np.zeros((len(normals), 4), dtype=np.int8)
    encoded[:, 0], encoded[:, 1] = np.rint(folded_x * 127.0), np.rint(folded_y * 127.0)
    encoded[:, 2] = 127
    return encoded


def _padded(rows: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return (N, 3) as (N, 4): vertex attributes are aligned to four bytes."""
    return np.pad(rows, ((0, 0), (0, 1)))
