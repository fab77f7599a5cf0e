"""A folder of files has all of them, or is not there; only an earlier export makes way."""

import json
from pathlib import Path
from typing import Any

import pytest

from orview.edge.export_files import DOCUMENT, FORMAT, ExportFormat, file_name, write_folder, write_part
from orview.errors import InputError, StoreError
from orview.mesh.measure import open_edges
from orview.model.case import Level, LevelError
from orview.model.glb_reader import read_glb
from orview.model.scene import ScenePart
from orview.segment.anatomy import anatomy_of
from tests.solids import ball


def one_file(folder: Path) -> dict[str, Any]:
    (folder / "inner").mkdir()
    (folder / "inner" / "a.stl").write_bytes(b"x")
    return {"orview_export": FORMAT}


def test_the_document_lists_what_was_written(tmp_path: Path) -> None:
    done = write_folder(tmp_path / "out", force=False, write=one_file)
    assert json.loads((tmp_path / "out" / DOCUMENT).read_text("utf-8")) == done.document
    assert done.document["files"] == ["inner/a.stl"]


def test_only_an_earlier_export_makes_way(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, force=False, write=one_file)
    with pytest.raises(InputError, match="not empty"):
        write_folder(out, force=False, write=one_file)
    write_folder(out, force=True, write=one_file)
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="more than an earlier export"):
        write_folder(out, force=True, write=one_file)
    with pytest.raises(InputError, match="a file where the folder"):
        write_folder(out / "mine.txt", force=True, write=one_file)


def test_nothing_is_left_of_what_failed(tmp_path: Path) -> None:
    def full(folder: Path) -> dict[str, Any]:
        one_file(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        write_folder(tmp_path / "out", force=False, write=full)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_a_part_is_read_back(tmp_path: Path, file_format: ExportFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    part = ScenePart(anatomy=anatomy_of("tumour"), surface=ball(9.0), error=LevelError(rms_mm=0.0, hausdorff_mm=0.0))
    path = tmp_path / f"tumour.{file_format}"
    write_part(path, part, level=Level.FULL, synthetic=True)
    if file_format is ExportFormat.GLB:
        (mesh,) = read_glb(path.read_bytes())
        assert (mesh.name, open_edges(mesh.surface)) == ("tumour", 0)
    monkeypatch.setattr(Path, "read_bytes", lambda self: b"something else")
    with pytest.raises(StoreError, match="came back from the disk"):
        write_part(path, part, level=Level.FULL, synthetic=True)


def test_names_that_windows_keeps_are_changed() -> None:
    assert [file_name(key) for key in ("con", "lpt1", "cone", "sacrum")] == ["con_", "lpt1_", "cone", "sacrum"]
