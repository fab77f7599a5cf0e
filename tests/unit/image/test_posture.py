"""Slices that run as no scan of a patient in that position runs are told (hazard H04)."""

import itertools

import numpy as np
import pytest

from orview.findings import Severity
from orview.image.posture import SCANNED, check_posture, orientation_words

LEFT, BACK, HEAD = np.eye(3)


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("position", SCANNED)
def test_the_eight_positions_follow_from_gravity_and_the_way_in(position: str) -> None:
    row, column = SCANNED[position]
    down = {"S": BACK, "P": -BACK, "DR": -LEFT, "DL": LEFT}[position[2:]]
    assert column == pytest.approx(down)
    assert np.cross(row, column) == pytest.approx(HEAD if position.startswith("HF") else -HEAD)
    assert check_posture(position, row, column) == []
    assert check_posture(position, LEFT, BACK) == []


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("position", SCANNED)
def test_every_other_way_axial_slices_can_run_is_told(position: str) -> None:
    told = 0
    for a, b in itertools.permutations((LEFT, BACK, -LEFT, -BACK), 2):
        if a @ b:
            continue
        findings = check_posture(position, a, b)
        usual = any(
            (np.allclose(a, row) and np.allclose(b, column)) for row, column in (SCANNED[position], (LEFT, BACK))
        )
        assert [(finding.code, finding.severity) for finding in findings] == (
            [] if usual else [("LEFT_RIGHT_DOUBTFUL", Severity.WARNING)]
        )
        told += not usual
    assert told == (7 if position == "HFS" else 6)


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("position", SCANNED)
def test_a_mirrored_picture_is_told(position: str) -> None:
    row, column = SCANNED[position]
    assert check_posture(position, -row, column) != [] or np.allclose([-row, column], [LEFT, BACK])
    assert check_posture(position, -LEFT, BACK) != [] or np.allclose([row, column], [-LEFT, BACK])


@pytest.mark.parametrize("degrees", [-30.0, 12.0, 30.0])
def test_a_tilted_gantry_is_no_contradiction(degrees: float) -> None:
    turned = np.deg2rad(degrees)
    assert check_posture("HFS", LEFT, np.cos(turned) * BACK + np.sin(turned) * HEAD) == []


@pytest.mark.parametrize("position", ["", "HFX", "SITTING"])
def test_an_unknown_position_is_told(position: str) -> None:
    assert [finding.code for finding in check_posture(position, LEFT, BACK)] == ["POSITION_UNKNOWN"]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (LEFT, BACK, "axial"),
        (LEFT, -HEAD, "coronal"),
        (BACK, -HEAD, "sagittal"),
        (LEFT, (BACK - HEAD) / 2**0.5, "oblique"),
    ],
)
def test_orientations_have_names(row: np.ndarray, column: np.ndarray, words: str) -> None:
    assert orientation_words(row, column) == words
    if words != "axial":
        assert check_posture("HFS", -row, column) == []
