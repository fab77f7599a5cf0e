"""A stage's files hold what is seen in it, in its place, its planes and lines; cut bone is closed, and all of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.export_files import DOCUMENT, ExportFormat
from orview.edge.plans import PlanOnCase
from orview.edge.stage_export import PLATE_MM, WHOLE, export_stage
from orview.errors import InputError, RefusedError
from orview.mesh.exchange import corners_of_obj, corners_of_stl
from orview.mesh.measure import centroid_mm, open_edges, volume_mm3
from orview.model.case import Case
from orview.model.glb_reader import read_glb
from tests.planned_case import high_cut, planned_case
from tests.solids import beside
from tests.unit.edge.test_export import silent

Planned = tuple[CaseStore, Case, PlanOnCase]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return planned_case(tmp_path_factory.mktemp("planned"))


def exported(planned: Planned, out: Path, stage: str, file_format: ExportFormat, **more: Any) -> dict[str, Any]:
    store, case, _ = planned
    done = export_stage(case, stage, store=store, out=out, file_format=file_format, progress=silent, **more)
    assert json.loads((out / DOCUMENT).read_text("utf-8")) == done.document
    assert sorted(done.document["files"]) == sorted(path.name for path in out.iterdir() if path.name != DOCUMENT)
    return done.document


@pytest.mark.parametrize("stage", ["1", "front"])
def test_the_first_stage(planned: Planned, tmp_path: Path, stage: str) -> None:
    document = exported(planned, tmp_path / "out", stage, ExportFormat.GLB)
    _, case, told = planned
    assert (document["case"], document["digest"]) == (case.id, case.digest)
    assert document["plan"] == {"digest": told.plan.digest, "version": 1, "margin_mm": 10.0}
    assert {key: document["stage"][key] for key in ("number", "of", "key", "position")} == {
        "number": 1,
        "of": 3,
        "key": "front",
        "position": "supine",
    }
    meshes = {mesh.name: mesh for mesh in read_glb((tmp_path / "out" / WHOLE).read_bytes())}
    assert set(meshes) == {"tumour", "sacrum", "rectum", "nerve_s2_left", "plane.high_cut", "cut.high_cut"}
    assert [entry["look"] for entry in document["structures"]] == ["solid", "see_through", "outline", "solid"]
    (plane,) = document["planes"]
    assert (plane["thickness_mm"], plane["closed"]) == (PLATE_MM, True)
    body = meshes["plane.high_cut"].surface
    assert volume_mm3(body) == pytest.approx(110.0 * 70.0 * PLATE_MM, rel=1e-4)
    assert centroid_mm(body) == pytest.approx(high_cut().center_mm, abs=1e-3)
    (cut,) = document["cuts"]
    assert cut["length_mm"] == pytest.approx(320.0)
    on_line = meshes["cut.high_cut"].surface.vertices_mm
    assert np.abs(high_cut().heights_mm(on_line)).max() < 0.61
    assert open_edges(meshes["cut.high_cut"].surface) == 0


@pytest.mark.hazard("H35")
def test_ghosts_are_marked_and_what_is_out_is_left_out(tmp_path: Path) -> None:
    store, case, told = planned_case(tmp_path)
    loose = replace(case, structures=tuple(replace(one, rigid=one.key != "rectum") for one in case.structures))
    # A case is what its digest says: the plan of the loose one is drawn on that.
    plan = replace(told.plan, case_digest=loose.digest)
    store_of = type("StoreOf", (), {"plan": lambda self, _: plan, "blob": lambda self, name: store.blob(name)})()
    documents = [
        export_stage(
            loose,
            stage,
            store=store_of,
            out=tmp_path / stage,
            file_format=ExportFormat.STL,
            progress=silent,
        ).document
        for stage in ("1", "3")
    ]
    first, last = ({entry["key"]: entry for entry in document["structures"]} for document in documents)
    assert (first["rectum"]["look"], first["rectum"]["file"]) == ("ghost", "rectum.ghost.stl")
    assert set(last) == {"sacrum", "rectum", "nerve_s2_left"}
    assert (documents[1]["planes"], documents[1]["cuts"], documents[1]["whole"]) == ([], [], None)


@pytest.mark.parametrize("file_format", [ExportFormat.STL, ExportFormat.OBJ])
def test_files_for_printing_are_in_millimetres(planned: Planned, tmp_path: Path, file_format: ExportFormat) -> None:
    document = exported(planned, tmp_path / "out", "2", file_format)
    assert document["frame"].startswith("millimetres")
    for entry in (*document["structures"], *document["planes"], *document["cuts"]):
        data = (tmp_path / "out" / entry["file"]).read_bytes()
        corners = corners_of_stl(data) if file_format is ExportFormat.STL else corners_of_obj(data)
        assert (len(corners), len(data)) == (entry["triangles"], entry["bytes"])
        assert np.abs(corners.reshape(-1, 3) - beside([0.0, 0.0, 0.0])).max() < 70.0


def test_bone_is_cut_into_closed_parts(planned: Planned, tmp_path: Path) -> None:
    document = exported(planned, tmp_path / "out", "back", ExportFormat.GLB, cut=True)
    assert document["findings"] == []
    parts = {entry["part"]: entry for entry in document["structures"] if entry["key"] == "sacrum"}
    assert parts["specimen"]["volume_ml"] == pytest.approx(78.0 * 60.0 * 85.0 / 1000.0, rel=1e-3)
    assert parts["remaining"]["volume_ml"] == pytest.approx((100.0 * 110.0 - 78.0 * 85.0) * 60.0 / 1000.0, rel=1e-3)
    for entry in parts.values():
        (mesh,) = read_glb((tmp_path / "out" / entry["file"]).read_bytes())
        assert (mesh.name, open_edges(mesh.surface)) == (f"sacrum.{entry['part']}", 0)
        assert entry["closed"]
    others = {entry["key"]: entry["part"] for entry in document["structures"] if entry["key"] != "sacrum"}
    assert others == {"tumour": "specimen", "rectum": "remaining", "nerve_s2_left": "remaining"}


def test_a_plane_that_ends_inside_the_bone_is_told(planned: Planned, tmp_path: Path) -> None:
    store, case, told = planned
    low = replace(told.plan.planes[1], height_mm=40.0)
    plan = replace(told.plan, planes=(told.plan.planes[0], low))
    store_of = type("StoreOf", (), {"plan": lambda self, _: plan, "blob": lambda self, name: store.blob(name)})()
    document = export_stage(
        case,
        "2",
        store=store_of,
        out=tmp_path / "out",
        file_format=ExportFormat.STL,
        cut=True,
        progress=silent,
    ).document
    assert [finding["code"] for finding in document["findings"]] == ["NOT_THROUGH"]
    assert "Side cut ends inside Sacrum" in document["findings"][0]["message"]


def test_what_cannot_be_exported_is_refused(planned: Planned, tmp_path: Path) -> None:
    store, case, _ = planned
    for stage in ("0", "4", "-1", "front2", "２"):
        with pytest.raises(InputError, match="has no stage"):
            exported(planned, tmp_path / "out", stage, ExportFormat.GLB)
    changed = replace(case, name="Renamed")
    with pytest.raises(RefusedError, match="before it changed"):
        export_stage(changed, "1", store=store, out=tmp_path / "out", file_format=ExportFormat.GLB, progress=silent)
    assert list(tmp_path.iterdir()) == []
