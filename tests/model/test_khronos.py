"""Every GLB passes the Khronos validator without an error or warning, compressed and plain."""

from pathlib import Path

import pytest

from orview.model.case import Level
from orview.model.glb import write_glb
from orview.model.lod import build_levels
from orview.model.scene import MAX_DRAWS
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
        assert report["draws"] <= MAX_DRAWS or Level.FULL in Path(report["path"]).name


def test_the_validator_does_find_faults(tmp_path: Path) -> None:
    scene = build_levels(small_shapes(), synthetic=True, progress=lambda fraction: None)[0]
    data = bytearray(write_glb(scene, compressed=False))
    data[-60000:-59000] = b"\x7f\xc0" * 500
    (tmp_path / "broken.glb").write_bytes(data)
    assert validate([tmp_path / "broken.glb"])[0]["errors"] > 0
