"""The pictures: the board stands where the lens puts it to a tenth of a pixel, in front of what lies behind it."""

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.detect import detect_board
from orview.sim.backdrop import Backdrop
from orview.sim.board_picture import BoardPicture
from orview.sim.lens import LENS
from orview.sim.patient import LyingPatient
from orview.sim.pointing_hand import PointingHand
from orview.sim.room import SimulatedRoom
from orview.sim.shapes import distance_at
from orview.track.follow import Follower
from orview.units import NS_PER_S
from tests.unit.edge.demo.test_simulated_room import simulated_profile

TIMES_S = np.arange(0.0, 8.0, 1.0)


def charuco_errors_px(image: np.ndarray, room: SimulatedRoom, board: Board, t_s: float) -> np.ndarray:
    """Return where OpenCV alone, without this product's code, sees the chessboard corners, less where they are."""
    assert board.charuco is not None
    size = (board.charuco.squares_x, board.charuco.squares_y)
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
    pattern = cv2.aruco.CharucoBoard(size, board.charuco.square_mm, board.charuco.marker_mm, dictionary)
    found, ids, _, _ = cv2.aruco.CharucoDetector(pattern).detectBoard(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    assert len(ids) >= 16
    truly = room.lens.project(room.motion.camera_from_board(t_s).apply(board.chessboard_corners_mm[ids.ravel()]))
    return np.asarray(found.reshape(-1, 2) - truly)


def test_corners_lie_where_the_lens_puts_them(room: SimulatedRoom, board: Board) -> None:
    errors = np.vstack([charuco_errors_px(room.render(t).image, room, board, t) for t in TIMES_S])
    assert np.sqrt((errors**2).sum(axis=1).mean()) < 0.1
    # Half a pixel between two conventions would show here, where noise does not.
    assert np.abs(errors.mean(axis=0)).max() < 0.02


def test_a_strongly_distorting_lens_is_followed(patient: LyingPatient, board: Board) -> None:
    lens = PinholeLens(
        width_px=640,
        height_px=480,
        fx_px=820.0,
        fy_px=790.0,
        cx_px=301.0,
        cy_px=262.5,
        distortion=(-0.35, 0.15, 0.003, -0.002, 0.02),
    )
    room = SimulatedRoom(patient, board, lens)
    errors = np.vstack([charuco_errors_px(room.render(t).image, room, board, t) for t in (0.0, 3.0)])
    assert np.sqrt((errors**2).sum(axis=1).mean()) < 0.12
    assert np.abs(errors.mean(axis=0)).max() < 0.03


def test_a_print_seen_squarely_covers_its_exact_pixels(board: Board) -> None:
    # 2 px a millimetre, no distortion: the square from (0, 0) to (20, 20) mm covers whole pixels.
    lens = PinholeLens(width_px=400, height_px=300, fx_px=1000.0, fy_px=1000.0, cx_px=59.5, cy_px=39.5)
    pose = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), np.array([0.0, 0.0, 500.0]))
    picture = BoardPicture(board, lens)
    region = picture.region(pose)
    assert region is not None
    light = np.full((region[0].stop - region[0].start, region[1].stop - region[1].start, 3), 0.5, np.float32)
    picture.paint(light, region, pose)
    row = light[60 - region[0].start, 60 - region[1].start - 4 : 60 - region[1].start + 44, 0]
    white, black = float(row[0]), float(row[10])
    assert white > 5.0 * black
    np.testing.assert_allclose(row[:3], white, rtol=0.02)
    np.testing.assert_allclose(row[5:43], black, rtol=0.05)
    assert row[4] == pytest.approx(black, abs=0.06 * white)
    assert row[3] == pytest.approx(white, abs=0.06 * white)


def test_size_and_notice(room: SimulatedRoom) -> None:
    picture = room.render(0.5)
    assert picture.image.shape == (720, 1280, 3)
    assert picture.image.dtype == np.uint8
    corner = picture.image[690:715, 10:110]
    assert (corner > 230).sum() > 150
    np.testing.assert_allclose(picture.room_from_camera.matrix, room.room_from_camera(0.5).matrix)


