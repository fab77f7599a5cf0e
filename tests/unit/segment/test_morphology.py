"""Masks grown and shrunk: voxel for voxel what ITK makes of them, at every radius along each axis."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from orview.segment.morphology import brightest_near, closed, dilated, eroded, opened

sitk: Any = SimpleITK  # its functions carry no types

Mask = NDArray[np.bool_]
RADII = [(1, 1, 1), (2, 2, 2), (3, 2, 1), (0, 0, 0), (1, 1, 0), (6, 6, 3), (0, 2, 3), (9, 9, 12)]


def _by_itk(step: Any, mask: Mask, radius: tuple[int, int, int]) -> Mask:
    return np.asarray(sitk.GetArrayFromImage(step(sitk.GetImageFromArray(mask.astype(np.uint8)), list(radius))) > 0)


def _specks(seed: int) -> Mask:
    return np.asarray(np.random.default_rng(seed).random((20, 33, 41)) < 0.02)


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize(
    ("ours", "itks", "mask"),
    [
        (dilated, sitk.BinaryDilate, _specks(1)),
        (eroded, sitk.BinaryErode, ~_specks(2)),
        (closed, sitk.BinaryMorphologicalClosing, dilated(_specks(3), (1, 1, 1))),
        (opened, sitk.BinaryMorphologicalOpening, ~_specks(4)),
    ],
    ids=["dilated", "eroded", "closed", "opened"],
)
def test_itk_makes_the_same(
    ours: Callable[[Mask, tuple[int, int, int]], Mask], itks: Any, mask: Mask, radius: tuple[int, int, int]
) -> None:
    np.testing.assert_array_equal(ours(mask, radius), _by_itk(itks, mask, radius))


@pytest.mark.parametrize("radius", [(1, 1, 1), (3, 2, 1), (2, 4, 6)])
def test_the_brightest_near_is_itks(radius: tuple[int, int, int]) -> None:
    values = np.random.default_rng(5).normal(0.0, 300.0, (9, 17, 23)).astype(np.float32)

    box = sitk.GrayscaleDilate(sitk.GetImageFromArray(values), list(radius), sitk.sitkBox)

    np.testing.assert_array_equal(brightest_near(values, radius), sitk.GetArrayFromImage(box))


def test_nothing_stays_nothing() -> None:
    empty = np.zeros((3, 4, 5), dtype=bool)

    assert not dilated(empty, (2, 2, 2)).any()
    assert not closed(empty, (2, 2, 2)).any()
    assert not opened(empty, (2, 2, 2)).any()
