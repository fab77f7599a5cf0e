"""The simulated wearer looks at the board, moves and rests; the camera sees the board where its lens puts it."""

import numpy as np

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.detect import detect_board
from orview.sim.headset import HEADSET_FROM_CAMERA, HEADSET_LENS, HeadsetPictures, Wearer

BOARD = load_board("patient_flat")
WORLD_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, [1.57, 0.0, 0.0], [-75, -600, -550.0])


def test_the_board_is_where_the_lens_puts_it_at_all_times() -> None:
    wearer, pictures = Wearer(WORLD_FROM_BOARD, BOARD), HeadsetPictures(BOARD)
    for t_s in (0.0, 2.1, 3.3, 8.0):
        camera_from_board = (wearer.head(t_s) @ HEADSET_FROM_CAMERA).inverse() @ WORLD_FROM_BOARD
        sighting = detect_board(pictures.picture(camera_from_board, t_s=t_s), BOARD)
        assert sighting is not None
        assert len(sighting.pixels) == len(BOARD.chessboard_corners_mm)
        off = HEADSET_LENS.project(camera_from_board.apply(sighting.points_board_mm)) - sighting.pixels
        assert np.sqrt(np.square(off).sum(axis=1).mean()) < 0.25


def test_the_wearer_rests_for_seconds_and_moves_for_seconds() -> None:
    wearer = Wearer(WORLD_FROM_BOARD, BOARD)
    times_s = np.arange(0.0, 20.0, 0.02)
    places = np.array([wearer.head(t).translation_mm for t in times_s])
    speeds = np.linalg.norm(np.diff(places, axis=0), axis=1) / 0.02
    assert 0.25 < np.mean(speeds < 3.0) < 0.6
    assert np.mean(speeds > 30.0) > 0.3
    assert speeds.max() < 400.0
