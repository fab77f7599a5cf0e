"""Wavefront OBJ: groups and objects as structures. Runs in the confined child only."""

import numpy as np

from orview.edge.images.outlines.parts import MeshRead, clean_name
from orview.errors import InputError


def read(data: bytes, name: str) -> tuple[list[MeshRead], str]:
    """Return the groups of a file that hold faces, and its comments. Polygons become fans of triangles.

    Raises:
        InputError: a face is damaged.
    """
    vertices: list[tuple[float, float, float]] = []
    groups: dict[str, list[tuple[int, int, int]]] = {}
    comments = []
    group = ""
    for line in data.decode("utf-8", errors="replace").splitlines():
        if line.startswith("v "):
            x, y, z = line.split()[1:4]
            vertices.append((float(x), float(y), float(z)))
        elif line.startswith("f "):
            corners = [int(corner.split("/", 1)[0]) for corner in line.split()[1:]]
            # Negative numbers count back from the latest vertex.
            rows = [corner - 1 if corner > 0 else len(vertices) + corner for corner in corners]
            if len(rows) < 3 or min(rows) < 0:
                raise InputError("The OBJ file is damaged: a face has no three corners.", mend="Export it again.")
            triangles = groups.setdefault(group, [])
            triangles.extend((rows[0], rows[n], rows[n + 1]) for n in range(1, len(rows) - 1))
        elif line.startswith(("g ", "o ")):
            group = clean_name(line[2:])
        elif line.startswith("#"):
            comments.append(line)
    points = np.array(vertices, dtype=np.float64).reshape(-1, 3)
    several = len(groups) > 1
    meshes = [
        MeshRead(
            vertices=points,
            triangles=np.array(triangles, dtype=np.int32).reshape(-1, 3),
            name=title if title and (several or title.lower() not in ("default", "mesh", "object")) else name,
        )
        for title, triangles in groups.items()
    ]
    return meshes, "\n".join(comments)
