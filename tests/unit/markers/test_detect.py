"""Boards are found where they are: exact pictures, doubled markers, loose markers, colour, and nothing at all."""

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.errors import ContractError
from orview.geometry.pinhole import PinholeLens
from orview.markers.board import Board, Charuco
from orview.markers.detect import detect_board, gray_of
from tests.board_pictures import board_pose, picture_of

LENS = PinholeLens(width_px=1280, height_px=720, fx_px=1065.0, fy_px=1065.0, cx_px=639.5, cy_px=359.5)
PATIENT = load_board("patient_flat")


def loose_board() -> Board:
    square = np.array([(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (30.0, 30.0, 0.0), (0.0, 30.0, 0.0)])
    markers = {5: square, 77: square + np.array([45.0, 0.0, 0.0]), 300: square + np.array([0.0, 50.0, 0.0])}
    return Board(
        name="loose", dictionary="DICT_ARUCO_ORIGINAL", charuco=None, markers=markers, outline_mm=(95.0, 100.0)
    )


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("tilt_deg", [5.0, 45.0])
def test_chessboard_corners_are_found_to_a_twentieth_of_a_pixel(tilt_deg: float, quick: bool) -> None:
    pose = board_pose(PATIENT, distance_mm=500.0, tilt_deg=tilt_deg, azimuth_deg=40.0, roll_deg=25.0)
    sighting = detect_board(picture_of(PATIENT, pose, LENS, noise=2.0), PATIENT, quick=quick)
    assert sighting is not None
    assert sighting.marker_count == 17
    assert sighting.pixels.shape == sighting.points_board_mm[:, :2].shape == (24, 2)
    errors = sighting.pixels - LENS.project(pose.apply(sighting.points_board_mm))
    assert np.sqrt(np.square(errors).mean()) < 0.05
    assert np.abs(errors.mean(axis=0)).max() < 0.02


def test_marker_corners_of_loose_markers_are_found() -> None:
    board = loose_board()
    pose = board_pose(board, distance_mm=450.0, tilt_deg=20.0, azimuth_deg=10.0, roll_deg=-30.0)
    sighting = detect_board(picture_of(board, pose, LENS, noise=2.0), board)
    assert sighting is not None
    assert len(sighting.pixels) == 12
    errors = sighting.pixels - LENS.project(pose.apply(sighting.points_board_mm))
    # Blur rounds the corner of a lone black square and pulls it inwards; a chessboard's corner stays.
    assert np.sqrt(np.square(errors).mean()) < 0.2


@pytest.mark.parametrize("legacy", [False, True])
def test_both_layouts_of_an_even_board_are_told_apart(legacy: bool) -> None:
    def even(old: bool) -> Board:
        charuco = Charuco(squares_x=7, squares_y=6, square_mm=20.0, marker_mm=15.0, legacy=old)
        return Board(name="even", dictionary="DICT_5X5_100", charuco=charuco, outline_mm=(150.0, 130.0))

    printed = even(legacy)
    pose = board_pose(printed, distance_mm=500.0, tilt_deg=20.0)
    picture = picture_of(printed, pose, LENS)
    sighting = detect_board(picture, printed)
    assert sighting is not None
    assert len(sighting.pixels) == 30
    other = detect_board(picture, even(not legacy))
    if other is not None:
        errors = np.linalg.norm(other.pixels - LENS.project(pose.apply(other.points_board_mm)), axis=1)
        assert np.median(errors) > 5.0


def test_a_marker_seen_twice_costs_only_its_own_corners() -> None:
    pose = board_pose(PATIENT, distance_mm=500.0, tilt_deg=20.0)
    picture = picture_of(PATIENT, pose, LENS)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_100)
    picture[20:180, 20:180] = 220
    picture[40:160, 40:160] = dictionary.generateImageMarker(8, 120)
    sighting = detect_board(picture, PATIENT)
    assert sighting is not None
    assert sighting.marker_count == 16
    assert len(sighting.pixels) >= 18
    errors = sighting.pixels - LENS.project(pose.apply(sighting.points_board_mm))
    assert np.abs(errors).max() < 0.3


def test_markers_of_another_board_are_not_taken() -> None:
    other = load_board("calibration_a4")
    picture = picture_of(other, board_pose(other, distance_mm=500.0, tilt_deg=10.0), LENS)
    assert detect_board(picture, other) is not None
    assert detect_board(picture, PATIENT) is None


def test_colour_and_grey_say_the_same() -> None:
    picture = picture_of(PATIENT, board_pose(PATIENT, distance_mm=500.0, tilt_deg=20.0), LENS, noise=1.0)
    grey, colour = detect_board(picture, PATIENT), detect_board(np.dstack([picture] * 3), PATIENT)
    assert grey is not None
    assert colour is not None
    np.testing.assert_allclose(grey.pixels, colour.pixels, atol=1e-6)


@pytest.mark.parametrize("fill", [0, 128, 255])
def test_an_empty_picture_shows_no_board(fill: int) -> None:
    assert detect_board(np.full((720, 1280), fill, np.uint8), PATIENT) is None


def test_noise_shows_no_board() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (480, 640), dtype=np.uint8)
    assert detect_board(picture, PATIENT) is None


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.float32), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4), np.uint8), np.zeros(9, np.uint8)],
)
def test_what_is_no_picture_is_refused(image: np.ndarray) -> None:
    with pytest.raises(ContractError):
        gray_of(image)
