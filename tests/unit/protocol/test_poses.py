"""Poses cross the wire in metres and come back as they were."""

import numpy as np
import pytest

from orview.errors import NotRigidError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.poses import rigid_from_wire, wire_from_rigid


def test_a_pose_goes_to_metres_and_back() -> None:
    pose = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.PATIENT, [0.3, -2.0, 0.4], [120.0, -40.0, 610.0])
    position_m, quat_xyzw = wire_from_rigid(pose)
    assert position_m == pytest.approx((0.12, -0.04, 0.61))
    back = rigid_from_wire(to_frame=Frame.ROOM, from_frame=Frame.PATIENT, position_m=position_m, quat_xyzw=quat_xyzw)
    np.testing.assert_allclose(back.matrix, pose.matrix, atol=1e-9)
    assert (back.to_frame, back.from_frame) == (Frame.ROOM, Frame.PATIENT)


@pytest.mark.hazard("H30")
def test_numbers_that_are_no_pose_are_refused() -> None:
    for position_m, quat_xyzw in (
        ((float("nan"), 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.9)),
    ):
        with pytest.raises(NotRigidError):
            rigid_from_wire(to_frame=Frame.ROOM, from_frame=Frame.PATIENT, position_m=position_m, quat_xyzw=quat_xyzw)
