"""The verb writes the files it lists, and refuses what it cannot do in words."""

from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.mesh.given import Segmentation
from orview.pipeline import build_case
from tests.planned_case import planned_case
from tests.shapes import STRUCTURES, small_patient
from tests.unit.cli.verbs import run_verb


def test_a_case_is_exported_and_listed(tmp_path: Path) -> None:
    volume, labels = small_patient(structures={"sacrum": STRUCTURES["sacrum"]})
    built = build_case(
        volume,
        Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="Case 1",
        created_utc="2026-01-02",
        progress=lambda *_: None,
    )
    CaseStore.open(tmp_path / "store").add(built.case, built.blobs)
    common = ("0123456789ab", "--store", tmp_path / "store", "--out", tmp_path / "out")
    outcome = run_verb("export", *common, "--format", "stl", "--level", "preview", "--json")
    assert outcome.code == 0
    ((level,),) = [structure["levels"] for structure in outcome.document["structures"]]
    assert (tmp_path / "out" / level["file"]).stat().st_size == level["bytes"]
    again = run_verb("export", *common)
    assert (again.code, again.out) == (1, "")
    assert "not empty" in again.words
    assert run_verb("export", *common, "--format", "vrml").code == 2
    assert run_verb("export", *common, "--level", "huge").code == 2
    assert "no case" in run_verb("export", "ffffffffffff", *common[1:]).words


def test_a_stage_of_the_plan_is_exported(tmp_path: Path) -> None:
    store, case, _ = planned_case(tmp_path)
    common = ("export", case.id, "--store", store.folder, "--out", tmp_path / "out", "--format", "stl")
    document = run_verb(*common, "--stage", "2", "--cut", "--json").document
    assert (document["stage"]["key"], document["folder"]) == ("back", str(tmp_path / "out"))
    assert {path.name for path in (tmp_path / "out").glob("sacrum.*")} == {
        "sacrum.specimen.stl",
        "sacrum.remaining.stl",
    }
    told = run_verb(*common, "--stage", "front", "--force")
    assert (told.code, "millimetres" in told.words) == (0, True)
    assert "has no stage '9'" in run_verb(*common, "--stage", "9", "--force").words
    assert "finest level" in run_verb(*common, "--stage", "1", "--level", "full").words
    assert "Name the stage" in run_verb(*common, "--cut").words
