"""What is doubtful about an image whose slices lie well; impossible sizes are refused (hazard H05)."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.image.checks import Thickness, check_age, check_grid, check_thickness, check_volume
from orview.image.volume import Volume
from tests.shapes import grid, provenance


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_a_mistaken_unit_is_refused(factor: float) -> None:
    check_grid((300, 512, 512), grid((0.8, 0.8, 1.0)))
    with pytest.raises(RefusedError, match="cannot be a patient's"):
        check_grid((300, 512, 512), grid((0.8 * factor, 0.8 * factor, 1.0 * factor)))


def test_thick_slices_metal_and_other_modalities_are_told() -> None:
    array = np.zeros((20, 20, 20), dtype=np.int16)
    array[5:15, 5:15, 5:15] = 3000
    volume = Volume(array=array, patient_from_voxel=grid((1.0, 1.0, 4.0)), provenance=provenance(20))
    assert [finding.code for finding in check_volume(volume)] == ["SLICES_THICK", "METAL"]
    magnetic = Volume(array=array, patient_from_voxel=grid(), provenance=replace(provenance(20), modality="MR"))
    assert [finding.code for finding in check_volume(magnetic)] == ["NOT_CT"]


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2024, 3, 1), []),
        (date(2024, 1, 31), ["SCAN_OLD"]),
        (date(2024, 2, 1), []),
        (date(2024, 3, 2), []),
        (date(2024, 3, 4), ["SCAN_FROM_THE_FUTURE"]),
        (None, ["SCAN_UNDATED"]),
    ],
)
def test_an_old_scan_is_told(day: date | None, codes: list[str]) -> None:
    found = check_age(day, today=date(2024, 3, 1))
    assert [(finding.code, finding.severity) for finding in found] == [(code, Severity.WARNING) for code in codes]


def test_without_a_today_only_a_missing_date_is_told() -> None:
    assert check_age(date(1990, 1, 1), today=None) == []


@pytest.mark.hazard("H16")
def test_what_slices_cannot_show_is_said_for_each_thin_structure() -> None:
    def at(voxel_mm: float) -> list[Finding]:
        asked = [("nerve_s1_left", "Nerve root S1 left", 3.0, True), ("iliac_vein_left", "Iliac vein left", 10.0, True)]
        asked += [("prostate", "Prostate", 3.5, False)]
        return check_thickness(
            [
                Thickness(key=key, name=name, diameter_mm=diameter_mm, voxel_mm=voxel_mm, is_tube=is_tube)
                for key, name, diameter_mm, is_tube in asked
            ]
        )

    assert at(1.0) == []
    at_5_mm = at(5.0)
    assert [(finding.code, finding.where) for finding in at_5_mm] == [
        ("STRUCTURE_THINNER_THAN_SLICES", "nerve_s1_left"),
        ("STRUCTURE_THINNER_THAN_SLICES", "prostate"),
    ]
    assert "Nerve root S1 left" in at_5_mm[0].message
    assert all("errors told of it are of what the slices show" in finding.message for finding in at_5_mm)
    assert [(finding.code, finding.severity) for finding in at(2.0)] == [("STRUCTURE_THIN_FOR_SLICES", Severity.INFO)]
