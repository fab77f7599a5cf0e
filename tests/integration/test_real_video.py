"""A real webcam, a real board, a real phantom: the board is followed through the film and the pelvis stands on it.

The reference pose of frame 0 is what the data set's own tests expect of plain marker detection; it is no
independent measurement. The camera file beside the film is not the film's: corners fitted to all borders of the
markers miss the flat board by 1.0 px with it, and by 0.25 px with 0.69 of its focal length, wherever the board is.
Plain corners are too coarse to show that. With the wrong focal length every choice of corners gives another pose
within a millimetre or two, so the pose of the reference is met to that, and the film is followed with the focal
length it was taken with.
"""

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.camera import Picture, open_camera
from orview.geometry.rigid import RigidTransform
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting, detect_board, gray_of
from orview.markers.pose import PoseSolution, PoseState, solve_pose
from orview.track.follow import Follower
from tests.bard import board_from_model, read_legacy_vtk, reference_board, reference_pose, webcam
from tests.board_pictures import pose_error
from tests.data import shared_data

FILM_FOCAL = 0.69
"""Of the focal length in the camera file: what the film's own corners fit best with."""

BOARD_MIDDLE_MM = np.array([24.75, 33.5, 0.0])


@pytest.fixture(scope="module")
def bard() -> Path:
    return shared_data("markers_bard")


@pytest.fixture(scope="module")
def pictures(bard: Path) -> list[Picture]:
    with open_camera(str(bard / "multipattern.avi")) as camera:
        return list(iter(lambda: camera.read(timeout_s=1.0), None))


@pytest.fixture(scope="module")
def reference(bard: Path) -> RigidTransform:
    return reference_pose(json.loads((bard / "truth.json").read_text()))


def film_camera(bard: Path) -> CameraProfile:
    """Return the camera with the focal length the film was taken with."""
    camera = webcam(bard)
    lens = camera.lens
    return dataclasses.replace(
        camera, lens=dataclasses.replace(lens, fx_px=FILM_FOCAL * lens.fx_px, fy_px=FILM_FOCAL * lens.fy_px)
    )


@pytest.fixture(scope="module")
def solved(bard: Path, pictures: list[Picture]) -> list[PoseSolution]:
    """Return the pose in each picture by itself, with the camera file as it is."""
    board = reference_board(bard)
    return [solve_pose(detect_board(picture.image, board), webcam(bard), board) for picture in pictures]


