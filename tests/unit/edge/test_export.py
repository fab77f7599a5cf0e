"""An export holds every structure alone, in the place and unit it says, or there is no export at all."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.export import export_case
from orview.edge.export_files import DOCUMENT, ExportFormat
from orview.errors import InputError, StoreError
from orview.mesh.exchange import corners_of_obj, corners_of_stl
from orview.mesh.given import Segmentation
from orview.mesh.measure import corners_mm, open_edges, volume_mm3
from orview.model.case import Case, Level
from orview.model.glb_reader import read_glb
from orview.pipeline import build_case
from tests.shapes import STRUCTURES, ellipsoid, small_patient

BALLS = {
    f"ball {n}": ellipsoid((-50.0 + 14.0 * (n % 8), 130.0 + 14.0 * (n // 8), -890.0), (4.0, 4.0, 4.0))
    for n in range(44)
}


def silent(stage: str, fraction: float) -> None:
    assert 0.0 <= fraction <= 1.0


def stored(folder: Path, *, balls: bool = False) -> tuple[CaseStore, Case]:
    volume, labels = small_patient(structures=BALLS if balls else STRUCTURES)
    built = build_case(
        volume,
        Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="Case 1",
        created_utc="2026-01-02T03:04:05+00:00",
        progress=silent,
    )
    store = CaseStore.open(folder)
    store.add(built.case, built.blobs)
    return store, built.case


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[CaseStore, Case]:
    return stored(tmp_path_factory.mktemp("store"))


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_every_file_holds_its_structure_alone_in_its_place(
    tmp_path: Path, small: tuple[CaseStore, Case], file_format: ExportFormat
) -> None:
    store, case = small
    done = export_case(case, store=store, out=tmp_path / "out", file_format=file_format, progress=silent)
    document = json.loads((tmp_path / "out" / DOCUMENT).read_text())
    assert document == done.document
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert set(document["files"]) == written - {DOCUMENT}
    assert (document["digest"], document["synthetic"]) == (case.digest, True)
    assert document["frame"].startswith("metres") == (file_format is ExportFormat.GLB)
    for entry in document["structures"]:
        structure = case.structure(entry["key"])
        assert (entry["name"], entry["side"]) == (structure.name, structure.side)
        assert [level["level"] for level in entry["levels"]] == ["preview", "headset", "full"]
        for level in entry["levels"]:
            data = (tmp_path / "out" / level["file"]).read_bytes()
            assert len(data) == level["bytes"]
            corners = corners_in(data, file_format)
            assert (
                len(corners)
                == level["triangles"]
                == case.level(Level(level["level"])).structure_triangles[entry["key"]]
            )
            assert corners.mean(axis=(0, 1)) == pytest.approx(structure.centroid_patient_mm, abs=3.0)
            error = case.level(Level(level["level"])).errors[entry["key"]]
            assert (level["rms_mm"], level["hausdorff_mm"]) == (error.rms_mm, error.hausdorff_mm)


def corners_in(data: bytes, file_format: ExportFormat) -> Any:
    if file_format is ExportFormat.STL:
        return corners_of_stl(data)
    if file_format is ExportFormat.OBJ:
        return corners_of_obj(data)
    (mesh,) = read_glb(data)
    return corners_mm(mesh.surface)


def test_names_suit_windows(tmp_path: Path) -> None:
    volume, labels = small_patient(structures={"con": STRUCTURES["Gadget X"], "Doe's cyst: left?": STRUCTURES["tumor"]})
    built = build_case(
        volume,
        Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="x",
        created_utc="2026",
        progress=silent,
    )
    store = CaseStore.open(tmp_path / "store")
    store.add(built.case, built.blobs)
    done = export_case(
        built.case,
        store=store,
        out=tmp_path / "out",
        file_format=ExportFormat.STL,
        levels=[Level.PREVIEW],
        progress=silent,
    )
    for name in done.document["files"]:
        assert re.fullmatch(r"preview/[a-z0-9_]+\.stl", name)
    assert "preview/con.stl" not in done.document["files"]


def test_structures_drawn_together_are_exported_apart(tmp_path: Path) -> None:
    store, case = stored(tmp_path / "store", balls=True)
    done = export_case(
        case,
        store=store,
        out=tmp_path / "out",
        file_format=ExportFormat.GLB,
        levels=[Level.HEADSET],
        progress=silent,
    )
    assert len(read_glb((tmp_path / "out" / "headset" / "all-structures.glb").read_bytes())) <= 40
    assert len(done.document["structures"]) == 44
    for entry in done.document["structures"]:
        ((mesh,),) = [read_glb((tmp_path / "out" / level["file"]).read_bytes()) for level in entry["levels"]]
        assert mesh.name == entry["key"]
        assert open_edges(mesh.surface) == 0
        assert volume_mm3(mesh.surface) / 1000.0 == pytest.approx(entry["volume_ml"], rel=0.05)
        centre = np.array(case.structure(entry["key"]).centroid_patient_mm)
        assert np.abs(mesh.surface.vertices_mm.mean(axis=0) - centre).max() < 0.5


def test_a_folder_in_use_is_only_replaced_when_it_is_an_export_and_told_so(
    tmp_path: Path, small: tuple[CaseStore, Case]
) -> None:
    store, case = small
    out = tmp_path / "out"

    def export(*, force: bool = False, file_format: ExportFormat = ExportFormat.STL) -> None:
        export_case(
            case,
            store=store,
            out=out,
            file_format=file_format,
            levels=[Level.PREVIEW],
            force=force,
            progress=silent,
        )

    out.mkdir()
    export()
    with pytest.raises(InputError, match="not empty"):
        export(file_format=ExportFormat.OBJ)
    assert len(list(out.glob("*/*.stl"))) == len(case.structures)
    export(file_format=ExportFormat.OBJ, force=True)
    assert (len(list(out.glob("*/*.stl"))), len(list(out.glob("*/*.obj")))) == (0, len(case.structures))
    (out / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="more than"):
        export(force=True)
    (out / DOCUMENT).write_text("[]")
    with pytest.raises(InputError, match="more than"):
        export(force=True)
    assert (out / "letter.txt").read_text() == "mine"
    with pytest.raises(InputError, match="a file"):
        export_case(case, store=store, out=out / "letter.txt", file_format=ExportFormat.STL, progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_where_something_went_wrong(
    tmp_path: Path, small: tuple[CaseStore, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, case = small
    with pytest.raises(InputError, match="no such level"):
        export_case(
            case.__class__(**vars(case) | {"levels": case.levels[:1]}),
            store=store,
            out=tmp_path / "out",
            file_format=ExportFormat.STL,
            levels=[Level.FULL],
            progress=silent,
        )
    monkeypatch.setattr("orview.edge.export_files.stl_of", lambda surface, name: bytes(84))
    with pytest.raises(StoreError, match="changed"):
        export_case(case, store=store, out=tmp_path / "out", file_format=ExportFormat.STL, progress=silent)
    monkeypatch.setattr("orview.edge.export_files.stl_of", lambda surface, name: bytes(83))
    with pytest.raises(StoreError, match="damaged"):
        export_case(case, store=store, out=tmp_path / "out", file_format=ExportFormat.STL, progress=silent)
    assert list(tmp_path.iterdir()) == []
