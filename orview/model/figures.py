"""Painted surfaces and lines as a GLB of their own, which stands beside a case's models and fits on them.

Axes, metres, the node above all and the compression are those of `model.glb`: whoever reads one reads the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pygltflib import GLTF2, Asset, Material, Mesh, Node, PbrMetallicRoughness
from pygltflib import Scene as GltfScene

from orview import __version__
from orview.mesh.measure import vertex_normals
from orview.mesh.surface import Surface
from orview.model.buffers import MESHOPT, QUANTIZATION, BufferWriter, Geometry
from orview.model.case import Level
from orview.model.glb import ROOT, bytes_of_colors, cache_order, centred, container, linear, model_normals
from orview.segment.anatomy import Color

FINEST_STEP_M = 1e-5
"""One step of the 16-bit positions, or as much as the largest figure needs: 5 micrometres are rounded away."""
_WHITE: Color = (1.0, 1.0, 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class PaintedFigure:
    """A surface whose triangles have colours of their own, with sharp borders between them.

    Attributes:
        name: of its node.
        surface: at least one triangle, patient mm.
        colors: the colours, sRGB.
        color_numbers: (M,) which of them each triangle has.
        extras: what its node says of itself.
    """

    name: str
    surface: Surface
    colors: Sequence[Color]
    color_numbers: NDArray[np.int8]
    extras: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class LineFigure:
    """Segments of lines of one colour.

    Attributes:
        name: of its node.
        segments_mm: (N, 2, 3) at least one, patient mm.
        color: sRGB.
        extras: what its node says of itself.
    """

    name: str
    segments_mm: NDArray[np.float64]
    color: Color
    extras: Mapping[str, Any]


def write_figures(figures: Sequence[PaintedFigure | LineFigure], *, synthetic: bool) -> bytes:
    """Return the compressed GLB of at least one figure, one named node each.

    Args:
        figures: in their order.
        synthetic: they are of no patient.
    """
    geometries = [
        _painted(figure) if isinstance(figure, PaintedFigure) else _lines(figure.segments_mm) for figure in figures
    ]
    step_m = max(geometry.step_m(finest_m=FINEST_STEP_M) for geometry in geometries)
    writer = BufferWriter(step_m=step_m)
    gltf = GLTF2(
        asset=Asset(version="2.0", generator=f"orview {__version__}"),
        scene=0,
        scenes=[GltfScene(nodes=[0], extras={"orview": {"synthetic": synthetic}})],
        nodes=[Node(name=ROOT, scale=[step_m] * 3, children=list(range(1, len(figures) + 1)))],
        meshes=[],
        materials=[],
        extensionsUsed=[MESHOPT, QUANTIZATION],
        extensionsRequired=[MESHOPT, QUANTIZATION],
    )
    for number, (figure, geometry) in enumerate(zip(figures, geometries, strict=True)):
        material = _material(_WHITE if isinstance(figure, PaintedFigure) else figure.color)
        if material not in gltf.materials:
            gltf.materials.append(material)
        primitive, translation = writer.add(geometry, material=gltf.materials.index(material))
        gltf.meshes.append(Mesh(primitives=[primitive]))
        gltf.nodes.append(
            Node(name=figure.name, mesh=number, translation=translation, extras={"orview": dict(figure.extras)})
        )
    gltf.bufferViews, gltf.buffers, binary = writer.finish()
    gltf.accessors = writer.accessors
    return container(gltf.gltf_to_json(separators=(",", ":"), indent=None), binary)


def _painted(figure: PaintedFigure) -> Geometry:
    """Return a surface with a vertex for each colour that meets in it; its light still runs on over the borders."""
    count = len(figure.colors)
    corners = figure.surface.triangles.astype(np.int64) * count + figure.color_numbers[:, None]
    used, numbers = np.unique(corners, return_inverse=True)
    parted = Surface(
        vertices_mm=figure.surface.vertices_mm[used // count], triangles=numbers.reshape(-1, 3).astype(np.int32)
    )
    order, triangles = cache_order(parted, Level.HEADSET)
    colors = np.array([(*linear(color), 1.0) for color in figure.colors])
    centre_m, offsets_m = centred(parted.vertices_mm[order])
    return Geometry(
        centre_m=centre_m,
        offsets_m=offsets_m,
        normals=model_normals(vertex_normals(figure.surface)[(used // count)[order]]),
        triangles=triangles,
        colors=bytes_of_colors(colors[(used % count)[order]]),
    )


def _lines(segments_mm: NDArray[np.float64]) -> Geometry:
    centre_m, offsets_m = centred(segments_mm.reshape(-1, 3))
    return Geometry(centre_m=centre_m, offsets_m=offsets_m, normals=None, triangles=None, colors=None)


def _material(color: Color) -> Material:
    return Material(
        emissiveFactor=None,
        doubleSided=None,
        pbrMetallicRoughness=PbrMetallicRoughness(
            baseColorFactor=[*linear(color), 1.0], metallicFactor=0.0, roughnessFactor=0.65
        ),
        alphaMode=None,
    )
