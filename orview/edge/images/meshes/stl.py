"""STL, binary and ASCII. Runs in the confined child only."""

import re

import numpy as np

from orview.edge.images.outlines.parts import MeshRead, clean_name
from orview.errors import InputError

_FACET = np.dtype([("normal", "<f4", 3), ("vertices", "<f4", (3, 3)), ("attribute", "<u2")])
HEADER_BYTES = 84


def read(data: bytes, name: str) -> tuple[list[MeshRead], str]:
    """Return the solids of a file and its comments.

    Raises:
        InputError: it is cut short, or no STL.
    """
    if len(data) >= HEADER_BYTES:
        count = int.from_bytes(data[80:84], "little")
        # A binary header may begin with "solid" too: the size tells.
        if len(data) >= HEADER_BYTES + 50 * count and (count > 0 or not data.lstrip().startswith(b"solid")):
            facets = np.frombuffer(data, dtype=_FACET, count=count, offset=HEADER_BYTES)
            comment = data[:80].decode("latin-1").replace("\0", " ")
            return [_welded(facets["vertices"].reshape(-1, 3).astype(np.float64), name)], comment
    if not data.lstrip().lower().startswith(b"solid"):
        raise InputError("The STL file is damaged or cut short.", mend="Export it again.")
    text = data.decode("latin-1")
    meshes = []
    comments = []
    for solid in re.split(r"(?m)^\s*(?=solid\b)", text):
        title, _, body = solid.partition("\n")
        if not title.lower().startswith("solid"):
            continue
        comments.append(title)
        numbers = re.findall(r"\bvertex\s+(\S+)\s+(\S+)\s+(\S+)", body)
        if len(numbers) % 3 or body.count("facet normal") * 3 != len(numbers):
            raise InputError("The STL file is damaged or cut short.", mend="Export it again.")
        words = title.split()[1:]
        said = [
            word for word in words if "=" not in word and word.lower() not in ("ascii", "by", "vtk", "visualization")
        ]
        vertices = np.array(numbers, dtype=np.float64).reshape(-1, 3)
        meshes.append((clean_name(" ".join(said)), vertices))
    several = len(meshes) > 1
    return [_welded(vertices, title if several and title else name) for title, vertices in meshes], "\n".join(comments)


def _welded(corners: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", name: str) -> MeshRead:
    """Return triangles whose equal corners are one vertex."""
    if len(corners) == 0:
        return MeshRead(vertices=np.zeros((0, 3)), triangles=np.zeros((0, 3), dtype=np.int32), name=name)
    vertices, rows = np.unique(corners, axis=0, return_inverse=True)
    return MeshRead(vertices=vertices, triangles=rows.reshape(-1, 3).astype(np.int32), name=name)
