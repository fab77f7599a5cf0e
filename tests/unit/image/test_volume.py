"""Volumes refuse what is no image in the patient frame and keep their numbers still."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume, shifted
from tests.shapes import grid, provenance


def test_spacing_is_told_along_i_j_k() -> None:
    volume = Volume(
        array=np.zeros((4, 3, 2), dtype=np.int16), patient_from_voxel=grid((0.5, 0.7, 2.0)), provenance=provenance(4)
    )
    assert volume.spacing_mm == pytest.approx([0.5, 0.7, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1


@pytest.mark.parametrize("array", [np.zeros((3, 3), np.int16), np.zeros((3, 3, 3)), np.zeros((0, 3, 3), np.int16)])
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ContractError):
        Volume(array=array, patient_from_voxel=grid(), provenance=provenance(3))


def test_another_transform_is_refused() -> None:
    wrong = AffineTransform(Frame.VOXEL, Frame.PATIENT, np.eye(4))
    with pytest.raises(ContractError, match="patient_from_voxel"):
        Volume(array=np.zeros((3, 3, 3), dtype=np.int16), patient_from_voxel=wrong, provenance=provenance(3))


def test_a_cut_grid_keeps_every_voxel_in_its_place() -> None:
    whole = grid((0.5, 0.7, 2.0))
    assert shifted(whole, (3, 4, 5)).apply((1, 1, 1)) == pytest.approx(whole.apply((4, 5, 6)))
