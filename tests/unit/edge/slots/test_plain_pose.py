"""Poses survive being plain values, their covariances too."""

import json

import numpy as np

from orview.edge.slots.plain_pose import plain_of, pose_of
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose


def test_a_pose_comes_back_as_it_went() -> None:
    root = np.random.default_rng(1).normal(size=(6, 6))
    pose = UncertainPose(
        RigidTransform.from_rotation_vector(Frame.ROOM, Frame.BOARD, [0.3, -1.1, 0.2], [1.0, -2000.0, 3.25]),
        root @ root.T,
    )
    back = pose_of(Frame.ROOM, Frame.BOARD, json.loads(json.dumps(plain_of(pose))))
    assert np.allclose(back.transform.matrix, pose.transform.matrix, atol=1e-9)
    assert np.allclose(back.covariance, pose.covariance)
