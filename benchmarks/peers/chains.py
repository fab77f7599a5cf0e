"""The rivals: label map to three GLBs by 3D Slicer's surface recipe, whole or cropped, and two decimations.

    benchmarks/.peers/bin/python benchmarks/peers/chains.py FOLDER

FOLDER holds labels.npy (K, J, I) uint8 and matrix.npy (4, 4), voxel index to mm. Each line of the standard input is a
request {"chain", "targets", "save"}, answered by one line {"seconds", "bytes"}; with "save" the meshes of level n and
label m are left in FOLDER as CHAIN_n_m_vertices.npy and CHAIN_n_m_triangles.npy. Time counts from the label map in
memory to the bytes of the GLBs.
"""

import json
import struct
import sys
import time
from pathlib import Path

import fast_simplification
import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR, vtkSMPTools
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkTransform
from vtkmodules.vtkFiltersCore import (
    vtkPolyDataNormals,
    vtkQuadricDecimation,
    vtkReverseSense,
    vtkWindowedSincPolyDataFilter,
)
from vtkmodules.vtkFiltersGeneral import vtkDiscreteFlyingEdges3D, vtkTransformFilter

THREADS = 2
SMOOTHING = 0.5
"""Slicer's default smoothing factor; its pass band is 10^(-4 x this)."""


def image_of(array, origin):
    """Return a label map [k, j, i] as an image in voxel coordinates that begins at `origin` (i, j, k)."""
    image = vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.SetOrigin(*map(float, origin))
    image.GetPointData().SetScalars(
        numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=False, array_type=VTK_UNSIGNED_CHAR)
    )
    return image


def recipe(image, value, matrix):
    """Return the closed surface of one label as Slicer makes it (vtkBinaryLabelmapToClosedSurfaceConversionRule)."""
    edges = vtkDiscreteFlyingEdges3D()
    edges.SetInputData(image)
    edges.GenerateValues(1, value, value)
    edges.ComputeGradientsOff()
    edges.ComputeNormalsOff()
    smoother = vtkWindowedSincPolyDataFilter()
    smoother.SetInputConnection(edges.GetOutputPort())
    smoother.SetNumberOfIterations(20)
    smoother.FeatureEdgeSmoothingOff()
    smoother.SetPassBand(10.0 ** (-4.0 * SMOOTHING))
    smoother.BoundarySmoothingOff()
    smoother.NonManifoldSmoothingOn()
    smoother.NormalizeCoordinatesOn()
    world = vtkMatrix4x4()
    for row in range(4):
        for column in range(4):
            world.SetElement(row, column, matrix[row, column])
    transform = vtkTransform()
    transform.SetMatrix(world)
    placed = vtkTransformFilter()
    placed.SetInputConnection(smoother.GetOutputPort())
    placed.SetTransform(transform)
    last = placed
    if np.linalg.det(matrix[:3, :3]) < 0.0:
        last = vtkReverseSense()
        last.SetInputConnection(placed.GetOutputPort())
        last.ReverseCellsOn()
    return with_normals(last.GetOutputPort())


def with_normals(port):
    """Return a surface with normals, its triangles turned alike."""
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(port)
    normals.ConsistencyOn()
    normals.SplittingOff()
    normals.Update()
    return normals.GetOutput()


def whole(labels, matrix):
    """Return each label's surface from the whole volume; it is padded where labels touch its border."""
    border = [labels[0], labels[-1], labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]]
    pad = any(face.any() for face in border)
    image = image_of(np.pad(labels, 1), (-1, -1, -1)) if pad else image_of(labels, (0, 0, 0))
    return [recipe(image, value, matrix) for value in range(1, int(labels.max()) + 1)]


def cropped(labels, matrix):
    """Return each label's surface from its own box with a border of one voxel."""
    surfaces = []
    for value in range(1, int(labels.max()) + 1):
        mask = labels == value
        k = np.flatnonzero(mask.any(axis=(1, 2)))
        slab = mask[k[0] : k[-1] + 1]
        j, i = np.flatnonzero(slab.any(axis=(0, 2))), np.flatnonzero(slab.any(axis=(0, 1)))
        box = np.pad(slab[:, j[0] : j[-1] + 1, i[0] : i[-1] + 1].view(np.uint8), 1)
        surfaces.append(recipe(image_of(box, (i[0] - 1, j[0] - 1, k[0] - 1)), 1, matrix))
    return surfaces


