"""A marker is as large as it is, however much gamma and sharpening eat from its black."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board, Face, MarkerGrid
from orview.markers.detect import Sighting, detect_board
from orview.markers.marker_fit import FITTED_SIGMA_PX, UNFITTED_SIGMA_PX, fitted_corners
from orview.markers.pose import PoseState, solve_pose
from tests.board_pictures import board_pose, picture_of
from tests.unit.markers.test_pose import profile_of

LENS = PinholeLens(width_px=1920, height_px=1080, fx_px=1371.0, fy_px=1371.0, cx_px=959.5, cy_px=539.5)


def single(dictionary: str = "DICT_5X5_100", *, marker_mm: float = 60.0, inverted: bool = False) -> Board:
    grid = MarkerGrid(columns=1, rows=1, marker_mm=marker_mm, first_id=7)
    face = Face(
        name="front", dictionary=dictionary, pattern=grid, outline_mm=(marker_mm + 30.0,) * 2, inverted=inverted
    )
    return Board(name="single", faces=(face,))


def developed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture of light as a camera makes it: gamma, then sharpening."""
    curve = 255.0 * (np.arange(256) / 255.0) ** (1.0 / 2.2)
    seen = cv2.LUT(picture, curve.astype(np.uint8)).astype(np.float32)
    sharp = seen + 0.6 * (seen - cv2.GaussianBlur(seen, (0, 0), 1.2))
    return np.clip(sharp, 0, 255).astype(np.uint8)


def linear_picture(board: Board, pose: RigidTransform, *, seed: int) -> NDArray[np.uint8]:
    picture = picture_of(board, pose, LENS, noise=0.0, blur_px=0.8).astype(np.float64)
    # Paper sends back twenty times the light of ink.
    light = 9.0 + (picture - picture.min()) * (180.0 / np.ptp(picture))
    return np.clip(light + np.random.default_rng(seed).normal(0.0, 0.7, light.shape), 0, 255).astype(np.uint8)


def outline_sighting(picture: NDArray[np.uint8], board: Board) -> Sighting:
    """Return the corners as OpenCV refines them, from the outline alone."""
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    known = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.faces[0].dictionary))
    corners, ids, _ = cv2.aruco.ArucoDetector(known, parameters).detectMarkers(picture)
    assert np.ravel(ids).tolist() == [7]
    return Sighting(
        pixels=np.reshape(corners, (4, 2)).astype(np.float64),
        points_board_mm=board.faces[0].marker_corners_mm[7],
        marker_count=1,
    )


@pytest.mark.parametrize("dictionary", ["DICT_5X5_100", "DICT_APRILTAG_36H11", "DICT_ARUCO_ORIGINAL"])
def test_a_single_marker_is_as_far_as_it_is_in_a_developed_picture(dictionary: str) -> None:
    board = single(dictionary)
    ours_mm, theirs_mm = [], []
    for seed, tilt_deg in enumerate((40.0, 45.0, 50.0)):
        truth = board_pose(board, distance_mm=850.0, tilt_deg=tilt_deg, azimuth_deg=35.0 * seed, roll_deg=20.0 * seed)
        picture = developed(linear_picture(board, truth, seed=seed))
        solution = solve_pose(detect_board(picture, board), profile_of(LENS), board)
        assert solution.state is PoseState.TRACKED
        assert solution.camera_from_board is not None
        middle = board.faces[0].marker_corners_mm[7].mean(axis=0)
        off_mm = solution.camera_from_board.transform.apply(middle)[2] - truth.apply(middle)[2]
        assert abs(off_mm) < 3.0 * np.sqrt(solution.camera_from_board.covariance_at(middle)[2, 2])
        ours_mm.append(off_mm)
        outline = solve_pose(outline_sighting(picture, board), profile_of(LENS), board).camera_from_board
        if outline is not None:
            theirs_mm.append(outline.transform.apply(middle)[2] - truth.apply(middle)[2])
    assert min(theirs_mm) > 4.0
    assert abs(float(np.mean(ours_mm))) < np.mean(theirs_mm) / 5.0


@pytest.mark.parametrize("inverted", [False, True])
def test_fitted_corners_lie_where_the_corners_are(inverted: bool) -> None:
    board = single(inverted=inverted)
    truth = board_pose(board, distance_mm=700.0, tilt_deg=35.0, azimuth_deg=50.0, roll_deg=15.0)
    expected = LENS.project(truth.apply(board.faces[0].marker_corners_mm[7]))
    sighting = detect_board(developed(linear_picture(board, truth, seed=1)), board)
    assert sighting is not None
    assert np.abs(sighting.pixels - expected).max() < 0.12
    assert (sighting.sigmas_px < 0.2).all()


def test_where_there_is_no_marker_the_corners_come_back_with_a_large_sigma() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (300, 300), dtype=np.uint8)
    for gray in (np.full((300, 300), 128, np.uint8), noise):
        corners = np.array([[(100.0, 100.0), (200.0, 100.0), (200.0, 200.0), (100.0, 200.0)]])
        found, sigmas = fitted_corners(gray, corners, np.array([7], np.int32), "DICT_5X5_100", inverted=False)
        np.testing.assert_array_equal(found, corners)
        assert sigmas.tolist() == [UNFITTED_SIGMA_PX]


def test_a_marker_too_small_to_fit_says_so() -> None:
    board = single(marker_mm=10.0)
    truth = board_pose(board, distance_mm=900.0, tilt_deg=10.0)
    expected = LENS.project(truth.apply(board.faces[0].marker_corners_mm[7]))[None]
    picture = developed(linear_picture(board, truth, seed=3))
    _, sigmas = fitted_corners(picture, expected, np.array([7], np.int32), "DICT_5X5_100", inverted=False)
    assert sigmas[0] == UNFITTED_SIGMA_PX > FITTED_SIGMA_PX
