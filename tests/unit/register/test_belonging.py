"""Points that were misread are told by where the patient's structures lie; points on the patient never are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.mesh.surface import Surface
from orview.register.belonging import BESIDE_SKIN_MM, ON_BONE_MM, misread
from tests.bony import CENTRE, bony, landmarks_of, places_on, surface_of


@pytest.fixture(scope="module")
def bone() -> Surface:
    return surface_of(bony)


@pytest.fixture(scope="module")
def landmarks(bone: Surface) -> NDArray[np.float64]:
    return np.array(list(landmarks_of(places_on(bony, bone)).values()))


def test_landmarks_on_the_bone_and_beads_beside_it_belong(bone: Surface, landmarks: NDArray[np.float64]) -> None:
    rng = np.random.default_rng(2)
    surfaces = {"sacrum": bone}
    for _ in range(20):
        assert misread(landmarks + rng.normal(0.0, 3.0, landmarks.shape), surfaces, near_mm=ON_BONE_MM) is None
    assert misread(np.add(landmarks, (0.0, 50.0, 0.0)), surfaces, near_mm=BESIDE_SKIN_MM) is None
    # Stickers on skin that nobody outlined: far from the bone, but no other reading explains them.
    assert misread(np.add(landmarks, (0.0, 90.0, 0.0)), surfaces, near_mm=ON_BONE_MM) is None


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(
    ("signs", "words"),
    [
        ((-1.0, -1.0, 1.0), "LPS and RAS"),
        ((-1.0, 1.0, 1.0), "left and right"),
        ((1.0, -1.0, 1.0), "front and back"),
        ((1.0, 1.0, -1.0), "head and feet"),
    ],
)
def test_wrong_axes_are_named(
    bone: Surface, landmarks: NDArray[np.float64], signs: tuple[float, float, float], words: str
) -> None:
    found = misread(landmarks * signs, {"sacrum": bone}, near_mm=ON_BONE_MM)
    assert found is not None
    assert words in found.reason
    assert found.advice


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_another_unit_is_told_by_the_spread(bone: Surface, landmarks: NDArray[np.float64], factor: float) -> None:
    found = misread(landmarks * factor, {"sacrum": bone}, near_mm=ON_BONE_MM)
    assert found is not None
    assert "no patient does" in found.reason
    assert "another unit" in found.advice


@pytest.mark.hazard("H14")
def test_points_of_another_scan_are_refused(bone: Surface, landmarks: NDArray[np.float64]) -> None:
    found = misread(landmarks - CENTRE + (3000.0, 0.0, 0.0), {"sacrum": bone}, near_mm=ON_BONE_MM)
    assert found is not None
    assert "away from every structure" in found.reason
