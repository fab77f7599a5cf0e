"""The rigid transform by hand-worked examples; its laws are in tests/laws."""

import math

import numpy as np
import pytest

from orview.errors import FrameMismatchError, NotRigidError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector, skew

QUARTER_ABOUT_Z = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def test_a_quarter_turn_and_a_step_by_hand() -> None:
    camera_from_board = RigidTransform(
        Frame.CAMERA, Frame.BOARD, np.array(QUARTER_ABOUT_Z), np.array([10.0, 20.0, 500.0])
    )
    np.testing.assert_allclose(camera_from_board.apply([3.0, 4.0, 5.0]), [6.0, 23.0, 505.0])
    np.testing.assert_allclose(camera_from_board.rotate([3.0, 4.0, 5.0]), [-4.0, 3.0, 5.0])
    np.testing.assert_allclose(camera_from_board.quat_xyzw, [0, 0, math.sqrt(0.5), math.sqrt(0.5)])
    np.testing.assert_allclose(camera_from_board.rotation_vector_rad, [0, 0, math.pi / 2])
    assert camera_from_board.angle_rad == pytest.approx(math.pi / 2)
    np.testing.assert_allclose(
        camera_from_board.matrix, [[0, -1, 0, 10], [1, 0, 0, 20], [0, 0, 1, 500], [0, 0, 0, 1]], atol=0
    )


def test_many_points_go_through_at_once() -> None:
    transform = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, [0.1, 0.2, 0.3], [1, 2, 3])
    points = np.random.default_rng(0).normal(size=(4, 5, 3))
    together = transform.apply(points)
    assert together.shape == (4, 5, 3)
    np.testing.assert_allclose(together[2, 3], transform.apply(points[2, 3]))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_turns_have_quaternions_of_length_one(axis: int) -> None:
    rotation = -np.eye(3)
    rotation[axis, axis] = 1.0
    half = RigidTransform(Frame.ROOM, Frame.CAMERA, rotation, np.zeros(3))
    quat = np.zeros(4)
    quat[axis] = 1.0
    np.testing.assert_allclose(np.abs(half.quat_xyzw), quat, atol=1e-12)
    assert half.angle_rad == pytest.approx(math.pi)


def test_skew_is_the_cross_product() -> None:
    a, b = np.array([1.0, -2.0, 3.0]), np.array([0.5, 4.0, -1.0])
    np.testing.assert_allclose(skew(a) @ b, np.cross(a, b))


def test_a_tiny_turn_is_not_lost() -> None:
    np.testing.assert_allclose(rotation_from_vector([0.0, 0.0, 1e-10])[1, 0], 1e-10, rtol=1e-9)


def test_values_cannot_be_changed_afterwards() -> None:
    rotation, shift = np.eye(3), np.zeros(3)
    transform = RigidTransform(Frame.ROOM, Frame.CAMERA, rotation, shift)
    with pytest.raises(ValueError, match="read-only"):
        transform.rotation[0, 0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        transform.translation_mm[0] = 2.0
    shift[0] = 7.0
    assert transform.translation_mm[0] == 0.0


def test_shapes_last_rows_and_quaternions_that_are_none_are_refused() -> None:
    for rotation, shift in [(np.eye(2), np.zeros(3)), (np.eye(3), np.zeros(2)), (np.eye(4), np.zeros(3))]:
        with pytest.raises(NotRigidError):
            RigidTransform(Frame.ROOM, Frame.CAMERA, rotation, shift)
    projective = np.eye(4)
    projective[3, 0] = 1e-3
    for matrix in (projective, np.eye(3), np.diag([2.0, 2.0, 2.0, 1.0])):
        with pytest.raises(NotRigidError):
            RigidTransform.from_matrix(Frame.ROOM, Frame.CAMERA, matrix)
    for quat in ([0, 0, 0, 0], [0, 0, 0, 1.01], [0, 0, 1], [math.nan, 0, 0, 1]):
        with pytest.raises(NotRigidError):
            RigidTransform.from_quaternion(Frame.ROOM, Frame.CAMERA, quat, np.zeros(3))


def test_float32_poses_of_a_wire_are_taken() -> None:
    matrix = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, [1, 2, 0.5], [400, 5, 6]).matrix
    RigidTransform.from_matrix(Frame.ROOM, Frame.CAMERA, matrix.astype(np.float32))


def test_the_refusal_of_frames_names_them() -> None:
    one = RigidTransform.identity(Frame.ROOM, Frame.CAMERA)
    with pytest.raises(FrameMismatchError, match="camera and board"):
        one @ RigidTransform.identity(Frame.BOARD, Frame.PATIENT)
    with pytest.raises(TypeError):
        one @ np.eye(4).tolist()  # type: ignore[operator]
