"""Laws of the transforms: a group, rigid, mirror-free, finite; and how errors are carried along it."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from orview.errors import FrameMismatchError, NotRigidError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, nearest_rotation, rotation_from_vector
from orview.geometry.uncertain import UncertainPose, adjoint_of, motion_jacobian

lengths_mm = st.floats(-2000.0, 2000.0)
points = st.tuples(lengths_mm, lengths_mm, lengths_mm).map(np.array)
angles_rad = st.one_of(st.floats(0.0, math.pi), st.floats(0.0, 1e-6), st.floats(math.pi - 1e-6, math.pi))
directions = (st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(np.array).filter(lambda v: np.linalg.norm(v) > 0.1)).map(
    lambda v: v / np.linalg.norm(v)
)
rotation_vectors = st.builds(lambda axis, angle: axis * angle, directions, angles_rad)


def transforms(to_frame: Frame, from_frame: Frame) -> st.SearchStrategy[RigidTransform]:
    return st.builds(
        lambda vector, shift: RigidTransform.from_rotation_vector(to_frame, from_frame, vector, shift),
        rotation_vectors,
        points,
    )


room_from_camera = transforms(Frame.ROOM, Frame.CAMERA)
camera_from_board = transforms(Frame.CAMERA, Frame.BOARD)
board_from_patient = transforms(Frame.BOARD, Frame.PATIENT)


def _same(one: RigidTransform, other: RigidTransform) -> None:
    assert (one.to_frame, one.from_frame) == (other.to_frame, other.from_frame)
    np.testing.assert_allclose(one.matrix, other.matrix, atol=1e-8)


@given(room_from_camera, camera_from_board, board_from_patient)
def test_composition_is_associative(a: RigidTransform, b: RigidTransform, c: RigidTransform) -> None:
    _same((a @ b) @ c, a @ (b @ c))


@given(room_from_camera)
def test_identity_and_inverse(a: RigidTransform) -> None:
    _same(a @ RigidTransform.identity(Frame.CAMERA, Frame.CAMERA), a)
    _same(RigidTransform.identity(Frame.ROOM, Frame.ROOM) @ a, a)
    _same(a @ a.inverse(), RigidTransform.identity(Frame.ROOM, Frame.ROOM))
    _same(a.inverse().inverse(), a)


@given(room_from_camera, camera_from_board)
def test_the_inverse_of_a_chain_is_the_chain_of_inverses(a: RigidTransform, b: RigidTransform) -> None:
    _same((a @ b).inverse(), b.inverse() @ a.inverse())


@given(room_from_camera, camera_from_board, points)
def test_a_composed_transform_carries_points_as_its_links_do(
    a: RigidTransform, b: RigidTransform, point: NDArray[np.float64]
) -> None:
    np.testing.assert_allclose((a @ b).apply(point), a.apply(b.apply(point)), atol=1e-8)


@given(room_from_camera, points, points)
def test_distances_angles_and_handedness_stay(
    a: RigidTransform, one: NDArray[np.float64], other: NDArray[np.float64]
) -> None:
    assert np.linalg.norm(a.apply(one) - a.apply(other)) == pytest.approx(np.linalg.norm(one - other), abs=1e-8)
    np.testing.assert_allclose(
        a.rotate(np.cross(one, other)), np.cross(a.rotate(one), a.rotate(other)), rtol=1e-9, atol=1e-4
    )


@given(rotation_vectors, points)
def test_exp_and_log_undo_each_other(vector: NDArray[np.float64], shift: NDArray[np.float64]) -> None:
    transform = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, vector, shift)
    back = transform.rotation_vector_rad
    # At half a turn the axis may come back reversed: the rotation is the same.
    np.testing.assert_allclose(rotation_from_vector(back), transform.rotation, atol=1e-7)
    if np.linalg.norm(vector) < math.pi - 1e-3:
        np.testing.assert_allclose(back, vector, atol=1e-7)
    assert transform.angle_rad == pytest.approx(np.linalg.norm(vector), abs=1e-7)


@given(room_from_camera)
def test_quaternions_and_matrices_give_the_transform_back(a: RigidTransform) -> None:
    _same(RigidTransform.from_quaternion(a.to_frame, a.from_frame, a.quat_xyzw, a.translation_mm), a)
    _same(RigidTransform.from_quaternion(a.to_frame, a.from_frame, -a.quat_xyzw, a.translation_mm), a)
    _same(RigidTransform.from_matrix(a.to_frame, a.from_frame, a.matrix), a)
    assert a.quat_xyzw[3] >= 0.0
    assert np.linalg.norm(a.quat_xyzw) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=30)
@given(room_from_camera, rotation_vectors)
def test_long_chains_stay_rigid(a: RigidTransform, vector: NDArray[np.float64]) -> None:
    step = RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.CAMERA, vector, [0.1, 0.0, 0.0])
    for _ in range(500):
        a = a @ step
    np.testing.assert_allclose(a.rotation.T @ a.rotation, np.eye(3), atol=1e-13)


@given(camera_from_board, room_from_camera)
def test_frames_that_do_not_meet_are_refused(b: RigidTransform, a: RigidTransform) -> None:
    with pytest.raises(FrameMismatchError):
        b @ a
    with pytest.raises(FrameMismatchError):
        UncertainPose.certain(b) @ UncertainPose.certain(a)


@pytest.mark.hazard("H04")
@given(room_from_camera, st.sampled_from([0, 1, 2]))
def test_mirrors_are_refused(a: RigidTransform, axis: int) -> None:
    mirrored = a.rotation.copy()
    mirrored[:, axis] *= -1.0
    with pytest.raises(NotRigidError, match="mirror"):
        RigidTransform(Frame.ROOM, Frame.CAMERA, mirrored, a.translation_mm)


spoils = st.sampled_from([math.nan, math.inf, -math.inf])


@pytest.mark.hazard("H30")
@settings(max_examples=300)
@given(room_from_camera, st.integers(0, 11), spoils)
def test_a_pose_with_a_number_that_is_not_finite_is_refused(a: RigidTransform, place: int, spoil: float) -> None:
    matrix = a.matrix
    matrix[divmod(place, 4)] = spoil
    with pytest.raises(NotRigidError):
        RigidTransform.from_matrix(Frame.ROOM, Frame.CAMERA, matrix)
    quat = a.quat_xyzw
    quat[place % 4] = spoil
    with pytest.raises(NotRigidError):
        RigidTransform.from_quaternion(Frame.ROOM, Frame.CAMERA, quat, a.translation_mm)


@pytest.mark.hazard("H30")
@settings(max_examples=300)
@given(room_from_camera, st.integers(0, 8), st.floats(1e-5, 10.0), st.booleans())
def test_a_rotation_that_scales_or_shears_is_refused(a: RigidTransform, place: int, by: float, down: bool) -> None:
    rotation = a.rotation.copy()
    rotation[divmod(place, 3)] += -by if down else by
    assume(np.abs(rotation.T @ rotation - np.eye(3)).max() > 2e-6)
    with pytest.raises(NotRigidError):
        RigidTransform(Frame.ROOM, Frame.CAMERA, rotation, a.translation_mm)


@given(room_from_camera, st.floats(-1e-7, 1e-7))
def test_rounding_errors_are_taken_back(a: RigidTransform, error: float) -> None:
    mended = nearest_rotation(a.rotation + error)
    np.testing.assert_allclose(mended.T @ mended, np.eye(3), atol=1e-12)


@given(room_from_camera, camera_from_board)
def test_the_adjoint_follows_composition_and_inversion(a: RigidTransform, b: RigidTransform) -> None:
    np.testing.assert_allclose(adjoint_of(a @ b), adjoint_of(a) @ adjoint_of(b), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(adjoint_of(a) @ adjoint_of(a.inverse()), np.eye(6), atol=1e-5)


@given(room_from_camera, points, st.tuples(*[st.floats(-1.0, 1.0)] * 6).map(np.array))
def test_the_adjoint_tells_a_small_motion_in_the_other_frame(
    a: RigidTransform, point: NDArray[np.float64], motion: NDArray[np.float64]
) -> None:
    moved_before = a.rotate(motion_jacobian(point) @ motion)
    moved_after = motion_jacobian(a.apply(point)) @ (adjoint_of(a) @ motion)
    np.testing.assert_allclose(moved_after, moved_before, rtol=1e-8, atol=1e-5)


@given(room_from_camera, camera_from_board, board_from_patient, points)
def test_covariances_are_the_same_whichever_way_a_chain_is_bracketed(
    a: RigidTransform, b: RigidTransform, c: RigidTransform, point: NDArray[np.float64]
) -> None:
    sure = np.diag([1e-6, 2e-6, 3e-6, 0.01, 0.02, 0.03])
    links = [UncertainPose(link, sure * (n + 1)) for n, link in enumerate((a, b, c))]
    left = ((links[0] @ links[1]) @ links[2]).covariance_at(point)
    right = (links[0] @ (links[1] @ links[2])).covariance_at(point)
    np.testing.assert_allclose(left, right, rtol=1e-6, atol=1e-6)


@given(board_from_patient, points)
def test_the_inverse_of_an_uncertain_pose_is_as_uncertain(a: RigidTransform, point: NDArray[np.float64]) -> None:
    pose = UncertainPose(a, np.diag([1e-6, 2e-6, 3e-6, 0.01, 0.02, 0.03]))
    there = pose.covariance_at(point)
    back = pose.inverse().covariance_at(a.apply(point))
    np.testing.assert_allclose(a.rotation @ back @ a.rotation.T, there, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(pose.inverse().inverse().covariance, pose.covariance, rtol=1e-6, atol=1e-6)


@given(st.tuples(*[st.floats(0.2, 5.0)] * 3), rotation_vectors, points, points)
def test_an_affine_inverse_undoes_it(
    scales: tuple[float, float, float],
    vector: NDArray[np.float64],
    shift: NDArray[np.float64],
    point: NDArray[np.float64],
) -> None:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(vector) @ np.diag(scales)
    matrix[:3, 3] = shift
    affine = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
    np.testing.assert_allclose(affine.inverse().apply(affine.apply(point)), point, atol=1e-7)
    assert affine.determinant == pytest.approx(math.prod(scales), rel=1e-9)


@given(
    st.tuples(st.floats(-0.25, 0.15), st.floats(-0.05, 0.05), *[st.floats(-0.003, 0.003)] * 2, st.just(0.0)),
    st.floats(0.0, 1280.0),
    st.floats(0.0, 720.0),
    st.floats(100.0, 3000.0),
)
def test_project_undoes_unproject(
    distortion: tuple[float, float, float, float, float], u: float, v: float, depth_mm: float
) -> None:
    lens = PinholeLens(
        width_px=1280, height_px=720, fx_px=1060.0, fy_px=1055.0, cx_px=644.0, cy_px=352.0, distortion=distortion
    )
    ray = lens.unproject([u, v])
    assert ray[2] == 1.0
    np.testing.assert_allclose(lens.project(ray * depth_mm), [u, v], atol=1e-5)
