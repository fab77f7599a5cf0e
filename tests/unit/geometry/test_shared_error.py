"""What poses of one camera share cancels between them, and only that."""

import numpy as np

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.shared_error import against, own_covariance
from orview.geometry.uncertain import UncertainPose

RNG = np.random.default_rng(3)
SHARED = np.vstack([RNG.normal(0.0, 0.001, (3, 5)), RNG.normal(0.0, 0.2, (3, 5))])
OWN = np.diag([1e-7, 2e-7, 3e-7, 0.01, 0.02, 0.03])
POSE = UncertainPose(RigidTransform.identity(Frame.ROOM, Frame.BOARD), OWN + SHARED @ SHARED.T)


def test_a_pose_told_against_itself_is_wrong_by_its_own_part_alone() -> None:
    assert np.allclose(own_covariance(POSE, SHARED), OWN, atol=1e-9)
    assert np.allclose(against(POSE, SHARED, SHARED).covariance, OWN, atol=1e-9)


def test_a_pose_told_against_one_that_shares_nothing_is_as_wrong_as_both() -> None:
    other = SHARED[:, ::-1] * 0.5
    apart = against(POSE, np.hstack([SHARED, 0 * other]), np.hstack([0 * SHARED, other]))
    assert np.allclose(apart.covariance, POSE.covariance + other @ other.T, atol=1e-9)


def test_what_is_shared_is_never_more_than_there_is() -> None:
    own = own_covariance(POSE, 3.0 * SHARED)
    assert np.linalg.eigvalsh(own).min() > -1e-9
    assert np.isfinite(own).all()