def plain_sighting(picture: NDArray[np.uint8], bard: Path) -> Sighting:
    """Return the board's corners as OpenCV's marker detection gives them, unrefined."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_ARUCO_ORIGINAL)
    corners, ids, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(gray_of(picture))
    markers = reference_board(bard).markers
    seen = [(c.reshape(4, 2), markers[i]) for c, i in zip(corners, np.ravel(ids).tolist(), strict=True) if i in markers]
    return Sighting(
        pixels=np.vstack([c for c, _ in seen]).astype(np.float64),
        points_board_mm=np.vstack([p for _, p in seen]),
        marker_count=len(seen),
    )


def test_every_readable_frame_is_tracked(bard: Path, pictures: list[Picture]) -> None:
    follower = Follower(reference_board(bard), film_camera(bard))
    tracked = [follower.step(picture.image, taken_ns=picture.taken_ns) for picture in pictures]
    assert len(tracked) == 10
    for pose in tracked:
        assert pose.state is PoseState.TRACKED
        assert pose.corner_count >= 36
        assert pose.rms_px < 0.6
    # The recording runs at about ten pictures a second and the board hardly moves.
    places = np.array([p.camera_from_board.transform.apply(BOARD_MIDDLE_MM) for p in tracked if p.camera_from_board])
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 1.0


def test_fitted_corners_show_that_the_camera_file_is_not_the_films(bard: Path, pictures: list[Picture]) -> None:
    board = reference_board(bard)
    for picture in pictures:
        sighting = detect_board(picture.image, board)
        misfit_px = solve_pose(sighting, webcam(bard), board).rms_px
        assert solve_pose(sighting, film_camera(bard), board).rms_px < 0.35 < 0.85 < misfit_px


def test_eleven_of_the_twelve_markers_are_read(bard: Path, pictures: list[Picture]) -> None:
    sighting = detect_board(pictures[0].image, reference_board(bard))
    assert sighting is not None
    assert sighting.marker_count == 11  # 0.9167 of 12, as the data set says


def test_plain_corners_give_the_reference_pose(bard: Path, pictures: list[Picture], reference: RigidTransform) -> None:
    solution = solve_pose(plain_sighting(pictures[0].image, bard), webcam(bard), reference_board(bard))
    assert solution.camera_from_board is not None
    found = solution.camera_from_board.transform
    assert np.linalg.norm(found.translation_mm - reference.translation_mm) < 0.7
    assert pose_error(reference, found, BOARD_MIDDLE_MM)[1] < 0.2


def test_refined_corners_agree_with_the_reference_and_with_what_they_claim(
    solved: list[PoseSolution], reference: RigidTransform
) -> None:
    pose = solved[0].camera_from_board
    assert pose is not None
    error_mm, error_deg = pose_error(reference, pose.transform, BOARD_MIDDLE_MM)
    assert error_mm < 1.6
    assert error_deg < 0.4


def test_refined_corners_fit_better_than_plain_ones(bard: Path, pictures: list[Picture]) -> None:
    board, camera = reference_board(bard), webcam(bard)
    for picture in pictures:
        refined = solve_pose(detect_board(picture.image, board), camera, board)
        plain = solve_pose(plain_sighting(picture.image, bard), camera, board)
        assert refined.rms_px < plain.rms_px


@pytest.mark.parametrize("placed", ["as the film's configuration places it", "by reference_to_model.txt"])
def test_the_phantoms_pelvis_stands_where_the_reference_puts_it(
    bard: Path, pictures: list[Picture], solved: list[PoseSolution], reference: RigidTransform, placed: str
) -> None:
    phantom = shared_data("phantom_pelvis")
    model_mm, _ = read_legacy_vtk(phantom / "DeciPelvis.vtk")
    matrix = board_from_model(phantom) if placed.startswith("by") else np.eye(4)
    on_board_mm = model_mm @ matrix[:3, :3].T + matrix[:3, 3]
    pose, lens = solved[0].camera_from_board, webcam(bard).lens
    assert pose is not None

    expected_mm, found_mm = reference.apply(on_board_mm), pose.transform.apply(on_board_mm)
    in_sight = visible(expected_mm, bard)
    assert in_sight.sum() > 3000
    errors_mm = np.linalg.norm(found_mm - expected_mm, axis=1)[in_sight]
    assert errors_mm.mean() < 2.0
    assert errors_mm.max() < 3.5
    errors_px = np.linalg.norm(lens.project(found_mm[in_sight]) - lens.project(expected_mm[in_sight]), axis=1)
    # The second placement comes within a hand of the lens, where a millimetre is four pixels.
    assert np.median(errors_px) < 2.0
    # And the poses say so themselves; the reference is as uncertain as the unrefined corners it was made from.
    plain = solve_pose(plain_sighting(pictures[0].image, bard), webcam(bard), reference_board(bard)).camera_from_board
    assert plain is not None
    middle_mm = on_board_mm[in_sight].mean(axis=0)
    apart_mm = pose.transform.apply(middle_mm) - reference.apply(middle_mm)
    both_mm2 = pose.covariance_at(middle_mm) + plain.covariance_at(middle_mm)
    # 95 % quantile of chi-square with three degrees of freedom.
    assert apart_mm @ np.linalg.solve(both_mm2, apart_mm) < 7.815


def visible(points_mm: NDArray[np.float64], bard: Path) -> NDArray[np.bool_]:
    """Return which points (N, 3) of the camera frame lie in front of it and in the picture, distortion left aside."""
    lens = webcam(bard).lens
    depth_mm = np.where(points_mm[:, 2] > 50.0, points_mm[:, 2], np.nan)
    x_px = lens.fx_px * points_mm[:, 0] / depth_mm + lens.cx_px
    y_px = lens.fy_px * points_mm[:, 1] / depth_mm + lens.cy_px
    return (x_px >= 0.0) & (x_px < lens.width_px) & (y_px >= 0.0) & (y_px < lens.height_px)
