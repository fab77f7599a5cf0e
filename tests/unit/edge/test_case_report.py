"""A case is told from its record alone: no model is read for it."""

from pathlib import Path

import numpy as np

from orview.edge.case_report import case_document
from orview.edge.case_store import CaseStore
from orview.mesh.given import Segmentation
from orview.pipeline import build_case
from tests.cases import BLOBS, a_case
from tests.shapes import ellipsoid, grid, small_patient


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

    volume, labels = small_patient(structures={"Gadget X": two_balls_one_hollow}, patient_from_voxel=grid())
    built = build_case(
        volume,
        Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="X",
        created_utc="2026-01-02T03:04:05+00:00",
        progress=lambda stage, fraction: None,
    )
    assert built.case.structures[0].parts == 2
