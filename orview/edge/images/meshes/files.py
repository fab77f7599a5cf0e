"""Surfaces from STL, OBJ, PLY, GLB, glTF, VTK and VTP files. Runs in the confined child only.

Small readers of our own: what matters here (names, groups, node transforms, comments that state unit and axes) is
what general readers drop, and numpy on bytes whose lengths were checked cannot be made to crash.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.meshes import gltf as mesh_gltf
from orview.edge.images.meshes import obj as mesh_obj
from orview.edge.images.meshes import ply as mesh_ply
from orview.edge.images.meshes import stl as mesh_stl
from orview.edge.images.meshes import vtk as mesh_vtk
from orview.edge.images.outlines.parts import MeshRead, OutlinesRead, name_of_file
from orview.errors import InputError, OrviewError, RefusedError

MAX_BYTES = 1024**3
MOST_TRIANGLES = 20_000_000

_READERS: dict[str, Callable[[bytes, str], tuple[list[MeshRead], str]]] = {
    ".stl": mesh_stl.read,
    ".obj": mesh_obj.read,
    ".ply": mesh_ply.read,
    ".vtk": mesh_vtk.read_legacy,
    ".vtp": mesh_vtk.read_xml,
    ".glb": mesh_gltf.read_binary,
    ".gltf": mesh_gltf.read_json,
}

_BROKEN = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
    zlib.error,
)
"""What readers raise on bytes that are not what their headers say."""

_UNITS = {"mm": "mm", "millimeter": "mm", "millimeters": "mm", "millimetre": "mm", "cm": "cm", "m": "m", "in": "in"}
_UNITS |= {"meter": "m", "meters": "m", "metre": "m", "inch": "in", "inches": "in", "centimeter": "cm"}


def mesh_suffix(path: Path) -> str | None:
    """Return the suffix of a mesh file, None where it is none."""
    suffix = path.suffix.lower()
    return suffix if suffix in _READERS else None


def read_mesh(path: Path, *, called: str | None = None) -> OutlinesRead:
    """Read the surfaces of one file, in the unit and axes of the file.

    Args:
        path: the file.
        called: its name without ending where it came from, for a surface without one; None for the name it has.

    Raises:
        InputError: it cannot be read, or holds no triangle.
        RefusedError: it is larger than any model.
    """
    suffix = mesh_suffix(path)
    if suffix is None:
        raise InputError("The file is no mesh that can be read.", mend="Give STL, OBJ, PLY, GLB, glTF, VTK or VTP.")
    if path.stat().st_size > MAX_BYTES:
        raise RefusedError("The mesh file is larger than 1 GB.", mend="Decimate it first.")
    data = path.read_bytes()
    try:
        meshes, comments = _READERS[suffix](data, name_of_file(path.stem if called is None else called, "surface"))
    except (OrviewError, MemoryError):
        raise
    except _BROKEN as error:
        raise InputError("The mesh file is damaged or cut short.", mend="Export it again.") from error
    meshes = [mesh for mesh in (_checked(mesh) for mesh in meshes) if len(mesh.triangles)]
    if not meshes:
        raise InputError("The mesh file holds no triangles.", mend="Export it as triangles.")
    return OutlinesRead(
        digest=hashlib.sha256(data).hexdigest(),
        meshes=meshes,
        unit=_unit(comments),
        frame=_frame(comments),
        y_up=suffix in (".glb", ".gltf"),
    )


def _checked(mesh: MeshRead) -> MeshRead:
    """Return a mesh whose rows are in range, without the vertices nothing uses.

    Raises:
        InputError: a row names a vertex that is not there, or a used vertex is no number.
        RefusedError: there are too many.
    """
    if len(mesh.triangles) > MOST_TRIANGLES:
        raise RefusedError("The mesh has more triangles than any model.", mend="Decimate it first.")
    if len(mesh.triangles) == 0:
        return mesh
    if mesh.triangles.min() < 0 or mesh.triangles.max() >= len(mesh.vertices):
        raise InputError("The mesh file is damaged: a triangle names a vertex that is not there.")
    used, rows = np.unique(mesh.triangles, return_inverse=True)
    vertices = np.asarray(mesh.vertices[used], dtype=np.float64)
    if not np.isfinite(vertices).all() or np.abs(vertices).max() > 1e9:
        raise InputError("The mesh file is damaged: a vertex is no place.", mend="Export it again.")
    triangles: NDArray[np.int32] = rows.reshape(-1, 3).astype(np.int32)
    return MeshRead(vertices=vertices, triangles=triangles, name=mesh.name, color_srgb=mesh.color_srgb)


def _unit(comments: str) -> str:
    match = re.search(r"\bunits?\s*[=:]\s*([A-Za-z]+)", comments, re.IGNORECASE)
    return _UNITS.get(match.group(1).lower(), "") if match else ""


def _frame(comments: str) -> str:
    """Return RAS or LPS where a comment says so, as 3D Slicer writes it (`SPACE=LPS`)."""
    found = set(re.findall(r"\b(?:SPACE|FRAME)\s*[=:]\s*(RAS|LPS)\b", comments, re.IGNORECASE))
    return found.pop().upper() if len(found) == 1 else ""
