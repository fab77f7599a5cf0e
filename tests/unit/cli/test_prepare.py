"""The verb's JSON names the case, its structures, and each level with its bytes and errors."""

from pathlib import Path

import pytest

from orview.cli import output
from orview.edge.images.files import write_labels, write_volume
from tests.shapes import small_patient, trunk, write_dicom
from tests.unit.cli.verbs import run_verb


def test_the_document_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volume, labels = small_patient()
    write_volume(tmp_path / "ct.nii", volume)
    write_labels(tmp_path / "seg.nii", labels)
    outcome = run_verb(
        "prepare", tmp_path / "ct.nii", "--labels", tmp_path / "seg.nii", "--store", tmp_path / "store", "--json"
    )
    assert outcome.code == 0
    document = outcome.document
    assert len(document["case"]) == 12
    keys = {structure["key"] for structure in document["structures"]}
    assert {"tumour", "sacrum", "nerve_s1_left", "iliac_vein_left", "gadget_x"} <= keys
    for level in document["levels"]:
        assert set(level["errors"]) == keys
        assert min(level["triangles"], level["bytes"], level["plain_bytes"]) > 0
        assert set(level["structure_triangles"]) == keys
    assert all(structure["parts"] == 1 for structure in document["structures"])
    assert document["seconds"] == pytest.approx(sum(document["stages"].values()), abs=0.01)
    assert isinstance(document["findings"], list)
    assert Path(document["thumbnail"]).read_bytes().startswith(b"\x89PNG")
    assert not document["reused"]
    (listed,) = run_verb("cases", "--store", tmp_path / "store", "--json").document
    assert listed["thumbnail"] == document["thumbnail"]
    # A narrow terminal breaks words, never numbers.
    monkeypatch.setattr(output.console, "_width", 80)
    with output.console.capture() as shown:
        told = run_verb("prepare", tmp_path / "ct.nii", "--labels", tmp_path / "seg.nii", "--store", tmp_path / "store")
    assert (told.code, told.out) == (0, "")
    assert "…" not in shown.get()
    for level in document["levels"]:
        for error in level["errors"].values():
            assert f"{error['rms_mm']:.2f}/{error['hausdorff_mm']:.1f} " in shown.get()


def test_the_series_of_a_folder_are_listed(tmp_path: Path) -> None:
    write_dicom(tmp_path / "ct", trunk((12, 64, 64)))
    ((series,),) = run_verb("prepare", tmp_path / "ct", "--list", "--json").document.values()
    assert (series["number"], series["modality"], series["slices"]) == (1, "CT", 12)
    listed = run_verb("prepare", tmp_path / "ct", "--list")
    assert (listed.code, listed.out) == (0, "")
    assert "One folder" in run_verb("prepare", tmp_path / "ct", tmp_path, "--list").words


def test_a_refusal_is_words_and_exit_one(tmp_path: Path) -> None:
    outcome = run_verb("prepare", tmp_path / "nothing", "--store", tmp_path / "store")
    assert (outcome.code, outcome.out) == (1, "")
    assert "no file or folder" in outcome.words
