"""Pictures and their truth belong together, whatever the camera does."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.geometry.pinhole import PinholeLens
from orview.markers.detect import detect_board
from orview.sim.bow import Bow, BowShape
from orview.sim.face_painter import Glare
from orview.sim.occluder import hand
from orview.sim.real_camera import RealCamera, Scene, Shot
from tests.board_pictures import CLEAN, board_pose, moving

BOARD = load_board("patient_flat")
LENS = PinholeLens(
    width_px=960,
    height_px=720,
    fx_px=1300.0,
    fy_px=1300.0,
    cx_px=484.0,
    cy_px=352.0,
    distortion=(-0.11, 0.06, 0.0006, -0.0004, 0.0),
)
START = board_pose(BOARD, distance_mm=450.0, tilt_deg=25.0, azimuth_deg=40.0, roll_deg=8.0)
STILL = Scene(board=BOARD, camera_from_board=lambda _: START)
CLEAN_CAMERA = RealCamera(lens=LENS, chain=CLEAN)
WEBCAM = RealCamera(lens=LENS, readout_ms=16.0, exposure_ms=4.0, seed=2)


def corner_errors_px(camera: RealCamera, scene: Scene, t_s: float = 0.0) -> np.ndarray:
    """Return (N, 2) how far chessboard corners found in a picture stand from the truth."""
    sighting = detect_board(camera.shoot(scene, t_s).image, scene.board)
    assert sighting is not None
    assert len(sighting.pixels) >= 16
    return np.asarray(sighting.pixels - camera.seen_px(scene, sighting.points_board_mm, t_s))


def test_truth_and_picture_agree_without_faults() -> None:
    errors = corner_errors_px(CLEAN_CAMERA, STILL)
    assert np.abs(errors.mean(axis=0)).max() < 0.02
    assert np.sqrt(np.square(errors).sum(axis=1).mean()) < 0.06


def test_truth_and_picture_agree_with_all_faults() -> None:
    motion = moving(START, mm_s=np.array([150.0, -60.0, 40.0]), rad_s=np.array([0.2, 0.3, -0.4]))
    bow = Bow(shape=BowShape.SADDLE, middle_mm=1.5, low_mm=(-5.0, -5.0), high_mm=(145.0, 105.0))
    scene = replace(STILL, camera_from_board=motion, bow=bow, print_scale=1.004)
    errors = corner_errors_px(WEBCAM, scene, 0.1)
    assert np.abs(errors.mean(axis=0)).max() < 0.05
    assert np.sqrt(np.square(errors).sum(axis=1).mean()) < 0.2
    # Each of them moves corners by more than that, so the truth knows them all.
    for forgotten in (
        replace(scene, bow=None),
        replace(scene, print_scale=1.0),
        replace(scene, camera_from_board=lambda _: motion(0.1)),
    ):
        points = BOARD.chessboard_corners_mm
        apart = WEBCAM.seen_px(forgotten, points, 0.1) - WEBCAM.seen_px(scene, points, 0.1)
        assert np.sqrt(np.square(apart).sum(axis=1).mean()) > 0.3


def test_a_moving_board_is_smeared_about_its_place() -> None:
    motion = moving(START, mm_s=np.array([300.0, 0.0, 0.0]), rad_s=np.zeros(3))
    moved = replace(STILL, camera_from_board=motion)
    sharp, smeared = (replace(CLEAN_CAMERA, exposure_ms=ms).shoot(moved, 0.0).image for ms in (0.0, 4.0))
    assert np.abs(cv2.Sobel(smeared, cv2.CV_32F, 1, 0)).max() < 0.8 * np.abs(cv2.Sobel(sharp, cv2.CV_32F, 1, 0)).max()
    assert np.abs(corner_errors_px(replace(CLEAN_CAMERA, exposure_ms=4.0), moved).mean(axis=0)).max() < 0.05


def test_the_same_time_is_the_same_picture_and_another_seed_another() -> None:
    first, again, other = (camera.shoot(STILL, 0.3).image for camera in (WEBCAM, WEBCAM, replace(WEBCAM, seed=3)))
    assert np.array_equal(first, again)
    assert (first != other).mean() > 0.3


def test_a_shot_tells_the_pose_of_the_middle_row_and_its_time() -> None:
    motion = moving(START, mm_s=np.array([100.0, 0.0, 0.0]), rad_s=np.zeros(3))
    shot: Shot = WEBCAM.shoot(replace(STILL, camera_from_board=motion), 0.5)
    assert shot.taken_ns == 500_000_000
    assert np.array_equal(shot.camera_from_board.matrix, motion(0.5).matrix)


def test_refocusing_moves_wall_and_board_away_from_the_middle() -> None:
    wide = CLEAN_CAMERA.refocused(1.05)
    points = BOARD.chessboard_corners_mm
    before, after = (camera.seen_px(STILL, points, 0.0) for camera in (CLEAN_CAMERA, wide))
    middle = np.array([LENS.cx_px, LENS.cy_px])
    np.testing.assert_allclose(after - middle, 1.05 * (before - middle), atol=1e-6)
    assert np.abs(corner_errors_px(wide, STILL).mean(axis=0)).max() < 0.03


def test_glare_is_bright_where_it_is_said_to_be() -> None:
    scene = replace(STILL, glare=lambda _: Glare(at_mm=(70.0, 50.0), radius_mm=8.0, light=1.5))
    plain, shining = (CLEAN_CAMERA.shoot(one, 0.0).image.astype(int) for one in (STILL, scene))
    spot = LENS.project(START.apply(np.array([70.0, 50.0, 0.0]))).round().astype(int)
    away = LENS.project(START.apply(np.array([10.0, 10.0, 0.0]))).round().astype(int)
    assert shining[spot[1], spot[0]] > 240
    assert abs(shining[away[1], away[0]] - plain[away[1], away[0]]) <= 1


def test_what_comes_between_hides_the_board_and_nothing_else() -> None:
    scene = replace(STILL, occluders=lambda _: (hand((70.0, 60.0)),))
    plain, hidden = (CLEAN_CAMERA.shoot(one, 0.0).image.astype(int) for one in (STILL, scene))
    palm = LENS.project(START.apply(np.array([70.0, 115.0, -15.0]))).round().astype(int)
    assert hidden[palm[1], palm[0]] == pytest.approx(255 * 0.42 * CLEAN.brightness, abs=2)
    assert np.array_equal(plain[:100], hidden[:100])


def test_a_board_out_of_sight_leaves_the_wall() -> None:
    beside = board_pose(BOARD, distance_mm=450.0, aside_mm=(900.0, 0.0))
    pictures = [
        CLEAN_CAMERA.shoot(replace(STILL, camera_from_board=lambda _, pose=pose: pose), 0.0).image
        for pose in (beside, board_pose(BOARD, distance_mm=-450.0))
    ]
    assert np.array_equal(*pictures)
    # There is enough to see on the wall to tell a moved camera from a moved board.
    assert pictures[0].std() > 15.0
