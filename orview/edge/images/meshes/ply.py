"""PLY, ASCII and binary of both byte orders. Runs in the confined child only."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.outlines.parts import MeshRead
from orview.errors import InputError

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}


@dataclass(kw_only=True)
class _Element:
    name: str
    count: int
    scalars: list[tuple[str, str]] = field(default_factory=list)
    lists: list[tuple[str, str, str]] = field(default_factory=list)


def read(data: bytes, name: str) -> tuple[list[MeshRead], str]:
    """Return the surface of a file and its comments. Polygons become fans of triangles.

    Raises:
        InputError: it is no PLY, or cut short.
    """
    head, separator, body = data.partition(b"end_header")
    if not data.startswith(b"ply") or not separator:
        raise InputError("The PLY file is damaged or cut short.", mend="Export it again.")
    body = body[body.index(b"\n") + 1 :]
    order, elements, comments = _header(head.decode("latin-1"))
    vertices = np.zeros((0, 3))
    triangles = np.zeros((0, 3), dtype=np.int32)
    words = body.split() if order == "" else []
    at = 0
    for element in elements:
        if order == "":
            columns, lists, at = _ascii(element, words, at)
        else:
            columns, lists, at = _binary(element, body, at, order)
        if element.name == "vertex":
            vertices = np.stack([columns[axis] for axis in ("x", "y", "z")], axis=1).astype(np.float64)
        elif element.name == "face" and lists is not None:
            triangles = lists
    return [MeshRead(vertices=vertices, triangles=triangles, name=name)], comments


def _header(text: str) -> tuple[str, list[_Element], str]:
    order, elements, comments = "", [], []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "format":
            order = _ORDERS[words[1]]
        elif words[0] in ("comment", "obj_info"):
            comments.append(line)
        elif words[0] == "element":
            elements.append(_Element(name=words[1], count=int(words[2])))
        elif words[0] == "property" and words[1] == "list":
            elements[-1].lists.append((words[4], _TYPES[words[2]], _TYPES[words[3]]))
        elif words[0] == "property":
            elements[-1].scalars.append((words[2], _TYPES[words[1]]))
    if any(
        element.count < 0 or (element.lists and (element.scalars or len(element.lists) > 1)) for element in elements
    ):
        raise InputError("The PLY file has faces of a kind that is not read.", mend="Export plain triangles.")
    return order, elements, "\n".join(comments)


def _ascii(
    element: _Element, words: list[bytes], at: int
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int32] | None, int]:
    if not element.lists:
        width = len(element.scalars)
        end = at + width * element.count
        if end > len(words):
            raise InputError("The PLY file is cut short.", mend="Copy it again.")
        table = np.array(words[at:end], dtype=np.float64).reshape(element.count, width)
        return {title: table[:, n] for n, (title, _) in enumerate(element.scalars)}, None, end
    rows: list[tuple[int, int, int]] = []
    for _ in range(element.count):
        size = int(words[at])
        corners = [int(word) for word in words[at + 1 : at + 1 + size]]
        if len(corners) != size:
            raise InputError("The PLY file is cut short.", mend="Copy it again.")
        rows.extend((corners[0], corners[n], corners[n + 1]) for n in range(1, size - 1))
        at += 1 + size
    return {}, np.array(rows, dtype=np.int32).reshape(-1, 3), at


def _binary(
    element: _Element, body: bytes, at: int, order: str
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int32] | None, int]:
    if not element.lists:
        kind = np.dtype([(title, order + code) for title, code in element.scalars])
        table = np.frombuffer(body, dtype=kind, count=element.count, offset=at)
        return {title: table[title] for title, _ in element.scalars}, None, at + element.count * kind.itemsize
    _, size_code, row_code = element.lists[0]
    kind = np.dtype([("size", order + size_code), ("rows", order + row_code, 3)])
    if len(body) >= at + element.count * kind.itemsize:
        table = np.frombuffer(body, dtype=kind, count=element.count, offset=at)
        if (table["size"] == 3).all():
            return {}, table["rows"].astype(np.int32), at + element.count * kind.itemsize
    rows: list[tuple[int, int, int]] = []
    size_kind, row_kind = np.dtype(order + size_code), np.dtype(order + row_code)
    for _ in range(element.count):
        size = int(np.frombuffer(body, dtype=size_kind, count=1, offset=at)[0])
        at += size_kind.itemsize
        if size < 0:
            raise InputError("The PLY file is damaged.", mend="Export it again.")
        corners = np.frombuffer(body, dtype=row_kind, count=size, offset=at).tolist()
        at += size * row_kind.itemsize
        rows.extend((corners[0], corners[n], corners[n + 1]) for n in range(1, size - 1))
    return {}, np.array(rows, dtype=np.int32).reshape(-1, 3), at
