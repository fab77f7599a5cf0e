"""What other programs see: three.js and glTF-Transform read the product's GLBs, and see what Python made them of."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.geometry.affine import MODEL_FROM_PATIENT
from orview.mesh.measure import volume_mm3
from orview.model.case import Level
from orview.model.glb import write_glbs
from orview.model.glb_reader import split_container
from orview.model.lod import build_levels
from orview.model.scene import Scene, draws
from tests.khronos import ROOT, node_program
from tests.scenes import small_shapes

CLIENT = ROOT / "headset_client"
READERS = {
    "three": "three/examples/jsm/loaders/GLTFLoader.js",
    "gltf-transform": "@gltf-transform/extensions/package.json",
}


def read_back(reader: str, paths: list[Path]) -> list[dict[str, Any]]:
    """What a program sees in each file; skips where the client's packages are not installed."""
    if not (CLIENT / "node_modules" / READERS[reader]).is_file():
        pytest.skip(f"headset_client/node_modules has no {reader} (make install)")
    command = [node_program(), str(ROOT / "tests/model/read_back.mjs"), str(CLIENT), reader, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def scenes() -> tuple[Scene, ...]:
    return build_levels(small_shapes(extra=50), synthetic=True, progress=lambda fraction: None)


@pytest.fixture(scope="module")
def files(scenes: tuple[Scene, ...], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """The same scenes, packed and plain."""
    folder = tmp_path_factory.mktemp("glb")
    paths: dict[str, list[Path]] = {"packed": [], "plain": []}
    for scene in scenes:
        for (kind, written), data in zip(paths.items(), write_glbs(scene), strict=True):
            written.append(folder / f"{scene.level}_{kind}.glb")
            written[-1].write_bytes(data)
    return paths


@pytest.mark.parametrize("kind", ["packed", "plain"])
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.hazard("H04")
@pytest.mark.hazard("H05")
def test_another_program_sees_the_same_model(
    reader: str, kind: str, scenes: tuple[Scene, ...], files: dict[str, list[Path]]
) -> None:
    for path, scene, seen in zip(files[kind], scenes, read_back(reader, files[kind]), strict=True):
        document, _ = split_container(path.read_bytes())
        # Half a step on each of three axes, along which directions reach 1, and what numbers of 32 bits leave.
        rounding_m = 1.5 * document["nodes"][0]["scale"][0] + 2e-7 if kind == "packed" else 6e-6
        assert rounding_m < 1.2e-5
        assert seen["scene"] == {"level": str(scene.level), "synthetic": True}
        nodes = {node["name"]: node for node in seen["nodes"]}
        assert len(nodes) == len(seen["nodes"])
        for part in scene.parts:
            extras = nodes[part.anatomy.key]["extras"]
            assert extras.get("side", "none") == str(part.anatomy.side)
            assert extras["rigid"] is part.anatomy.rigid
            # Rounded up to a hundredth.
            assert -1e-9 <= extras["error_mm"] - part.error.hausdorff_mm <= 0.01 + 1e-9
            assert -1e-9 <= extras["rms_mm"] - part.error.rms_mm <= 0.01 + 1e-9
        drawn = draws(scene)
        assert {name for name, node in nodes.items() if "shown" in node} == {draw.name for draw in drawn}
        for draw in drawn:
            shown = nodes[draw.name]["shown"]
            assert shown["triangles"] == len(draw.surface.triangles)
            assert shown["volume_m3"] == pytest.approx(volume_mm3(draw.surface) * 1e-9, rel=2e-3, abs=1e-12)
            assert shown["normal_lengths"] == pytest.approx([1.0, 1.0], abs=1e-5)
            assert shown["agreeing"] > 0.97
            reaches_m = np.array(shown["directions"]) @ MODEL_FROM_PATIENT.apply(draw.surface.vertices_mm).T
            assert shown["reaches_m"] == pytest.approx(reaches_m.max(axis=1), abs=rounding_m)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.hazard("H04")
def test_left_is_left_and_up_is_up_for_another_program(
    reader: str, scenes: tuple[Scene, ...], files: dict[str, list[Path]]
) -> None:
    """The numbers of the small patient, written out: nothing of the product's transforms is used."""
    full = [scene.level for scene in scenes].index(Level.FULL)
    (seen,) = read_back(reader, [files["packed"][full]])
    reach = {
        node["name"]: dict(zip(map(tuple, node["shown"]["directions"]), node["shown"]["reaches_m"], strict=True))
        for node in seen["nodes"]
        if "shown" in node
    }
    # An ellipsoid about (0, 175, -850) mm with radii 45, 18 and 42: left, superior, anterior in metres.
    assert reach["sacrum"][1, 0, 0] == pytest.approx(0.045, abs=1.2e-3)
    assert reach["sacrum"][0, 1, 0] == pytest.approx(-0.808, abs=1.2e-3)
    assert reach["sacrum"][0, -1, 0] == pytest.approx(0.892, abs=1.2e-3)
    assert reach["sacrum"][0, 0, 1] == pytest.approx(-0.157, abs=1.2e-3)
    assert reach["sacrum"][0, 0, -1] == pytest.approx(0.193, abs=1.2e-3)
    assert reach["nerve_s1_left"][-1, 0, 0] < -0.015 < 0.015 < -reach["nerve_s1_right"][1, 0, 0]
