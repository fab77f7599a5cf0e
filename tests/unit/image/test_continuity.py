"""Exchanged slices are seen in the anatomy where no header shows them, and nothing is seen in series as they are."""

import numpy as np
import pytest
import SimpleITK

from orview.image.continuity import check_continuity
from tests.data import shared_data
from tests.shapes import grid, points_of, trunk


def read(name: str) -> np.ndarray:
    return np.asarray(
        SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(shared_data(name.split("/")[0]) / name.split("/")[1])))
    )


def exchanged(array: np.ndarray, a: int, b: int) -> np.ndarray:
    order = np.arange(len(array))
    order[[a, b]] = b, a
    return array[order]


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("name", ["ct_pelvis_3mm/ct.nii.gz", "slicer/CTChest4.nrrd"])
def test_real_slices_that_changed_places_are_told(name: str) -> None:
    array = read(name)
    assert check_continuity(array) == []
    inner = range(1, len(array) - 2, 3)
    told = [k for k in inner if check_continuity(exchanged(array, k, k + 1))]
    assert len(told) >= 0.9 * len(inner)
    rng = np.random.default_rng(6)
    apart = [sorted(rng.choice(np.arange(1, len(array) - 1), 2, replace=False)) for _ in range(40)]
    assert sum(bool(check_continuity(exchanged(array, a, b))) for a, b in apart) >= 0.9 * len(apart)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("k", range(3, 26))
def test_the_place_is_told(k: int) -> None:
    points = points_of((30, 64, 60), grid((4.0, 4.0, 4.0), (-118.0, -126.0, -60.0)))
    body = np.hypot(points[..., 0] / 90.0, points[..., 1] / 70.0) < 1.0 + points[..., 2] / 300.0
    array = np.where(body, 40, -1000).astype(np.int16)
    found = check_continuity(exchanged(array, k, k + 1))
    assert [finding.code for finding in found] == ["SLICES_LOOK_EXCHANGED"]
    assert abs(int(found[0].where.split()[1]) - (k + 1)) <= 1


@pytest.mark.parametrize("noise_hu", [0.0, 20.0, 200.0])
def test_slices_that_are_all_alike_tell_nothing(noise_hu: float) -> None:
    noise = np.random.default_rng(1).normal(scale=noise_hu, size=(40, 64, 64))
    assert check_continuity(trunk() + noise) == []


def test_too_few_slices_tell_nothing() -> None:
    assert check_continuity(trunk((3, 20, 20))) == []
