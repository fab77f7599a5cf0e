"""Surfaces as the files other programs read: binary STL and OBJ, patient millimetres (LPS), and back.

Neither format knows units or axes. The comment says both the way 3D Slicer writes and reads them
(`SPACE=LPS`, in vtkMRMLModelStorageNode); without it Slicer and most others would have to guess.
"""

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.mesh.surface import Surface

FRAME_COMMENT = "SPACE=LPS UNIT=mm"
_HEADER_BYTES = 80
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("unused", "<u2")])
assert _RECORD.itemsize == 50


def stl_of(surface: Surface, *, name: str) -> bytes:
    """Return a binary STL: triangle corners as float32 patient mm, its header saying frame, unit and name.

    Args:
        surface: patient mm.
        name: ASCII; what does not fit the header is cut off.
    """
    header = f"{FRAME_COMMENT} {name}".encode("ascii", "replace")[:_HEADER_BYTES].ljust(_HEADER_BYTES)
    records = np.zeros(len(surface.triangles), dtype=_RECORD)
    corners = surface.vertices_mm[surface.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    records["normal"] = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    records["corners"] = corners
    return b"".join((header, len(records).to_bytes(4, "little"), records.tobytes()))


def obj_of(surface: Surface, *, name: str, materials: str) -> bytes:
    """Return an OBJ: one named object in patient mm (four decimals), its comment saying frame and unit.

    Args:
        surface: patient mm.
        name: of the object and of its material.
        materials: file name of the material library beside it.
    """
    lines = [
        f"# {FRAME_COMMENT}\nmtllib {materials}\no {name}\nusemtl {name}\n",
        *(f"v {x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in surface.vertices_mm.tolist()),
        *(f"f {a} {b} {c}\n" for a, b, c in (surface.triangles + 1).tolist()),
    ]
    return "".join(lines).encode("ascii")


def materials_of(colors_srgb: dict[str, tuple[float, float, float]]) -> bytes:
    """Return the material library (MTL) of named colours, sRGB 0 to 1."""
    return "".join(
        f"newmtl {name}\nKd {red:.4f} {green:.4f} {blue:.4f}\nillum 1\n"
        for name, (red, green, blue) in colors_srgb.items()
    ).encode("ascii")


def corners_of_stl(data: bytes) -> NDArray[np.float64]:
    """Return the triangle corners (M, 3, 3) of a binary STL.

    Raises:
        ContractError: the bytes are no binary STL.
    """
    body = data[_HEADER_BYTES + 4 :]
    if len(data) < _HEADER_BYTES + 4 or len(body) != _RECORD.itemsize * int.from_bytes(data[80:84], "little"):
        raise ContractError("These bytes are no binary STL file.")
    return np.asarray(np.frombuffer(body, dtype=_RECORD)["corners"], dtype=np.float64)


def corners_of_obj(data: bytes) -> NDArray[np.float64]:
    """Return the triangle corners (M, 3, 3) of an OBJ that `obj_of` wrote.

    Raises:
        ContractError: the bytes are no such file.
    """
    lines = data.decode("ascii", "replace").splitlines()
    try:
        vertices = np.array([line.split()[1:] for line in lines if line.startswith("v ")], dtype=np.float64)
        triangles = np.array([line.split()[1:] for line in lines if line.startswith("f ")], dtype=np.int64) - 1
        return np.asarray(vertices[triangles].reshape(-1, 3, 3))
    except (ValueError, IndexError) as error:
        raise ContractError("These bytes are no OBJ file of triangles.") from error
