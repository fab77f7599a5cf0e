"""A scene as the bytes of a GLB file, compressed or plain. Metres and float32 begin here.

pygltflib writes the JSON. The container is put together here, because pygltflib merges all buffers
into one and so destroys the fallback buffer that EXT_meshopt_compression needs.

Nothing but keys, names, sides, colours and errors of structures goes in; no text of the image does (hazard H21).
"""

import struct

import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from pygltflib import GLTF2, Asset, Material, Mesh, Node, PbrMetallicRoughness
from pygltflib import Scene as GltfScene

from orview import __version__
from orview.geometry.affine import MODEL_FROM_PATIENT
from orview.mesh.measure import vertex_normals
from orview.mesh.surface import Surface
from orview.model.buffers import MESHOPT, QUANTIZATION, BufferWriter, Geometry
from orview.model.scene import Draw, Scene, ScenePart, draws
from orview.segment.anatomy import Color, Kind

SKIN_ALPHA = 0.2


def write_glb(scene: Scene, *, compressed: bool) -> bytes:
    """Return the GLB of a scene: one named node per structure, glTF metres about the patient's origin.

    Vertices are kept relative to a centre of each drawn mesh, which is its node's translation: float32 and
    16-bit numbers then resolve micrometres wherever in the scanner the patient lay.

    Args:
        scene: closed surfaces in patient mm.
        compressed: with EXT_meshopt_compression and KHR_mesh_quantization; else without any extension.
    """
    writer = BufferWriter(compressed=compressed)
    gltf = GLTF2(
        asset=Asset(version="2.0", generator=f"orview {__version__}"),
        scene=0,
        scenes=[GltfScene(nodes=[], extras={"orview": {"level": str(scene.level), "synthetic": scene.synthetic}})],
        nodes=[],
        meshes=[],
        materials=[],
    )
    for draw in draws(scene):
        geometry = _geometry_of(draw)
        mesh_index = len(gltf.meshes)
        gltf.meshes.append(Mesh(name=draw.name, primitives=[writer.primitive(geometry, material=mesh_index)]))
        gltf.materials.append(_material_of(draw))
        node = Node(name=draw.name, mesh=mesh_index, translation=geometry.centre_m.tolist())
        if compressed:
            node.scale = [geometry.step_m] * 3
        gltf.scenes[0].nodes.append(len(gltf.nodes))
        gltf.nodes.append(node)
        if len(draw.parts) == 1:
            node.extras = {"orview": _extras_of(draw.parts[0])}
        else:
            node.extras = {"orview": {"keys": [part.anatomy.key for part in draw.parts]}}
            node.children = list(range(len(gltf.nodes), len(gltf.nodes) + len(draw.parts)))
            gltf.nodes.extend(
                Node(name=part.anatomy.key, extras={"orview": _extras_of(part) | {"drawn_by": draw.name}})
                for part in draw.parts
            )
    gltf.accessors, gltf.bufferViews, gltf.buffers = writer.accessors, writer.views, writer.buffers()
    if compressed:
        gltf.extensionsUsed = gltf.extensionsRequired = [MESHOPT, QUANTIZATION]
    return _container(gltf.gltf_to_json(separators=(",", ":"), indent=None), bytes(writer.data))


def _geometry_of(draw: Draw) -> Geometry:
    order, triangles = _cache_order(draw.surface)
    vertices_m = MODEL_FROM_PATIENT.apply(draw.surface.vertices_mm)[order]
    # The axes only turn between the frames, so normals turn with the scaled matrix and are made unit again.
    normals = (vertex_normals(draw.surface) @ MODEL_FROM_PATIENT.matrix[:3, :3].T)[order]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    low, high = vertices_m.min(axis=0), vertices_m.max(axis=0)
    centre_m = ((low + high) / 2.0).astype(np.float32).astype(np.float64)
    offsets_m = vertices_m - centre_m
    colors = None
    if len(draw.parts) > 1:
        rows = [
            np.tile((*_linear(part.anatomy.color_srgb), 1.0), (len(part.surface.vertices_mm), 1)) for part in draw.parts
        ]
        colors = np.rint(np.concatenate(rows)[order] * 255).astype(np.uint8)
    return Geometry(
        centre_m=centre_m,
        offsets_m=offsets_m,
        normals=normals,
        triangles=triangles,
        colors=colors,
    )


def _cache_order(surface: Surface) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the order to write vertices in, and the triangles in the order and numbers to write them."""
    count = len(surface.vertices_mm)
    indices = np.ascontiguousarray(surface.triangles, dtype=np.uint32).ravel()
    cached = np.empty_like(indices)
    meshoptimizer.optimize_vertex_cache(cached, indices, len(indices), count)
    used, first = np.unique(cached, return_index=True)
    order = used[np.argsort(first)]
    renumbered = np.zeros(count, dtype=np.uint32)
    renumbered[order] = np.arange(len(order), dtype=np.uint32)
    return order.astype(np.int64), renumbered[cached].reshape(-1, 3)


def _extras_of(part: ScenePart) -> dict[str, object]:
    anatomy = part.anatomy
    return {
        "key": anatomy.key,
        "side": str(anatomy.side),
        "rigid": anatomy.rigid,
        "kind": str(anatomy.kind),
        "simplification_error_mm": part.error.hausdorff_mm,
        "simplification_rms_mm": part.error.rms_mm,
    }


def _material_of(draw: Draw) -> Material:
    shared = len(draw.parts) > 1
    anatomy = draw.parts[0].anatomy
    see_through = anatomy.kind is Kind.SKIN and not shared
    red, green, blue = (1.0, 1.0, 1.0) if shared else _linear(anatomy.color_srgb)
    return Material(
        name=draw.name,
        pbrMetallicRoughness=PbrMetallicRoughness(
            baseColorFactor=[red, green, blue, SKIN_ALPHA if see_through else 1.0],
            metallicFactor=0.0,
            roughnessFactor=0.65,
        ),
        alphaMode="BLEND" if see_through else "OPAQUE",
    )


def _linear(color_srgb: Color) -> Color:
    """Return linear light of an sRGB colour (IEC 61966-2-1), four decimals: glTF materials are linear."""
    red, green, blue = (round(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4, 4) for c in color_srgb)
    return red, green, blue


def _container(json_text: str, binary: bytes) -> bytes:
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
