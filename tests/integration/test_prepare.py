"""`orview prepare` as a person runs it: on the real CTs, on bad input, and without a word about the patient."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK

from orview.edge.case_store import CaseStore
from orview.edge.images.files import write_labels, write_volume
from orview.mesh.measure import centroid_mm
from orview.model.case import Level
from orview.model.glb_reader import read_glb
from tests.data import shared_data
from tests.khronos import validate
from tests.shapes import grid, small_patient, trunk, write_dicom


def prepare(*arguments: str | Path, store: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from orview.cli.main import run; run()", "prepare", *map(str, arguments)]
    return subprocess.run([*command, "--store", str(store)], capture_output=True, text=True, timeout=280)


def prepared(*arguments: str | Path, store: Path) -> dict[str, Any]:
    done = prepare(*arguments, "--json", store=store)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def check_levels(document: dict[str, Any], store: CaseStore) -> None:
    case = store.case(document["case"])
    paths = [store.blob_path(sha256) for level in case.levels for sha256 in (level.sha256, level.plain_sha256)]
    for n, report in enumerate(validate(paths)):
        assert (report["errors"], report["warnings"]) == (0, 0), report
        # The full level is for desktops.
        if n < 4:
            assert report["draws"] <= 40


@pytest.mark.slow
def test_the_real_ct_with_its_61_labels(tmp_path: Path) -> None:
    folder = shared_data("ct_pelvis_3mm")
    document = prepared(folder / "ct.nii.gz", "--labels", folder / "labels.nii.gz", store=tmp_path)
    store = CaseStore.open(tmp_path)
    case = store.case(document["case"])
    assert len(case.structures) == 61
    assert case.target_key == "sacrum"
    check_levels(document, store)
    # Known points: the centres of labels, carried from voxels by SimpleITK, against those in the GLB.
    image = SimpleITK.ReadImage(str(folder / "labels.nii.gz"))
    array = SimpleITK.GetArrayFromImage(image)
    meshes = {mesh.name: mesh for mesh in read_glb(store.blob(case.level(Level.HEADSET).sha256))}
    for value, key in ((25, "sacrum"), (77, "hip_left"), (78, "hip_right"), (65, "iliac_artery_left")):
        k, j, i = np.argwhere(array == value).mean(axis=0)
        expected = image.TransformContinuousIndexToPhysicalPoint([float(i), float(j), float(k)])
        assert centroid_mm(meshes[key].surface) == pytest.approx(expected, abs=0.5)
        volume_ml = np.count_nonzero(array == value) * 27.0 / 1000.0
        assert case.structure(key).volume_ml == pytest.approx(volume_ml, rel=0.02)
    assert meshes["hip_left"].surface.vertices_mm[:, 0].mean() > meshes["hip_right"].surface.vertices_mm[:, 0].mean()


@pytest.mark.slow
def test_the_real_dicom_series_without_labels(tmp_path: Path) -> None:
    document = prepared(shared_data("ct_pelvis_dicom"), "--name", "Series 2", store=tmp_path)
    store = CaseStore.open(tmp_path)
    case = store.case(document["case"])
    assert document["name"] == case.name == "Series 2"
    pelvis = ["sacrum", "hip_left", "hip_right", "femur_left", "femur_right"]
    lumbar = ["vertebra_l5", "vertebra_l4", "vertebra_l3", "vertebra_l2"]
    assert {structure.key for structure in case.structures} == {*pelvis, *lumbar, "bone", "skin"}
    assert case.source.slices == 60
    assert case.source.spacing_mm == pytest.approx((0.976562, 0.976562, 4.25))
    assert 130.0 < case.structure("sacrum").volume_ml < 260.0
    assert case.structure("hip_left").volume_ml == pytest.approx(case.structure("hip_right").volume_ml, rel=0.15)
    assert case.structure("hip_left").centroid_patient_mm[0] > case.structure("hip_right").centroid_patient_mm[0]
    assert {"SLICES_OVERLAP", "SLICES_THICK", "BONES_NAMED_BY_SHAPE"} <= {finding.code for finding in case.findings}
    # The table lies behind the body (posterior is +y); its top reaches beyond the skin.
    meshes = {mesh.name: mesh for mesh in read_glb(store.blob(case.level(Level.PREVIEW).sha256))}
    assert meshes["skin"].surface.vertices_mm[:, 1].max() > meshes["sacrum"].surface.vertices_mm[:, 1].max()
    assert np.ptp(meshes["skin"].surface.vertices_mm[:, 2]) == pytest.approx(60 * 4.25, abs=8.0)
    assert "ACRIN" not in case.to_json()
    assert "ACRIN" in store.identifiers(case.id)["PatientID"]
    check_levels(document, store)


def test_a_small_labelled_patient_from_files(tmp_path: Path) -> None:
    volume, labels = small_patient()
    write_volume(tmp_path / "ct.nii", volume)
    write_labels(tmp_path / "seg.nii", labels)
    document = prepared(tmp_path / "ct.nii", "--labels", tmp_path / "seg.nii", store=tmp_path / "store")
    assert document["synthetic"]
    assert document["target"] == "tumour"
    assert [level["level"] for level in document["levels"]] == ["preview", "headset", "full"]
    centres = {structure["key"]: structure["centroid_patient_mm"] for structure in document["structures"]}
    assert centres["tumour"] == pytest.approx((10.0, 172.0, -845.0), abs=0.3)
    shown = prepare(tmp_path / "ct.nii", "--labels", tmp_path / "seg.nii", store=tmp_path / "store")
    assert (shown.returncode, shown.stdout) == (0, "")
    assert "SYNTHETIC" in shown.stderr
    # A narrow table breaks the name after the second or third word.
    assert re.search(r"Nerve root.*S1.*left", shown.stderr, re.DOTALL)


BAD_INPUTS = {
    "an empty folder": (["empty"], "empty"),
    "a folder without DICOM": (["texts"], "no DICOM image"),
    "two series": (["mixed"], "2 series"),
    "a lost slice": (["gap"], "missing"),
    "a truncated slice": (["cut"], "cut short"),
    "a truncated file": (["half.nii"], "cut short"),
    "no image": (["photo.jpg"], "not an image"),
    "nothing there": (["nothing"], "no file or folder"),
    "labels on another grid": (["ct.nii", "--labels", "other.nii"], "another grid"),
    "an image as labels": (["ct.nii", "--labels", "ct.nii"], "not labels"),
}
"""What a person may give by mistake, and a word of what is said about it."""


@pytest.fixture(scope="module")
def bad_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    volume, labels = small_patient()
    array = trunk((12, 64, 64))
    write_volume(folder / "ct.nii", volume)
    write_labels(folder / "seg.nii", labels)
    _, shifted = small_patient(patient_from_voxel=grid((1.01, 1.0, 1.0)))
    write_labels(folder / "other.nii", shifted)
    (folder / "empty").mkdir()
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text("no image")
    write_dicom(folder / "mixed" / "a", array)
    write_dicom(folder / "mixed" / "b", array)
    gap = write_dicom(folder / "gap", array)
    gap[5].unlink()
    cut = write_dicom(folder / "cut", array)
    cut[5].write_bytes(cut[5].read_bytes()[:3000])
    (folder / "half.nii").write_bytes((folder / "ct.nii").read_bytes()[:100_000])
    (folder / "photo.jpg").write_bytes(b"\xff\xd8" * 100)
    return folder


@pytest.mark.parametrize("what", BAD_INPUTS)
def test_bad_input_ends_in_a_sentence_and_leaves_nothing(tmp_path: Path, bad_folder: Path, what: str) -> None:
    arguments, words = BAD_INPUTS[what]
    places = [name if name.startswith("--") else bad_folder / name for name in arguments]
    done = prepare(*places, "--json", store=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert CaseStore.open(tmp_path).cases() == []
    assert list((tmp_path / "blobs").iterdir()) == []


def test_a_store_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = prepare(tmp_path, store=tmp_path / "file")
    assert done.returncode == 1
    assert "cannot be written" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
