"""A mirror image of a patient is told from a patient who is turned (hazard H04)."""

import itertools
from collections.abc import Iterable, Mapping

import numpy as np
import pytest

from orview.findings import Finding, Severity
from orview.model import arrangement
from orview.model.arrangement import USUAL_PLACES_MM
from orview.model.case import CaseStructure
from orview.segment.anatomy import Kind, Side

# Centres of a real patient's labels (LPS mm), of structures that most segmentations have.
REAL = {
    "sacrum": (-1.0, -82.0, 205.0),
    "vertebra_l5": (1.0, -125.0, 246.0),
    "vertebra_l4": (4.0, -133.0, 279.0),
    "hip_left": (77.0, -130.0, 177.0),
    "hip_right": (-76.0, -131.0, 177.0),
    "femur_left": (102.0, -132.0, 117.0),
    "femur_right": (-101.0, -139.0, 116.0),
    "bladder": (-2.0, -170.0, 147.0),
    "iliac_artery_left": (49.0, -171.0, 192.0),
    "iliac_artery_right": (-34.0, -176.0, 197.0),
    "liver": (-67.0, -185.0, 392.0),
}

SUBSETS = [
    list(REAL),
    ["sacrum", "hip_left", "hip_right", "vertebra_l5"],
    ["sacrum", "hip_left", "hip_right", "femur_left", "femur_right"],
    ["sacrum", "vertebra_l5", "hip_left", "bladder"],
]
"""Enough to tell every mirror from every turn."""

FEW = [["sacrum", "hip_left", "hip_right"], ["sacrum", "hip_left", "hip_right", "bladder"]]
"""All in one plane: a mirror in it changes nothing but left and right, which the check of the sides tells."""

ALL_AXES = [
    np.eye(3)[list(order)] * np.array(signs)[:, None]
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1.0, -1.0), repeat=3)
]


def check_arrangement(found: list[CaseStructure], *, cut: frozenset[str] = frozenset()) -> list[Finding]:
    return arrangement.check_arrangement(found, {structure.key: structure.key not in cut for structure in found})


def structures(places: Mapping[str, Iterable[float]], keys: Iterable[str]) -> list[CaseStructure]:
    return [
        CaseStructure(
            key=key,
            name=key,
            color_srgb=(1.0, 1.0, 1.0),
            side=Side.NONE,
            rigid=True,
            kind=Kind.BONE,
            volume_ml=1.0,
            centroid_patient_mm=tuple(places[key]),  # type: ignore[arg-type]
            parts=1,
        )
        for key in keys
    ]


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("keys", SUBSETS, ids=len)
def test_of_48_axes_only_the_right_one_is_silent(keys: list[str]) -> None:
    """All 24 mirrored ones are errors, all 23 turned ones are told."""
    found = {}
    for axes in ALL_AXES:
        moved = {key: axes @ np.array(place) + (5.0, -80.0, 900.0) for key, place in REAL.items()}
        found[tuple(axes.ravel())] = check_arrangement(structures(moved, keys))
    for values, findings in found.items():
        axes = np.array(values).reshape(3, 3)
        if np.array_equal(axes, np.eye(3)):
            assert findings == []
        elif np.linalg.det(axes) > 0:
            assert [finding.severity for finding in findings] == [Severity.WARNING], axes
        else:
            assert [finding.code for finding in findings] == ["MIRRORED"], axes
    assert len(found) == 48


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("keys", FEW, ids=len)
def test_with_so_few_that_a_turn_may_be_a_mirror_both_are_refused(keys: list[str]) -> None:
    """One is beyond them: front-back exchanged with up-down puts a sacrum where a steeper one could lie."""
    silent = []
    for axes in ALL_AXES:
        moved = {key: axes @ np.array(place) for key, place in REAL.items()}
        findings = check_arrangement(structures(moved, keys))
        assert {finding.severity for finding in findings} <= {Severity.ERROR}
        if not findings and moved["hip_left"][0] > moved["hip_right"][0]:
            silent.append(axes.tolist())
    assert np.eye(3).tolist() in silent
    assert all(axes in (np.eye(3).tolist(), np.eye(3)[[0, 2, 1]].tolist()) for axes in silent)


def test_patients_differ_and_lie_askew_without_a_word() -> None:
    rng = np.random.default_rng(8)
    for _ in range(500):
        angles = np.radians(rng.uniform(-15.0, 15.0, 3))
        (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
        turn = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        turn = turn @ np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        scale = rng.uniform(0.6, 1.3)
        moved = {key: scale * turn @ np.array(place) + rng.normal(0.0, 7.0, 3) for key, place in REAL.items()}
        for keys in SUBSETS[:3]:
            assert check_arrangement(structures(moved, keys)) == []


def test_too_few_or_unknown_structures_say_nothing() -> None:
    mirrored = {key: (x, -y, z) for key, (x, y, z) in REAL.items()}
    for keys in ([], ["sacrum"], ["hip_left", "hip_right"], ["liver", "sacrum", "hip_left"]):
        assert check_arrangement(structures(mirrored, keys)) == []


def test_a_side_without_a_name_is_not_guessed() -> None:
    places = {"hip": REAL["hip_left"], "femur": REAL["femur_left"], "iliac_vein": REAL["iliac_artery_left"]}
    assert check_arrangement(structures(places, places)) == []


def test_the_usual_places_are_of_the_left_side_and_the_middle() -> None:
    assert all(x >= 0.0 for x, _, _ in USUAL_PLACES_MM.values())


@pytest.mark.hazard("H04")
def test_cut_bones_tell_a_mirror_but_no_turn() -> None:
    keys = ["sacrum", "hip_left", "hip_right", "vertebra_l5"]
    cut = frozenset(keys)
    upside_down = {key: (x, -y, -z) for key, (x, y, z) in REAL.items()}
    assert check_arrangement(structures(upside_down, keys), cut=cut) == []
    mirrored = {key: (x, -y, z) for key, (x, y, z) in REAL.items()}
    assert [finding.code for finding in check_arrangement(structures(mirrored, keys), cut=cut)] == ["MIRRORED"]
