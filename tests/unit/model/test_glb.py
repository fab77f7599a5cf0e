"""What is written is what a client reads: place, side, size, names; and nothing else."""

import json
from dataclasses import replace

import numpy as np
import pytest

from orview.mesh.measure import centroid_mm, open_edges, split, volume_mm3
from orview.model.case import Level, LevelError
from orview.model.glb import write_glb
from orview.model.glb_reader import read_glb, split_container
from orview.model.lod import build_levels
from orview.model.scene import MAX_DRAWS, Scene, draws
from tests.scenes import small_shapes


@pytest.fixture(scope="module")
def scenes() -> tuple[Scene, ...]:
    return build_levels(small_shapes(), synthetic=True, progress=lambda fraction: None)


def level_of(scenes: tuple[Scene, ...], level: Level) -> Scene:
    return next(scene for scene in scenes if scene.level is level)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.hazard("H04")
@pytest.mark.hazard("H05")
def test_known_points_go_into_the_glb_and_come_back(scenes: tuple[Scene, ...], compressed: bool) -> None:
    """Independent of the reader's axes: the glTF numbers themselves are checked against the patient's."""
    for scene in scenes:
        document, _ = split_container(write_glb(scene, compressed=compressed))
        nodes = {node["name"]: node for node in document["nodes"]}
        # Compressed, one node above all holds the length of a step, and the others count steps.
        scale = np.array(nodes["all-structures"]["scale"] if compressed else (1.0, 1.0, 1.0))
        rounding_m = scale[0] / 2.0 + 1e-7 if compressed else 1e-6
        for part in scene.parts:
            node = nodes[part.anatomy.key]
            accessor = document["accessors"][
                document["meshes"][node["mesh"]]["primitives"][0]["attributes"]["POSITION"]
            ]
            low = (np.array(accessor["min"]) + node["translation"]) * scale
            high = (np.array(accessor["max"]) + node["translation"]) * scale
            left, posterior, superior = part.surface.vertices_mm.T
            # glTF: +x patient left, +y superior, +z anterior, metres.
            expected_low = np.array([left.min(), superior.min(), -posterior.max()]) / 1000.0
            expected_high = np.array([left.max(), superior.max(), -posterior.min()]) / 1000.0
            assert low == pytest.approx(expected_low, abs=rounding_m)
            assert high == pytest.approx(expected_high, abs=rounding_m)
        left_m, right_m = (nodes[f"nerve_s1_{side}"]["translation"][0] * scale[0] for side in ("left", "right"))
        assert left_m > 0.01 > -0.01 > right_m


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.hazard("H04")
def test_surfaces_come_back_whole_outwards_and_with_unit_normals(scenes: tuple[Scene, ...], compressed: bool) -> None:
    for scene in scenes:
        meshes = read_glb(write_glb(scene, compressed=compressed))
        for mesh, part in zip(meshes, scene.parts, strict=True):
            assert mesh.name == part.anatomy.key
            assert open_edges(mesh.surface) == 0
            assert volume_mm3(mesh.surface) == pytest.approx(volume_mm3(part.surface), rel=2e-3)
            assert centroid_mm(mesh.surface) == pytest.approx(centroid_mm(part.surface), abs=0.01)
            assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1.0)
            # Normals point away from the inside: along the model axes of the vertex offset, on the whole.
            offset = mesh.surface.vertices_mm - centroid_mm(mesh.surface)
            outward = np.stack([offset[:, 0], offset[:, 2], -offset[:, 1]], axis=1)
            if part.anatomy.key in ("sacrum", "tumour"):
                assert (np.einsum("ij,ij->i", outward, mesh.normals) > 0).mean() > 0.97


