"""Boards of every kind are found, several by one look, far ones by a closer one, and doubled ones are told."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board, Charuco, Face, MarkerGrid
from orview.markers.detect import Sighting, detect_board, detect_boards
from orview.markers.marker_pass import Care, Markers, joined, read_markers
from orview.markers.pose import PoseState, solve_pose
from tests.board_pictures import board_pose, picture_of
from tests.unit.markers.test_pose import profile_of

LENS = PinholeLens(width_px=1920, height_px=1080, fx_px=1371.0, fy_px=1371.0, cx_px=959.5, cy_px=539.5)
BACKGROUND = 119


def grid(dictionary: str, *, inverted: bool = False, first_id: int = 3) -> Board:
    pattern = MarkerGrid(columns=3, rows=2, marker_mm=22.0, gap_mm=8.0, first_id=first_id)
    face = Face(name="front", dictionary=dictionary, pattern=pattern, outline_mm=(120.0, 90.0), inverted=inverted)
    return Board(name="grid", faces=(face,))


def chess(dictionary: str, *, inverted: bool = False) -> Board:
    pattern = Charuco(squares_x=6, squares_y=4, square_mm=18.0, marker_mm=13.0)
    face = Face(name="front", dictionary=dictionary, pattern=pattern, outline_mm=(130.0, 95.0), inverted=inverted)
    return Board(name="chess", faces=(face,))


def both(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture with the boards of two pictures that lie beside one another."""
    return np.where(np.abs(second.astype(int) - BACKGROUND) > 3, second, first)


def off_px(sighting: Sighting, pose: RigidTransform) -> float:
    errors = sighting.pixels - LENS.project(pose.apply(sighting.points_board_mm))
    return float(np.abs(errors).max())


@pytest.mark.parametrize(
    ("board", "corners"),
    [
        (grid("DICT_ARUCO_ORIGINAL"), 24),
        (grid("DICT_APRILTAG_36H11"), 24),
        (grid("DICT_APRILTAG_16H5"), 24),
        (grid("DICT_6X6_250", inverted=True), 24),
        (chess("DICT_4X4_50", inverted=True), 15),
        (chess("DICT_APRILTAG_25H9"), 15),
    ],
)
def test_every_kind_of_board_is_found(board: Board, corners: int) -> None:
    pose = board_pose(board, distance_mm=450.0, tilt_deg=25.0, azimuth_deg=30.0, roll_deg=40.0)
    picture = picture_of(board, pose, LENS, noise=2.0)
    sighting = detect_board(picture, board)
    assert sighting is not None
    assert len(sighting.pixels) == corners
    assert off_px(sighting, pose) < 0.2
    assert solve_pose(sighting, profile_of(LENS), board).state is PoseState.TRACKED


def test_several_boards_are_found_in_one_picture_each_with_its_own_corners() -> None:
    boards = (load_board("patient_flat"), grid("DICT_6X6_250"), load_board("calibration_a4"))
    left, right = (
        board_pose(board, distance_mm=700.0, tilt_deg=20.0, aside_mm=(x, 0.0))
        for board, x in zip(boards[:2], (-170.0, 170.0), strict=True)
    )
    picture = both(picture_of(boards[0], left, LENS, noise=1.0), picture_of(boards[1], right, LENS, noise=1.0))
    first, second, third = detect_boards(picture, boards)
    assert first is not None
    assert second is not None
    assert third is None
    assert (len(first.pixels), len(second.pixels)) == (24, 24)
    assert off_px(first, left) < 0.2
    assert off_px(second, right) < 0.2


def test_two_boards_with_the_same_markers_are_told_and_not_shown() -> None:
    board = load_board("patient_flat")
    pictures = [
        picture_of(board, board_pose(board, distance_mm=700.0, tilt_deg=20.0, aside_mm=(x, 0.0)), LENS, noise=1.0)
        for x in (-170.0, 170.0)
    ]
    sighting = detect_board(both(*pictures), board)
    assert sighting is not None
    assert len(sighting.pixels) == 0
    assert len(sighting.doubled_ids) == 17
    solution = solve_pose(sighting, profile_of(LENS), board)
    assert (solution.state, solution.camera_from_board) == (PoseState.LOST, None)
    assert "same markers" in solution.reason


def test_a_far_board_is_found_by_a_closer_look() -> None:
    board = load_board("patient_flat")
    pose = board_pose(board, distance_mm=1300.0, tilt_deg=25.0, aside_mm=(300.0, 150.0))
    picture = picture_of(board, pose, LENS, noise=1.0)
    first = read_markers(picture, "DICT_5X5_100", inverted=False, care=Care.FIRST, shrink=2)
    sighting = detect_board(picture, board)
    assert sighting is not None
    assert sighting.marker_count >= 14 > 4 > len(first.ids)
    errors = sighting.pixels - LENS.project(pose.apply(sighting.points_board_mm))
    assert np.median(np.linalg.norm(errors, axis=1)) < 0.3