def test_a_moment_is_a_picture(room: SimulatedRoom) -> None:
    assert np.array_equal(room.render(1.25).image, room.render(1.25).image)
    assert not np.array_equal(room.render(1.25).image, room.render(1.30).image)


@pytest.mark.parametrize("t_s", [0.0, 2.5])
def test_a_cloth_hides_the_board(room: SimulatedRoom, board: Board, t_s: float) -> None:
    grey = cv2.cvtColor(room.render(t_s, covered=True).image, cv2.COLOR_BGR2GRAY)
    sighting = detect_board(grey, board)
    assert sighting is None or len(sighting.pixels) == 0
    uncovered = detect_board(cv2.cvtColor(room.render(t_s).image, cv2.COLOR_BGR2GRAY), board)
    assert uncovered is not None
    assert len(uncovered.pixels) >= 20


def test_a_board_behind_or_beside_the_camera_is_not_painted(board: Board) -> None:
    picture = BoardPicture(board, LENS)
    for place in ([0.0, 0.0, -600.0], [5000.0, 0.0, 600.0]):
        pose = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), np.array(place))
        assert picture.region(pose) is None


def test_a_board_half_in_the_picture_is_painted_there(board: Board) -> None:
    picture = BoardPicture(board, LENS)
    pose = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), np.array([-420.0, -260.0, 600.0]))
    region = picture.region(pose)
    assert region is not None
    assert (region[0].start, region[1].start) == (0, 0)
    light = np.full((region[0].stop, region[1].stop, 3), 0.5, np.float32)
    picture.paint(light, region, pose)
    assert (light < 0.1).sum() > 1000


def test_rays_meet_the_skin_of_the_phantom(room: SimulatedRoom, patient: LyingPatient, board: Board) -> None:
    backdrop = Backdrop(patient, board, LENS)
    x, z = backdrop.ground_mm(room.motion.camera_from_patient(0.0))
    y = backdrop.height_mm(x, z)
    # Each place lies on its own ray ...
    points = np.stack([x, y, z], axis=-1) + patient.pelvis.origin_patient_mm
    columns = np.arange(0.5 * Backdrop.RAY_STEP_PX - 0.5, LENS.width_px, Backdrop.RAY_STEP_PX)
    rows = np.arange(0.5 * Backdrop.RAY_STEP_PX - 0.5, LENS.height_px, Backdrop.RAY_STEP_PX)
    seen = LENS.project(room.motion.camera_from_patient(0.0).apply(points))
    error = np.linalg.norm(seen - np.stack(np.meshgrid(columns, rows), axis=-1), axis=-1)
    assert np.percentile(error, 95) < 2.0
    # ... and in the opening of the drapes it is the skin of the phantom the CT shows.
    local = points - patient.pelvis.origin_patient_mm
    opening = (np.abs(local[..., 0]) < 80.0) & (local[..., 2] > -30.0) & (local[..., 2] < 110.0)
    assert opening.sum() > 500
    assert np.abs(distance_at(patient.pelvis.body, points[opening])).max() < 1.0


def test_a_pointer_is_seen_where_it_is_and_the_board_beside_it(patient: LyingPatient, board: Board) -> None:
    pointer = load_board("pointer")
    room = SimulatedRoom(patient, board, seed=1, pointer=pointer)
    hand = PointingHand(room.motion, seed=1)
    for landmark in ("psis_left", "psis_right", "sacral_tip", "ischial_tuberosity_left", "ischial_tuberosity_right"):
        held = hand.step(patient.landmarks[landmark], height_mm=0.0, dt_s=10.0)
        assert held is not None
        image = room.render(1.3, patient_from_pointer=held).image
        for seen, truth in (
            (pointer, room.motion.camera_from_patient(1.3) @ held),
            (board, room.motion.camera_from_board(1.3)),
        ):
            follower = Follower(seen, simulated_profile(board), resting=False)
            follower.step(image, taken_ns=0)
            found = follower.step(image, taken_ns=NS_PER_S // 25).camera_from_board
            assert found is not None, landmark
            corners = np.vstack(list(seen.marker_corners_mm.values()))
            error_px = LENS.project(found.transform.apply(corners)) - LENS.project(truth.apply(corners))
            assert np.sqrt((error_px**2).sum(axis=1).mean()) < 0.3
