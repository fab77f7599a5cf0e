"""The covariance of a pose against poses drawn at random."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose

ROOM_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.BOARD, [2.0, -0.7, 0.4], [30.0, -80.0, 600.0])
BOARD_FROM_PATIENT = RigidTransform.from_rotation_vector(
    Frame.BOARD, Frame.PATIENT, [-0.4, 1.9, 0.3], [210.0, 95.0, -1140.0]
)
TUMOUR = np.array([12.0, -60.0, -1020.0])
TRIALS = 20_000


def _covariance(seed: int) -> NDArray[np.float64]:
    root = np.random.default_rng(seed).normal(size=(6, 6)) * np.array([[1e-3]] * 3 + [[0.2]] * 3)
    return np.asarray(root @ root.T)


def _drawn(pose: UncertainPose, points: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Carry points (T, 3) with poses drawn from the claim: p -> Exp(rotation) (T p) + translation."""
    motions = np.random.default_rng(seed).multivariate_normal(np.zeros(6), pose.covariance, len(points))
    at = pose.transform.apply(points)
    turns = np.stack([rotation_from_vector(motion[:3]) for motion in motions])
    return np.einsum("tij,tj->ti", turns, at) + motions[:, 3:]


def test_one_pose_spreads_a_point_as_claimed() -> None:
    # Room numbers are small; the board's frame lies a metre from the patient's origin.
    pose = UncertainPose(BOARD_FROM_PATIENT, _covariance(0))
    landed = _drawn(pose, np.tile(TUMOUR, (TRIALS, 1)), seed=1)
    claimed = pose.covariance_at(TUMOUR)
    np.testing.assert_allclose(np.cov(landed.T), claimed, atol=0.03 * np.trace(claimed))
    off_mm = np.linalg.norm(landed - pose.transform.apply(TUMOUR), axis=1)
    assert 0.94 <= np.mean(off_mm <= radius_95_mm(claimed)) <= 0.96


def test_a_chain_of_poses_spreads_a_point_as_claimed() -> None:
    first, second = UncertainPose(ROOM_FROM_BOARD, _covariance(2)), UncertainPose(BOARD_FROM_PATIENT, _covariance(3))
    landed = _drawn(first, _drawn(second, np.tile(TUMOUR, (TRIALS, 1)), seed=4), seed=5)
    chain = first @ second
    claimed = chain.covariance_at(TUMOUR)
    np.testing.assert_allclose(np.cov(landed.T), claimed, atol=0.03 * np.trace(claimed))
    off_mm = np.linalg.norm(landed - chain.transform.apply(TUMOUR), axis=1)
    assert 0.94 <= np.mean(off_mm <= radius_95_mm(claimed)) <= 0.96


def test_the_inverse_spreads_a_point_as_claimed() -> None:
    pose = UncertainPose(ROOM_FROM_BOARD, _covariance(6))
    point = np.array([100.0, -40.0, 700.0])
    motions = np.random.default_rng(7).multivariate_normal(np.zeros(6), pose.covariance, TRIALS)
    turns = np.stack([rotation_from_vector(motion[:3]) for motion in motions])
    drawn = np.einsum("tji,tj->ti", turns, point - motions[:, 3:])
    landed = pose.transform.inverse().apply(drawn)
    claimed = pose.inverse().covariance_at(point)
    np.testing.assert_allclose(np.cov(landed.T), claimed, atol=0.03 * np.trace(claimed))


def test_a_certain_pose_adds_nothing() -> None:
    pose = UncertainPose(BOARD_FROM_PATIENT, _covariance(8))
    chain = UncertainPose.certain(ROOM_FROM_BOARD) @ pose
    turned = ROOM_FROM_BOARD.rotation @ pose.covariance_at(TUMOUR) @ ROOM_FROM_BOARD.rotation.T
    np.testing.assert_allclose(chain.covariance_at(TUMOUR), turned, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(UncertainPose.certain(ROOM_FROM_BOARD).covariance_at(TUMOUR), 0.0)
    with pytest.raises(TypeError):
        pose @ BOARD_FROM_PATIENT  # type: ignore[operator]


def test_what_is_no_covariance_is_refused() -> None:
    skewed = np.eye(6)
    skewed[0, 1] = 0.5
    negative = np.diag([1.0, 1.0, 1.0, 1.0, 1.0, -1e-3])
    for covariance in (np.eye(3), np.full((6, 6), np.nan), skewed, negative):
        with pytest.raises(ContractError):
            UncertainPose(BOARD_FROM_PATIENT, covariance)
    pose = UncertainPose(BOARD_FROM_PATIENT, np.eye(6))
    with pytest.raises(ValueError, match="read-only"):
        pose.covariance[0, 0] = 2.0
