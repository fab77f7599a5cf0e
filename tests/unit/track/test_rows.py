"""What a moving board under a rolling shutter is mistaken for, to first order, is what least squares make of it."""

import cv2
import numpy as np

from orview.geometry.rigid import RigidTransform
from orview.track.predict import motion_between, moved
from orview.track.rows import motion_taken_for_pose
from tests.board_pictures import board_pose
from tests.unit.track.test_follow import BOARD, LENS

READOUT_S = 0.016
POINTS = BOARD.chessboard_corners_mm


def solved(pixels: np.ndarray, start: RigidTransform) -> RigidTransform:
    columns = start.rotation_vector_rad.reshape(3, 1), start.translation_mm.reshape(3, 1).copy()
    turn, place = cv2.solvePnPRefineLM(POINTS, pixels, LENS.matrix, np.zeros(5), *columns)
    return RigidTransform.from_rotation_vector(start.to_frame, start.from_frame, np.ravel(turn), np.ravel(place))


def test_a_velocity_falsifies_a_pose_by_as_much_as_is_told() -> None:
    pose = board_pose(BOARD, distance_mm=520.0, tilt_deg=28.0, azimuth_deg=40.0, aside_mm=(60.0, -80.0))
    velocity = np.array([0.02, -0.03, 0.04, 30.0, 25.0, -10.0])
    pixels = LENS.project(pose.apply(POINTS))
    for _ in range(3):
        after_s = READOUT_S * ((pixels[:, 1] + 0.5) / LENS.height_px - 0.5)
        pixels = np.array(
            [LENS.project(moved(pose, velocity * t).apply(point)) for t, point in zip(after_s, POINTS, strict=True)]
        )
    told = motion_taken_for_pose(pose, POINTS, LENS, readout_s=READOUT_S) @ velocity
    found = motion_between(pose, solved(pixels, pose))
    np.testing.assert_allclose(told[:3], found[:3], atol=2e-5)
    np.testing.assert_allclose(moved(pose, told).apply(POINTS), moved(pose, found).apply(POINTS), atol=0.01)
    # A hand's breadth a second is a tenth of a degree: not to be left out.
    assert np.degrees(np.linalg.norm(found[:3])) > 0.03


def test_without_a_readout_nothing_is_falsified() -> None:
    pose = board_pose(BOARD, distance_mm=520.0, tilt_deg=28.0)
    np.testing.assert_array_equal(motion_taken_for_pose(pose, POINTS, LENS, readout_s=0.0), np.zeros((6, 6)))
