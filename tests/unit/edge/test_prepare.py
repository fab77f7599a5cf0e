"""Preparing stores a whole case with its identifiers apart, or nothing."""

from pathlib import Path
from typing import Any

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.images.files import write_labels, write_volume
from orview.edge.prepare import prepare
from orview.errors import InputError, RefusedError, StoreError
from tests.shapes import small_patient, trunk, write_dicom


def silent(stage: str, fraction: float) -> None:
    assert 0.0 <= fraction <= 1.0


def test_identifiers_go_to_the_store_alone(tmp_path: Path) -> None:
    write_dicom(tmp_path / "ct", trunk((12, 64, 64)))
    store = CaseStore.open(tmp_path / "store")
    case = prepare(tmp_path / "ct", labels=None, name=None, store=store, progress=silent)
    assert store.identifiers(case.id)["PatientName"] == "Doe^Jane"
    assert len(case.source.patient_key) == 64
    assert case.name == f"Case {case.id[:4].upper()}"
    assert "Doe" not in case.to_json()
    again = prepare(tmp_path / "ct", labels=None, name=" Case 7 ", store=store, progress=silent)
    assert again.name == "Case 7"
    assert again.id != case.id
    assert again.source.patient_key == case.source.patient_key
    assert len(store.cases()) == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_has_one_to_eighty_characters(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        prepare(tmp_path, labels=None, name=name, store=CaseStore.open(tmp_path / "store"), progress=silent)


def test_what_is_refused_leaves_nothing(tmp_path: Path) -> None:
    volume, labels = small_patient()
    write_volume(tmp_path / "ct.nii", volume)
    mirrored = type(labels)(
        array=labels.array, patient_from_voxel=labels.patient_from_voxel, names={2: "hip right", 6: "hip left"}
    )
    write_labels(tmp_path / "seg.nii", mirrored)
    store = CaseStore.open(tmp_path / "store")
    with pytest.raises(RefusedError):
        prepare(tmp_path / "ct.nii", labels=tmp_path / "seg.nii", name=None, store=store, progress=silent)
    assert (store.cases(), list((tmp_path / "store" / "blobs").iterdir())) == ([], [])


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volume, labels = small_patient()
    write_volume(tmp_path / "ct.nii", volume)
    write_labels(tmp_path / "seg.nii", labels)
    store = CaseStore.open(tmp_path / "store")

    def full_disk(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orview.edge.case_store._write_durably", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        prepare(tmp_path / "ct.nii", labels=tmp_path / "seg.nii", name=None, store=store, progress=silent)
    assert (store.cases(), list((tmp_path / "store" / "blobs").iterdir())) == ([], [])
