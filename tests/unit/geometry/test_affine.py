"""Transforms that scale: voxels, and the model's metres."""

import numpy as np
import pytest

from orview.errors import ContractError, FrameMismatchError
from orview.frames import Frame
from orview.geometry.affine import MODEL_FROM_PATIENT, PATIENT_FROM_MODEL, AffineTransform

VOXELS = np.array([[0.5, 0, 0, -100.0], [0, 0.5, 0, -200.0], [0, 0, 2.0, -900.0], [0, 0, 0, 1]])


def test_a_voxel_lands_where_spacing_and_origin_say() -> None:
    patient_from_voxel = AffineTransform(Frame.PATIENT, Frame.VOXEL, VOXELS)
    np.testing.assert_allclose(patient_from_voxel.apply([10, 20, 30]), [-95.0, -190.0, -840.0])
    np.testing.assert_allclose(patient_from_voxel.inverse().apply([-95.0, -190.0, -840.0]), [10, 20, 30])
    assert patient_from_voxel.determinant == pytest.approx(0.5)


@pytest.mark.hazard("H04")
def test_left_superior_and_anterior_of_the_patient_are_x_y_and_z_of_the_model() -> None:
    # Patient: +x left, +y posterior, +z superior, mm. Model: +x left, +y superior, +z anterior, m.
    np.testing.assert_allclose(MODEL_FROM_PATIENT.apply([1000.0, 0, 0]), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(MODEL_FROM_PATIENT.apply([0, 0, 1000.0]), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(MODEL_FROM_PATIENT.apply([0, -1000.0, 0]), [0, 0, 1], atol=1e-12)
    assert PATIENT_FROM_MODEL.determinant == pytest.approx(1e9)
    np.testing.assert_allclose((PATIENT_FROM_MODEL @ MODEL_FROM_PATIENT).matrix, np.eye(4), atol=1e-12)


def test_frames_must_meet() -> None:
    patient_from_voxel = AffineTransform(Frame.PATIENT, Frame.VOXEL, VOXELS)
    assert (MODEL_FROM_PATIENT @ patient_from_voxel).to_frame is Frame.MODEL
    with pytest.raises(FrameMismatchError):
        patient_from_voxel @ patient_from_voxel
    with pytest.raises(TypeError):
        patient_from_voxel @ VOXELS.tolist()  # type: ignore[operator]


def test_what_is_no_affine_transform_is_refused() -> None:
    nan, flat, row = VOXELS.copy(), VOXELS.copy(), VOXELS.copy()
    nan[0, 0] = np.nan
    flat[2, 2] = 0.0
    row[3, 3] = 2.0
    for matrix in (nan, flat, row, np.eye(3)):
        with pytest.raises(ContractError):
            AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)


def test_the_matrix_is_a_copy_and_cannot_be_changed() -> None:
    matrix = VOXELS.copy()
    affine = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
    matrix[0, 3] = 5.0
    assert affine.matrix[0, 3] == -100.0
    with pytest.raises(ValueError, match="read-only"):
        affine.matrix[0, 3] = 5.0
