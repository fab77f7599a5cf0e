"""A scene as the bytes of a GLB file, compressed or plain. Metres and float32 begin here.

pygltflib writes the JSON. The container is put together here, because pygltflib merges all buffers
into one and so destroys the fallback buffer that EXT_meshopt_compression needs.

Nothing but keys, names, sides, colours and errors of structures goes in; no text of the image does (hazard H21).
"""

import math
import struct
from ctypes import c_size_t
from functools import partial

import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from pygltflib import GLTF2, Asset, Material, Mesh, Node, PbrMetallicRoughness
from pygltflib import Scene as GltfScene

from orview import __version__
from orview.frames import PATIENT_AXES_FROM_MODEL_AXES
from orview.geometry.affine import MODEL_FROM_PATIENT
from orview.mesh.measure import vertex_normals
from orview.mesh.surface import Surface
from orview.model.buffers import MESHOPT, QUANTIZATION, BufferWriter, Geometry
from orview.model.case import Level
from orview.model.scene import Draw, Scene, ScenePart, draws
from orview.segment.anatomy import Color, Kind, Side
from orview.segment.parallel import Parallel
from orview.units import m_from_mm

SKIN_ALPHA = 0.2

FINEST_STEP_M = 3.9e-6
COARSEST_STEP_M = 3.1e-5
STEPS_OF_ERROR = 16.0
"""The 16-bit positions of a level go in so many steps of the smallest rms error told of any structure in it, between
these two: rounding to them adds less than a thousandth to that error, and smaller steps cost bytes and show nothing."""

CENTRE_DECIMALS = 5
"""Of the metres in which a mesh's centre is written where its positions are metres."""

ROOT = "all-structures"
"""Name of the node above all where positions are steps; no structure's key holds a hyphen."""

CACHE_SIZE = 16
"""Vertices a graphics card is taken to keep, where triangles are ordered for it the fast way."""


def write_glb(scene: Scene, *, compressed: bool, parallel: Parallel = map) -> bytes:
    """Return the GLB of a scene: one named node per structure, glTF metres about the patient's origin.

    Vertices are kept relative to a centre of each drawn mesh, which is its node's translation: float32 and
    16-bit numbers then resolve micrometres wherever in the scanner the patient lay. Compressed, both count steps, whose
    length is the scale of one node above all.

    Args:
        scene: closed surfaces in patient mm.
        compressed: with EXT_meshopt_compression and KHR_mesh_quantization; else without any extension.
        parallel: a `map` that may run its calls side by side.
    """
    return _written(scene, _meshes_of(scene, parallel), compressed=compressed)


def write_glbs(scene: Scene, *, parallel: Parallel = map) -> tuple[bytes, bytes]:
    """Return the compressed and the plain GLB of a scene (`write_glb`); what they share is made once."""
    meshes = _meshes_of(scene, parallel)
    return _written(scene, meshes, compressed=True), _written(scene, meshes, compressed=False)


def _meshes_of(scene: Scene, parallel: Parallel) -> list[tuple[Draw, Geometry]]:
    drawn = draws(scene)
    return list(zip(drawn, parallel(partial(_geometry_of, level=scene.level), drawn), strict=True))


def _written(scene: Scene, meshes: list[tuple[Draw, Geometry]], *, compressed: bool) -> bytes:
    step_m = _step_m(scene, meshes) if compressed else None
    writer = BufferWriter(step_m=step_m)
    gltf = GLTF2(
        asset=Asset(version="2.0", generator=f"orview {__version__}"),
        scene=0,
        scenes=[GltfScene(nodes=[], extras={"orview": {"level": str(scene.level), "synthetic": scene.synthetic}})],
        nodes=[],
        meshes=[],
        materials=[],
    )
    top = gltf.scenes[0].nodes
    if step_m is not None:
        gltf.nodes.append(Node(name=ROOT, scale=[step_m] * 3, children=[]))
        top.append(0)
        top = gltf.nodes[0].children
    for number, (draw, geometry) in enumerate(meshes):
        material = _material_of(draw)
        if material not in gltf.materials:
            gltf.materials.append(material)
        shade = gltf.materials.index(material)
        primitive, translation = writer.add(geometry, material=shade)
        gltf.meshes.append(Mesh(primitives=[primitive]))
        node = Node(name=draw.name, mesh=number, translation=translation)
        top.append(len(gltf.nodes))
        gltf.nodes.append(node)
        if len(draw.parts) == 1:
            node.extras = {"orview": _extras_of(draw.parts[0])}
        else:
            node.extras = {"orview": {"keys": [part.anatomy.key for part in draw.parts]}}
            node.children = list(range(len(gltf.nodes), len(gltf.nodes) + len(draw.parts)))
            gltf.nodes.extend(Node(name=part.anatomy.key, extras={"orview": _extras_of(part)}) for part in draw.parts)
    gltf.bufferViews, gltf.buffers, binary = writer.finish()
    gltf.accessors = writer.accessors
    if compressed:
        gltf.extensionsUsed = gltf.extensionsRequired = [MESHOPT, QUANTIZATION]
    return container(gltf.gltf_to_json(separators=(",", ":"), indent=None), binary)


