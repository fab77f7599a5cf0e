"""Corners drawn for people lie where the board's pose puts them, and only those in the picture are told."""

import numpy as np

from orview.edge.boards import load_board
from orview.edge.host.found_corners import corners_of
from orview.geometry.uncertain import UncertainPose
from orview.markers.detect import detect_board
from orview.markers.pose import PoseState
from orview.track.follow import TrackedPose
from tests.integration.small_room import BOARD, CAMERA_FROM_BOARD, LENS, board_picture


def tracked(camera_from_board) -> TrackedPose:
    return TrackedPose(
        state=PoseState.LOST if camera_from_board is None else PoseState.TRACKED,
        taken_ns=1,
        camera_from_board=None if camera_from_board is None else UncertainPose.certain(camera_from_board),
        rms_px=0.1,
        corner_count=10,
        reason="",
    )


def test_corners_of_a_tracked_board_are_where_the_picture_has_them():
    board = load_board(BOARD)
    corners = corners_of([board], [tracked(CAMERA_FROM_BOARD)], LENS)
    found = detect_board(board_picture(), board)
    assert found is not None
    # A search of the whole picture is coarser than the pose.
    away = np.linalg.norm(found.pixels[:, None] - corners[None], axis=2).min(axis=1)
    assert len(corners) >= len(found.pixels)
    assert np.median(away) < 0.2
    assert away.max() < 1.0


def test_no_pose_is_no_corner_and_what_is_outside_is_left_out():
    board = load_board(BOARD)
    assert corners_of([board], [tracked(None)], LENS).shape == (0, 2)
    shifted = type(CAMERA_FROM_BOARD)(
        CAMERA_FROM_BOARD.to_frame,
        CAMERA_FROM_BOARD.from_frame,
        CAMERA_FROM_BOARD.rotation,
        CAMERA_FROM_BOARD.translation_mm + np.array([280.0, 0.0, 0.0]),
    )
    whole = len(corners_of([board], [tracked(CAMERA_FROM_BOARD)], LENS))
    part = corners_of([board], [tracked(shifted)], LENS)
    assert 0 < len(part) < whole
    assert (part >= 0).all()
    assert (part <= (LENS.width_px - 1, LENS.height_px - 1)).all()
