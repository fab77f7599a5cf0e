"""VTK polygons: the legacy format (ASCII and binary, versions 1 to 5) and XML (.vtp). Confined child only."""

import base64
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.outlines.parts import MeshRead
from orview.errors import InputError, RefusedError

_TYPES = {
    "float": "f4", "double": "f8", "int": "i4", "unsigned_int": "u4", "long": "i8", "unsigned_long": "u8",
    "vtktypeint64": "i8", "vtktypeint32": "i4", "short": "i2", "unsigned_short": "u2", "char": "i1",
    "unsigned_char": "u1", "vtkidtype": "i8",
}  # fmt: skip
_XML_TYPES = {
    "Float32": "f4", "Float64": "f8", "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4",
    "UInt32": "u4", "Int64": "i8", "UInt64": "u8",
}  # fmt: skip
MAX_UNPACKED_BYTES = 1024**3

Ints = NDArray[np.int64]


class _Legacy:
    """The words and numbers of a legacy file, from front to back."""

    def __init__(self, data: bytes, at: int, *, binary: bool) -> None:
        self._data, self._at, self._binary = data, at, binary

    def line(self) -> list[str] | None:
        """Return the words of the next line that has any, None at the end."""
        while self._at < len(self._data):
            end = self._data.find(b"\n", self._at)
            end = len(self._data) if end < 0 else end
            words = self._data[self._at : end].decode("latin-1").split()
            self._at = end + 1
            if words:
                return words
        return None

    def numbers(self, count: int, kind: str) -> NDArray[Any]:
        """Return the next `count` numbers.

        Raises:
            InputError: the file ends before.
        """
        if count < 0 or count > len(self._data):
            raise InputError("The VTK file is cut short.", mend="Copy it again.")
        if self._binary:
            found = np.frombuffer(self._data, dtype=">" + _TYPES[kind.lower()], count=count, offset=self._at)
            self._at += found.nbytes
            return found
        # A number takes two bytes at least and rarely more than 26 with its space.
        words: list[bytes] = []
        window = 26 * count + 64
        while True:
            piece = self._data[self._at : self._at + window]
            words = piece.split(None, count)
            whole = len(words) > count or self._at + window >= len(self._data)
            if whole:
                break
            window *= 2
        if len(words) < count:
            raise InputError("The VTK file is cut short.", mend="Copy it again.")
        rest = words[count] if len(words) > count else b""
        self._at += len(piece) - len(rest)
        return np.array(words[:count], dtype=np.float64)


def read_legacy(data: bytes, name: str) -> tuple[list[MeshRead], str]:
    """Return the polygons and triangle strips of a legacy file, and its title as comment.

    Raises:
        InputError: it holds something else, or is cut short.
    """
    lines = data.split(b"\n", 3)
    if not data.startswith(b"# vtk DataFile") or len(lines) < 4:
        raise InputError("The VTK file is damaged or cut short.", mend="Export it again.")
    binary = lines[2].strip().upper() == b"BINARY"
    file = _Legacy(data, sum(len(line) + 1 for line in lines[:3]), binary=binary)
    points = np.zeros((0, 3))
    triangles: list[Ints] = []
    while (words := file.line()) is not None:
        keyword = words[0].upper()
        if keyword == "DATASET" and words[1].upper() != "POLYDATA":
            raise InputError("The VTK file holds no surface.", mend="Export the surface as polygons (polydata).")
        if keyword == "POINTS":
            points = file.numbers(3 * int(words[1]), words[2]).reshape(-1, 3).astype(np.float64)
        elif keyword in ("POLYGONS", "TRIANGLE_STRIPS", "LINES", "VERTICES"):
            cells = _cells(file, int(words[1]), int(words[2]))
            if keyword == "POLYGONS":
                triangles.append(_fans(*cells))
            elif keyword == "TRIANGLE_STRIPS":
                triangles.append(_strips(*cells))
        elif keyword in ("POINT_DATA", "CELL_DATA"):
            break
    rows = np.concatenate(triangles) if triangles else np.zeros((0, 3), dtype=np.int64)
    return [MeshRead(vertices=points, triangles=_rows(rows), name=name)], lines[1].decode("latin-1")


def _cells(file: _Legacy, first: int, second: int) -> tuple[Ints, Ints]:
    """Return offsets and corners of cells: in version 5 apart, before as size, corners, size, corners ..."""
    here = file._at
    words = file.line()
    if words and words[0].upper() == "OFFSETS":
        offsets = file.numbers(first, words[1]).astype(np.int64)
        words = file.line() or ["", "vtktypeint64"]
        return offsets, file.numbers(second, words[1]).astype(np.int64)
    file._at = here
    flat = file.numbers(second, "int").astype(np.int64)
    if len(flat) == 4 * first and (flat[::4] == 3).all():
        return np.arange(first + 1) * 3, flat.reshape(-1, 4)[:, 1:].ravel()
    sizes, corners, at = [], [], 0
    for _ in range(first):
        size = int(flat[at])
        if size < 0 or at + 1 + size > len(flat):
            raise InputError("The VTK file is damaged.", mend="Export it again.")
        sizes.append(size)
        corners.append(flat[at + 1 : at + 1 + size])
        at += 1 + size
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]), np.concatenate([empty, *corners])