def _step_m(scene: Scene, meshes: list[tuple[Draw, Geometry]]) -> float:
    """Return the step of all positions of a scene, metres."""
    smallest_m = m_from_mm(min(part.error.rms_mm for part in scene.parts))
    finest_m = min(max(smallest_m / STEPS_OF_ERROR, FINEST_STEP_M), COARSEST_STEP_M)
    return max(geometry.step_m(finest_m=finest_m) for _, geometry in meshes)


def _geometry_of(draw: Draw, *, level: Level) -> Geometry:
    order, triangles = cache_order(draw.surface, level)
    ordered = Surface(vertices_mm=draw.surface.vertices_mm[order], triangles=triangles.astype(np.int32))
    colors = None
    if len(draw.parts) > 1:
        rows = [
            np.tile((*linear(part.anatomy.color_srgb), 1.0), (len(part.surface.vertices_mm), 1)) for part in draw.parts
        ]
        colors = bytes_of_colors(np.concatenate(rows)[order])
    centre_m, offsets_m = centred(ordered.vertices_mm)
    return Geometry(
        centre_m=centre_m,
        offsets_m=offsets_m,
        normals=model_normals(vertex_normals(ordered)),
        triangles=triangles,
        colors=colors,
    )


def centred(vertices_mm: NDArray[np.float64]) -> tuple[tuple[float, float, float], NDArray[np.float32]]:
    """Return the middle of the box round patient points (N, 3) in model metres, and the points less it, (N, 3)."""
    vertices_m = MODEL_FROM_PATIENT.apply(vertices_mm)
    x, y, z = (round(float(axis.min() + axis.max()) / 2.0, CENTRE_DECIMALS) for axis in vertices_m.T)
    return (x, y, z), (vertices_m - (x, y, z)).astype(np.float32)


def model_normals(normals: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return unit normals (N, 3) of the patient's axes along the model's: the axes only turn between the frames."""
    return np.asarray(normals @ np.array(PATIENT_AXES_FROM_MODEL_AXES), dtype=np.float32)


def bytes_of_colors(linear_rgba: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return linear colours (N, 4), 0 to 1, as a file holds them."""
    return np.rint(linear_rgba * 255).astype(np.uint8)


def cache_order(surface: Surface, level: Level) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the order to write vertices in, and the triangles in the order and numbers to write them.

    The full level takes the order that is found three times as fast; it costs a fifth more bytes for the indices.
    """
    indices = np.ascontiguousarray(surface.triangles, dtype=np.uint32).ravel()
    sizes = c_size_t(len(indices)), c_size_t(len(surface.vertices_mm))
    cached = np.empty_like(indices)
    if level is Level.FULL:
        meshoptimizer.optimize_vertex_cache_fifo(cached, indices, *sizes, cache_size=CACHE_SIZE)
    else:
        meshoptimizer.optimize_vertex_cache_strip(cached, indices, *sizes)
    number = np.empty(len(surface.vertices_mm), dtype=np.uint32)
    used = meshoptimizer.optimize_vertex_fetch_remap(number, cached, *sizes)
    written = np.flatnonzero(number < used)
    order = np.empty(used, dtype=np.uint32)
    order[number[written]] = written
    return order, number[cached].reshape(-1, 3)


def _extras_of(part: ScenePart) -> dict[str, object]:
    """Return what a node says of its structure, whose key is its name; errors are rounded up."""
    anatomy = part.anatomy
    side = {} if anatomy.side is Side.NONE else {"side": str(anatomy.side)}
    return {
        **side,
        "rigid": anatomy.rigid,
        "kind": str(anatomy.kind),
        "error_mm": _rounded_up(part.error.hausdorff_mm),
        "rms_mm": _rounded_up(part.error.rms_mm),
    }


def _rounded_up(mm: float) -> float:
    return math.ceil(mm * 100.0) / 100.0


def _material_of(draw: Draw) -> Material:
    shared = len(draw.parts) > 1
    anatomy = draw.parts[0].anatomy
    see_through = anatomy.kind is Kind.SKIN and not shared
    red, green, blue = (1.0, 1.0, 1.0) if shared else linear(anatomy.color_srgb)
    return Material(
        emissiveFactor=None,
        doubleSided=None,
        pbrMetallicRoughness=PbrMetallicRoughness(
            baseColorFactor=[red, green, blue, SKIN_ALPHA if see_through else 1.0],
            metallicFactor=0.0,
            roughnessFactor=0.65,
        ),
        alphaMode="BLEND" if see_through else None,
    )


def linear(color_srgb: Color) -> Color:
    """Return linear light of an sRGB colour (IEC 61966-2-1), four decimals: glTF materials are linear."""
    red, green, blue = (round(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4, 4) for c in color_srgb)
    return red, green, blue


def container(json_text: str, binary: bytes) -> bytes:
    """Return the GLB of a JSON and a binary chunk (glTF 2.0 specification, section 4.4)."""
    chunk = json_text.encode()
    chunk += b" " * (-len(chunk) % 4)
    binary += b"\0" * (-len(binary) % 4)
    total = 12 + 8 + len(chunk) + 8 + len(binary)
    return b"".join(
        (
            struct.pack("<4sII", b"glTF", 2, total),
            struct.pack("<I4s", len(chunk), b"JSON"),
            chunk,
            struct.pack("<I4s", len(binary), b"BIN\0"),
            binary,
        )
    )
