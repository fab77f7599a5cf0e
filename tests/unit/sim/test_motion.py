"""The room's truth: what is said of camera and patient fits together at every moment."""

import math

import numpy as np
import pytest

from orview.frames import Frame
from orview.markers.board import Board
from orview.sim.fixture import plate_corners_mm
from orview.sim.motion import RoomMotion
from orview.sim.patient import LyingPatient

TIMES_S = (0.0, 0.7, 2.0, 3.3, 6.1, 19.9)


@pytest.fixture(scope="module")
def motion(patient: LyingPatient, board: Board) -> RoomMotion:
    return RoomMotion(patient, board)


@pytest.mark.parametrize("t_s", TIMES_S)
def test_the_chain_closes(motion: RoomMotion, t_s: float) -> None:
    direct = motion.camera_from_patient(t_s)
    around = motion.room_from_camera(t_s).inverse() @ motion.truth_room_from_patient(t_s)
    assert (direct.to_frame, direct.from_frame) == (Frame.CAMERA, Frame.PATIENT)
    np.testing.assert_allclose(direct.matrix, around.matrix, atol=1e-9)
    np.testing.assert_allclose(
        motion.camera_from_board(t_s).matrix, (direct @ motion.patient.patient_from_board).matrix, atol=1e-9
    )


def test_the_room_begins_at_the_camera(motion: RoomMotion) -> None:
    np.testing.assert_allclose(motion.room_from_camera(0.0).matrix, np.eye(4), atol=1e-9)


def test_the_arm_sways_and_comes_back(motion: RoomMotion) -> None:
    poses = [motion.room_from_camera(t) for t in np.arange(0.0, 44.0, 0.1)]
    places = np.array([pose.translation_mm for pose in poses])
    assert 55.0 < np.ptp(places @ np.linalg.svd(places - places.mean(axis=0))[2][0]) < 75.0
    assert 11.0 < math.degrees(max((a.inverse() @ b).angle_rad for a in poses[:80:20] for b in poses[:80])) < 16.0
    # No step from picture to picture that a slow arm would not make.
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 4.0


def test_the_patient_breathes_one_millimetre_and_else_rests(motion: RoomMotion) -> None:
    rest = motion.truth_room_from_patient(0.0)
    moved = [rest.inverse() @ motion.truth_room_from_patient(t) for t in np.arange(0.0, 8.0, 0.05)]
    rise = np.array([pose.translation_mm for pose in moved])
    assert np.ptp(rise[:, 1]) == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(rise[:, [0, 2]], 0.0, atol=1e-9)
    assert max(pose.angle_rad for pose in moved) < 1e-6


@pytest.mark.parametrize("t_s", TIMES_S)
def test_the_board_is_seen_from_above_at_arms_length(motion: RoomMotion, board: Board, t_s: float) -> None:
    camera_from_board = motion.camera_from_board(t_s)
    middle = camera_from_board.apply(plate_corners_mm(board).mean(axis=0))
    assert 580.0 < np.linalg.norm(middle) < 620.0
    assert np.abs(middle[:2]).max() < 10.0
    # The print faces the camera, tilted enough that its depth can be told.
    tilt = math.degrees(math.acos(camera_from_board.rotate([0.0, 0.0, 1.0])[2]))
    assert 15.0 < tilt < 40.0