def by_quadric(surface, target):
    """Decimate with vtkQuadricDecimation."""
    if surface.GetNumberOfPolys() <= target:
        return surface
    decimation = vtkQuadricDecimation()
    decimation.SetInputData(surface)
    decimation.VolumePreservationOn()
    decimation.SetTargetReduction(1.0 - target / surface.GetNumberOfPolys())
    return with_normals(decimation.GetOutputPort())


def arrays_of(surface):
    """Return vertices (N, 3) and triangles (M, 3)."""
    triangles = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vtk_to_numpy(surface.GetPoints().GetData()), triangles


def by_fast_simplification(mesh, target):
    """Decimate (vertices, triangles) with fast-simplification."""
    vertices, triangles = mesh
    if len(triangles) <= target:
        return mesh
    return fast_simplification.simplify(
        np.ascontiguousarray(vertices, dtype=np.float32),
        np.ascontiguousarray(triangles, dtype=np.int32),
        target_count=target,
    )


def normals_of(vertices, triangles):
    """Return the area-weighted normals of vertices."""
    a, b, c = (vertices[triangles[:, n]] for n in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(faces[:, n], 3), len(vertices)) for n in range(3)], axis=1
    )
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def slicer_chain(labels, matrix, targets):
    """Whole volume, vtkQuadricDecimation, each level from the one before; return meshes with normals by level."""
    current, levels = whole(labels, matrix), []
    for counts in targets:
        current = [by_quadric(surface, count) for surface, count in zip(current, counts, strict=True)]
        levels.append([(*arrays_of(surface), vtk_to_numpy(surface.GetPointData().GetNormals())) for surface in current])
    return levels


def cropped_chain(labels, matrix, targets):
    """Cropped, fast-simplification, each level from the one before; return meshes with normals by level."""
    current, levels = [arrays_of(surface) for surface in cropped(labels, matrix)], []
    for counts in targets:
        current = [by_fast_simplification(mesh, count) for mesh, count in zip(current, counts, strict=True)]
        levels.append([(*mesh, normals_of(*mesh)) for mesh in current])
    return levels


def glb(meshes):
    """Return meshes (vertices, triangles, normals) as a GLB without extensions: float32, uint32."""
    binary, views, accessors = bytearray(), [], []

    def add(array, component, kind, **limits):
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        view = len(views) - 1
        accessors.append({"bufferView": view, "componentType": component, "count": len(array), "type": kind, **limits})
        binary.extend(array.tobytes())
        return view

    primitives = []
    for vertices, triangles, normals in meshes:
        metres = (vertices * 0.001).astype(np.float32)
        low, high = metres.min(axis=0).tolist(), metres.max(axis=0).tolist()
        attributes = {
            "POSITION": add(metres, 5126, "VEC3", min=low, max=high),
            "NORMAL": add(normals.astype(np.float32), 5126, "VEC3"),
        }
        indices = add(triangles.astype(np.uint32).ravel(), 5125, "SCALAR")
        primitives.append({"attributes": attributes, "indices": indices})
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(meshes)))}],
        "nodes": [{"mesh": n} for n in range(len(meshes))],
        "meshes": [{"primitives": [primitive]} for primitive in primitives],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    header = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(binary))
    return header + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary


CHAINS = {"slicer": slicer_chain, "cropped": cropped_chain}


def main():
    """Answer requests until the input ends."""
    folder = Path(sys.argv[1])
    vtkSMPTools.SetBackend("STDThread")
    vtkSMPTools.Initialize(THREADS)
    labels, matrix = np.load(folder / "labels.npy"), np.load(folder / "matrix.npy")
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        begin = time.perf_counter()
        levels = CHAINS[request["chain"]](labels, matrix, request["targets"])
        files = [glb(meshes) for meshes in levels]
        seconds = time.perf_counter() - begin
        if request["save"]:
            for n, meshes in enumerate(levels):
                for m, (vertices, triangles, _) in enumerate(meshes):
                    stem = folder / f"{request['chain']}_{n}_{m}"
                    np.save(f"{stem}_vertices.npy", vertices.astype(np.float64))
                    np.save(f"{stem}_triangles.npy", triangles.astype(np.int32))
        print(json.dumps({"seconds": seconds, "bytes": [len(file) for file in files]}), flush=True)


if __name__ == "__main__":
    main()
