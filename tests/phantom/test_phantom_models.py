"""The phantom's models: valid for every reader, and standing where the truth says."""

from pathlib import Path

import numpy as np
import pytest

from orview.mesh.given import Segmentation
from orview.mesh.measure import centroid_mm
from orview.model.case import Level
from orview.model.glb_reader import read_glb
from orview.pipeline import BuiltCase, build_case
from orview.sim.phantom import Phantom, build_phantom
from tests.khronos import validate

SPACING_MM = 2.0
"""Coarser than the demonstration's: the same structures in an eighth of the time."""


@pytest.fixture(scope="module")
def coarse(board) -> Phantom:
    return build_phantom(board=board, seed=3, spacing_mm=SPACING_MM)


@pytest.fixture(scope="module")
def built(coarse: Phantom) -> BuiltCase:
    return build_case(
        coarse.volume,
        Segmentation(label_maps=(coarse.labels,)),
        case_id="0" * 12,
        name="Phantom",
        created_utc="2026-01-01T00:00:00+00:00",
        progress=lambda stage, fraction: None,
    )


@pytest.mark.slow
def test_the_validator_finds_nothing_in_any_level(built: BuiltCase, tmp_path: Path) -> None:
    paths = []
    for level in built.case.levels:
        for kind, sha256 in (("packed", level.sha256), ("plain", level.plain_sha256)):
            paths.append(tmp_path / f"{level.level}_{kind}.glb")
            paths[-1].write_bytes(built.blobs[sha256])
    for report in validate(paths):
        assert (report["errors"], report["warnings"]) == (0, 0), report


@pytest.mark.slow
@pytest.mark.hazard("H04", "H16")
def test_every_structure_is_in_the_model_and_on_its_side(built: BuiltCase, coarse: Phantom) -> None:
    drawn = {mesh.name: mesh for mesh in read_glb(built.blobs[built.case.level(Level.HEADSET).sha256])}
    assert drawn.keys() == set(coarse.labels.names.values())
    middle_mm = centroid_mm(drawn["sacrum"].surface)[0]
    for name, mesh in drawn.items():
        if name.endswith(("_left", "_right")):
            # The patient's left is +x.
            assert (centroid_mm(mesh.surface)[0] > middle_mm) == name.endswith("_left"), name


@pytest.mark.slow
@pytest.mark.hazard("H05")
def test_the_tumour_stands_where_it_truly_is(built: BuiltCase, coarse: Phantom) -> None:
    for level in built.case.levels:
        tumour = next(mesh for mesh in read_glb(built.blobs[level.sha256]) if mesh.name == "tumour")
        error_mm = np.linalg.norm(centroid_mm(tumour.surface) - coarse.tumour_centre_patient_mm)
        assert error_mm < 0.25 * SPACING_MM, level.level
