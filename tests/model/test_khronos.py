"""Every GLB passes the Khronos validator without an error or warning, compressed and plain."""

from pathlib import Path

import numpy as np
import open3d as o3d
import pytest

from orview.mesh.surface import Surface
from orview.model.case import Level, LevelError
from orview.model.checks import check_glb
from orview.model.glb import write_glb, write_glbs
from orview.model.lod import build_levels
from orview.model.scene import MAX_DRAWS, Scene, ScenePart
from orview.segment.anatomy import anatomy_of
from tests.khronos import validate
from tests.scenes import small_shapes


@pytest.mark.parametrize("extra", [0, 50])
def test_the_validator_finds_nothing(tmp_path: Path, extra: int) -> None:
    scenes = build_levels(small_shapes(extra=extra), synthetic=True, progress=lambda fraction: None)
    paths = []
    for scene in scenes:
        for compressed in (True, False):
            paths.append(tmp_path / f"{scene.level}_{'packed' if compressed else 'plain'}.glb")
            paths[-1].write_bytes(write_glb(scene, compressed=compressed))
    reports = validate(paths)
    assert len(reports) == len(paths) == 6
    for report in reports:
        assert (report["errors"], report["warnings"]) == (0, 0), report
        assert report["draws"] <= MAX_DRAWS[Level.HEADSET] or Level.FULL in Path(report["path"]).name


def test_the_validator_does_find_faults(tmp_path: Path) -> None:
    scene = build_levels(small_shapes(), synthetic=True, progress=lambda fraction: None)[0]
    data = bytearray(write_glb(scene, compressed=False))
    data[-60000:-59000] = b"\x7f\xc0" * 500
    (tmp_path / "broken.glb").write_bytes(data)
    assert validate([tmp_path / "broken.glb"])[0]["errors"] > 0


def ball(rings: int, *, radius_mm: float, centre_mm: tuple[float, float, float]) -> Surface:
    """A ball of 2 x rings x rings vertices and two poles."""
    mesh = o3d.geometry.TriangleMesh.create_sphere(radius_mm, rings)
    return Surface(
        vertices_mm=np.asarray(mesh.vertices) + centre_mm, triangles=np.asarray(mesh.triangles).astype(np.int32)
    )


def crumb(size_mm: float, *, centre_mm: tuple[float, float, float]) -> Surface:
    """Four triangles."""
    corners = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], dtype=np.float64)
    triangles = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], dtype=np.int32)
    return Surface(vertices_mm=corners * size_mm + centre_mm, triangles=triangles)


def folded() -> Surface:
    """A crumb and a sliver folded onto itself, whose normals add up to nothing."""
    whole = crumb(3.0, centre_mm=(0.0, 0.0, 0.0))
    corners = np.array([(10, 0, 0), (11, 0, 0), (10, 1, 0)], dtype=np.float64)
    return Surface(
        vertices_mm=np.concatenate([whole.vertices_mm, corners]),
        triangles=np.concatenate([whole.triangles, np.array([(4, 5, 6), (4, 6, 5)], dtype=np.int32)]),
    )


STRANGE = {
    "one crumb": [crumb(0.4, centre_mm=(120.0, -90.0, -1400.0))],
    "a grain of a hundredth": [crumb(0.01, centre_mm=(0.0, 0.0, 0.0))],
    "more vertices than 16 bits": [ball(190, radius_mm=110.0, centre_mm=(0.0, 300.0, 0.0))],
    "large beside small": [
        ball(190, radius_mm=300.0, centre_mm=(0.0, 0.0, -800.0)),
        crumb(0.5, centre_mm=(0.1, 0.2, 0.3)),
        ball(12, radius_mm=5.0, centre_mm=(400.0, 0.0, 0.0)),
    ],
    "61 crumbs": [crumb(0.2 + 0.1 * n, centre_mm=(5.0 * n, 0.0, 0.0)) for n in range(61)],
    "normals that cancel": [folded()],
}


@pytest.mark.parametrize("name", STRANGE)
def test_the_validator_finds_nothing_in_strange_scenes(name: str, tmp_path: Path) -> None:
    paths = []
    for level in Level:
        parts = tuple(
            ScenePart(anatomy=anatomy_of(f"part {n}"), surface=surface, error=LevelError(rms_mm=0.0, hausdorff_mm=0.0))
            for n, surface in enumerate(STRANGE[name])
        )
        scene = Scene(level=level, parts=parts, synthetic=True)
        for kind, data in zip(("packed", "plain"), write_glbs(scene), strict=True):
            check_glb(data, scene)
            assert b"NaN" not in data
            paths.append(tmp_path / f"{level}_{kind}.glb")
            paths[-1].write_bytes(data)
    for report in validate(paths):
        assert (report["errors"], report["warnings"]) == (0, 0), report
        assert report["triangles"] == sum(len(surface.triangles) for surface in STRANGE[name])
