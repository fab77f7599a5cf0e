"""A case is told from its record alone: no model is read for it."""

from pathlib import Path

import numpy as np
import pytest

from orview.edge.case_report import case_document
from orview.edge.case_store import CaseStore
from orview.edge.export import export_case
from orview.edge.export_files import ExportFormat
from orview.image.volume import Volume
from orview.mesh.given import Segmentation
from orview.pipeline import BuiltCase, build_case
from orview.segment.masks import LabelMap
from tests.cases import BLOBS, a_case
from tests.shapes import GRID_SHAPE, STRUCTURES, ellipsoid, grid, small_patient, tube


def test_no_model_is_needed(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    case = a_case()
    store.add(case, BLOBS)
    for sha256 in BLOBS:
        store.blob_path(sha256).unlink()
    document = case_document(store.case(case.id), store=store)
    assert [entry["parts"] for entry in document["structures"]] == [2]
    assert document["digest"] == case.digest


def test_separate_bodies_are_counted_and_the_walls_of_hollows_are_not() -> None:
    def two_balls_one_hollow(points: np.ndarray) -> np.ndarray:
        shell = ellipsoid((0.0, 150.0, -850.0), (12.0, 12.0, 12.0))(points)
        hollow = ellipsoid((0.0, 150.0, -850.0), (6.0, 6.0, 6.0))(points)
        return (shell & ~hollow) | ellipsoid((30.0, 150.0, -850.0), (8.0, 8.0, 8.0))(points)

    built = built_of(*small_patient(structures={"Gadget X": two_balls_one_hollow}, patient_from_voxel=grid()))
    assert built.case.structures[0].parts == 2


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("coarse", ["image and labels", "image", "labels"])
def test_what_slices_are_too_thick_for_is_told_of_each_structure_and_of_its_errors(tmp_path: Path, coarse: str) -> None:
    structures = STRUCTURES | {"Stent": tube((-30.0, 120.0, -890.0), (-40.0, 120.0, -820.0), 3.0)}
    volume, labels = small_patient(
        structures=structures, patient_from_voxel=grid((1.0, 1.0, 5.0)), shape=(20, *GRID_SHAPE[1:])
    )
    fine = small_patient(structures=structures)
    built = built_of(fine[0] if coarse == "labels" else volume, fine[1] if coarse == "image" else labels)
    thin = {"nerve_s1_left", "nerve_s1_right", "stent"}
    said = [finding for finding in built.case.findings if finding.code == "STRUCTURE_THINNER_THAN_SLICES"]
    assert {finding.where for finding in said} == thin
    assert all("5 mm" in finding.message and "pieces may be missing" in finding.message for finding in said)
    store = CaseStore.open(tmp_path)
    store.add(built.case, built.blobs)
    document = case_document(built.case, store=store)
    exported = export_case(
        built.case, store=store, out=tmp_path / "out", file_format=ExportFormat.STL, progress=lambda *told: None
    )
    for told in (document, exported.document):
        of_slices = {entry["key"] for entry in told["structures"] if entry["errors_of"] == "what the slices show"}
        assert of_slices == thin
        assert {entry["errors_of"] for entry in told["structures"]} == {"what the slices show", "the true surface"}


def built_of(volume: Volume, labels: LabelMap) -> BuiltCase:
    return build_case(
        volume,
        Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="X",
        created_utc="2026-01-02T03:04:05+00:00",
        progress=lambda stage, fraction: None,
    )