@pytest.mark.parametrize("exact", [True, False])
def test_quantised_positions_are_within_micrometres_or_a_small_part_of_the_error(
    scenes: tuple[Scene, ...], *, exact: bool
) -> None:
    for scene in scenes:
        if exact:
            none = LevelError(rms_mm=0.0, hausdorff_mm=0.0)
            scene = replace(scene, parts=(replace(scene.parts[0], error=none), *scene.parts[1:]))
        smallest_mm = min(part.error.rms_mm for part in scene.parts)
        plain = read_glb(write_glb(scene, compressed=False))
        packed = read_glb(write_glb(scene, compressed=True))
        for one, other in zip(plain, packed, strict=True):
            apart_mm = np.abs(one.surface.vertices_mm - other.surface.vertices_mm)
            assert apart_mm.max() < (0.00205 if exact else min(smallest_mm / 31.0, 0.0156))
            assert np.einsum("ij,ij->i", one.normals, other.normals).min() > 0.999
            # Rounding hides in the error told: rms of three axes against it, added as squares.
            if not exact:
                assert np.hypot(smallest_mm, np.sqrt((apart_mm**2).sum(axis=1).mean())) < 1.001 * smallest_mm


def test_nodes_say_what_they_are(scenes: tuple[Scene, ...]) -> None:
    for mesh, part in zip(read_glb(write_glb(scenes[0], compressed=True)), scenes[0].parts, strict=True):
        assert mesh.name == part.anatomy.key
        assert mesh.extras.pop("side", "none") == str(part.anatomy.side)
        # An error is never told smaller than it is.
        assert 0.0 <= mesh.extras.pop("error_mm") - part.error.hausdorff_mm < 0.01
        assert 0.0 <= mesh.extras.pop("rms_mm") - part.error.rms_mm < 0.01
        assert mesh.extras == {"rigid": part.anatomy.rigid, "kind": str(part.anatomy.kind)}


def test_the_extensions_are_the_ones_agreed(scenes: tuple[Scene, ...]) -> None:
    packed, _ = split_container(write_glb(scenes[0], compressed=True))
    plain, _ = split_container(write_glb(scenes[0], compressed=False))
    assert packed["extensionsRequired"] == ["EXT_meshopt_compression", "KHR_mesh_quantization"]
    assert not plain.get("extensionsUsed")
    assert "KHR_meshopt_compression" not in json.dumps(packed)
    assert packed["scenes"][0]["extras"]["orview"] == {"level": "preview", "synthetic": True}


def test_the_same_scene_gives_the_same_bytes(scenes: tuple[Scene, ...]) -> None:
    assert write_glb(scenes[0], compressed=True) == write_glb(scenes[0], compressed=True)


def test_many_structures_share_draws_in_the_headset_and_keep_their_nodes() -> None:
    shapes = small_shapes(extra=50)
    scenes = build_levels(shapes, synthetic=False, progress=lambda fraction: None)
    headset, full = level_of(scenes, Level.HEADSET), level_of(scenes, Level.FULL)
    assert len(draws(headset)) <= MAX_DRAWS[Level.HEADSET]
    assert len(draws(full)) == len(shapes)
    document, _ = split_container(write_glb(headset, compressed=True))
    names = {node["name"] for node in document["nodes"]}
    assert {shape.anatomy.key for shape in shapes} <= names
    meshes = read_glb(write_glb(headset, compressed=True))
    assert sum(len(mesh.surface.triangles) for mesh in meshes) == headset.triangles
    shared = next(mesh for mesh in meshes if mesh.name == "others_moving")
    assert len(shared.extras["keys"]) == len(split(shared.surface))
    # What is no vertex and no triangle costs little: on a slow link the preview is there first.
    preview, _ = split_container(write_glb(level_of(scenes, Level.PREVIEW), compressed=True))
    assert len(json.dumps(preview, separators=(",", ":"))) < 400 * len(shapes)
    (drawing,) = (node for node in document["nodes"] if node["name"] == "others_moving")
    assert [document["nodes"][child]["name"] for child in drawing["children"]] == shared.extras["keys"]