def _fans(offsets: Ints, corners: Ints) -> Ints:
    """Return polygons as triangles (M, 3)."""
    sizes = np.diff(offsets)
    if len(sizes) and (sizes.min() < 0 or offsets[0] < 0 or offsets[-1] > len(corners)):
        raise InputError("The VTK file is damaged.", mend="Export it again.")
    if (sizes == 3).all():
        return (
            np.asarray(corners[offsets[0] : offsets[-1]].reshape(-1, 3)) if len(sizes) else np.zeros((0, 3), np.int64)
        )
    count = np.maximum(sizes - 2, 0)
    start = np.repeat(offsets[:-1], count)
    nth = np.arange(len(start)) - np.repeat(np.cumsum(count) - count, count)
    return np.stack([corners[start], corners[start + nth + 1], corners[start + nth + 2]], axis=1)


def _strips(offsets: Ints, corners: Ints) -> Ints:
    """Return triangle strips as triangles (M, 3), every second one turned."""
    rows = []
    for start, stop in pairwise(offsets.tolist()):
        for n in range(start, stop - 2):
            a, b, c = corners[n : n + 3]
            rows.append((a, b, c) if (n - start) % 2 == 0 else (b, a, c))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _rows(rows: Ints) -> NDArray[np.int32]:
    if len(rows) and not 0 <= rows.min() <= rows.max() < 2**31:
        raise InputError("The VTK file is damaged.", mend="Export it again.")
    return rows.astype(np.int32)


def read_xml(data: bytes, name: str) -> tuple[list[MeshRead], str]:
    """Return the polygons of a .vtp file: ASCII, binary or appended arrays, plain or packed by zlib.

    Raises:
        InputError: it holds something else, or is damaged.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputError("The VTP file is damaged.", mend="Export it again.")
    head, marker, tail = data.partition(b"<AppendedData")
    appended = b""
    raw = False
    if marker:
        attributes, _, content = tail.partition(b">")
        raw = b'"raw"' in attributes
        begin = content.index(b"_") + 1
        appended = content[begin : content.rindex(b"</AppendedData>")]
        head += b"</VTKFile>"
    try:
        root = ElementTree.fromstring(head)  # noqa: S314 (no entities: checked above)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise InputError("The VTP file is damaged.", mend="Export it again.") from error
    if root.get("type") != "PolyData":
        raise InputError("The VTK file holds no surface.", mend="Export the surface as polygons (polydata).")
    reader = _Xml(root, appended, raw=raw)
    meshes = []
    for piece in root.iter("Piece"):
        points = piece.find("Points/DataArray")
        polygons = {array.get("Name"): array for array in piece.findall("Polys/DataArray")}
        if points is None or not polygons:
            continue
        vertices = reader.array(points).astype(np.float64).reshape(-1, 3)
        ends = reader.array(polygons["offsets"]).astype(np.int64)
        corners = reader.array(polygons["connectivity"]).astype(np.int64)
        rows = _fans(np.concatenate([[0], ends]), corners)
        meshes.append(MeshRead(vertices=vertices, triangles=_rows(rows), name=name))
    return meshes, ""


class _Xml:
    """The arrays of a VTK XML file."""

    def __init__(self, root: ElementTree.Element, appended: bytes, *, raw: bool) -> None:
        self._appended, self._raw = appended, raw
        self._order = "<" if root.get("byte_order", "LittleEndian") == "LittleEndian" else ">"
        self._header = self._order + ("Q" if root.get("header_type") == "UInt64" else "I")
        compressor = root.get("compressor", "")
        if compressor not in ("", "vtkZLibDataCompressor"):
            raise InputError("The VTP file is packed in a way that is not read.", mend="Save it without compression.")
        self._packed = bool(compressor)

    def array(self, element: ElementTree.Element) -> NDArray[Any]:
        """Return the numbers of a DataArray, flat."""
        kind = _XML_TYPES[element.get("type", "")]
        form = element.get("format")
        if form == "ascii":
            return np.array((element.text or "").split(), dtype=kind)
        if form == "appended":
            block = self._appended[int(element.get("offset", "0")) :]
            content = self._unpacked(block, coded=not self._raw)
        else:
            content = self._unpacked((element.text or "").strip().encode(), coded=True)
        return np.frombuffer(content, dtype=self._order + kind)

    def _unpacked(self, block: bytes, *, coded: bool) -> bytes:
        width = struct.calcsize(self._header)
        if not self._packed:
            if coded:
                block = base64.b64decode(_base64_run(block))
            (size,) = struct.unpack_from(self._header, block)
            return block[width : width + size]
        head_bytes = 3 * width
        if coded:
            (count,) = struct.unpack_from(self._header, base64.b64decode(block[: _coded(head_bytes)]))
            full = (3 + count) * width
            head = base64.b64decode(block[: _coded(full)])
            body = base64.b64decode(_base64_run(block[_coded(full) :]))
        else:
            (count,) = struct.unpack_from(self._header, block)
            head, body = block[: (3 + count) * width], block[(3 + count) * width :]
        sizes = np.frombuffer(head, dtype=self._header.replace("Q", "u8").replace("I", "u4"), offset=head_bytes)
        pieces, at, total = [], 0, 0
        for size in sizes.tolist():
            pieces.append(zlib.decompressobj().decompress(body[at : at + size], MAX_UNPACKED_BYTES))
            at += size
            total += len(pieces[-1])
            if total > MAX_UNPACKED_BYTES:
                raise RefusedError("The VTP file unpacks to far more than it holds.", mend="Save it uncompressed.")
        return b"".join(pieces)


def _coded(size: int) -> int:
    """Return how many letters base64 takes for so many bytes."""
    return -(-size // 3) * 4


def _base64_run(block: bytes) -> bytes:
    """Return the letters of base64 up to where the next block begins."""
    end = next((n + 1 for n, letter in enumerate(block) if letter == 0x3D and block[n + 1 : n + 2] != b"="), len(block))
    return block[: end - end % 4]