@pytest.mark.parametrize(("light", "blur_px", "noise"), [(0.12, 0.6, 1.0), (0.5, 2.0, 1.0), (0.16, 1.5, 1.0)])
def test_a_dim_or_blurred_board_is_found(light: float, blur_px: float, noise: float) -> None:
    board = load_board("patient_flat")
    pose = board_pose(board, distance_mm=500.0, tilt_deg=30.0)
    picture = picture_of(board, pose, LENS, blur_px=blur_px).astype(np.float64) * light
    grain = np.random.default_rng(1).normal(0.0, noise, picture.shape)
    sighting = detect_board(np.clip(picture + grain, 0, 255).astype(np.uint8), board)
    assert sighting is not None
    assert len(sighting.pixels) >= 12
    assert off_px(sighting, pose) < 1.0


def test_a_hundred_megapixels_take_no_longer_than_a_large_picture() -> None:
    huge = np.full((8000, 12500), 90, np.uint8)
    started = cv2.getTickCount()
    assert detect_board(huge, load_board("patient_flat")) is None
    assert (cv2.getTickCount() - started) / cv2.getTickFrequency() < 30.0


def test_a_marker_seen_in_two_looks_is_one_marker() -> None:
    square = np.array([(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0)])
    coarse = Markers(corners_px=np.stack([square, square + 200.0]), ids=np.array([4, 5], np.int32))
    fine = Markers(corners_px=np.stack([square + 0.4, square + 600.0]), ids=np.array([4, 5], np.int32))
    markers = joined(coarse, fine)
    assert sorted(markers.ids.tolist()) == [4, 5, 5]
    assert np.abs(markers.corners_px[markers.ids == 4] - square).max() == pytest.approx(0.4)


def test_corners_found_in_a_smaller_picture_lie_in_the_whole_one() -> None:
    board = grid("DICT_6X6_250")
    pose = board_pose(board, distance_mm=450.0, tilt_deg=20.0, roll_deg=10.0)
    picture = picture_of(board, pose, LENS)
    part = read_markers(
        picture[100:, 200:], "DICT_6X6_250", inverted=False, care=Care.THOROUGH, shrink=2, origin=(200, 100)
    )
    assert len(part.ids) == 6
    expected = np.array([LENS.project(pose.apply(board.marker_corners_mm[i])) for i in part.ids.tolist()])
    errors = part.corners_px - expected
    assert np.abs(errors).max() < 2.5
    assert np.abs(errors.mean(axis=(0, 1))).max() < 0.4


@pytest.mark.parametrize("board", [chess("DICT_4X4_50"), grid("DICT_6X6_250"), load_board("calibration_a4")])
def test_who_wants_only_enough_of_a_board_gets_it_as_exactly_and_by_quicker_looks(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Care] = []

    def counted(*args: object, care: Care, **options: object) -> Markers:
        looks.append(care)
        return read_markers(*args, care=care, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("orview.markers.look.read_markers", counted)
    pose = board_pose(board, distance_mm=700.0, tilt_deg=30.0, azimuth_deg=20.0, roll_deg=10.0)
    picture = picture_of(board, pose, LENS, noise=2.0)
    (sighting,) = detect_boards(picture, [board], enough=0.5)
    assert sighting is not None
    assert sighting.marker_count >= 0.5 * len(board.marker_corners_mm)
    assert off_px(sighting, pose) < 0.6
    assert Care.THOROUGH not in looks
    looks.clear()
    assert detect_boards(picture, [board]) != (None,)
    assert Care.QUICK not in looks


def test_a_quick_look_that_does_not_see_enough_is_followed_by_a_thorough_one(monkeypatch: pytest.MonkeyPatch) -> None:
    board = chess("DICT_4X4_50")
    pose = board_pose(board, distance_mm=500.0, tilt_deg=20.0)
    picture = picture_of(board, pose, LENS, noise=2.0)
    (whole,) = detect_boards(picture, [board])

    def blind(*args: object, care: Care, **options: object) -> Markers:
        found = read_markers(*args, care=care, **options)  # type: ignore[arg-type]
        return found if care is Care.THOROUGH else found.only(np.arange(len(found.ids)) < 1)

    monkeypatch.setattr("orview.markers.look.read_markers", blind)
    (sighting,) = detect_boards(picture, [board], enough=0.5)
    assert whole is not None
    assert sighting is not None
    assert len(sighting.pixels) == len(whole.pixels)
