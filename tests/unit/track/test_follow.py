"""Following: as good as searching every picture, back at once when the board was gone, and bound to its camera."""

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.errors import CameraError
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.camera import CameraProfile
from orview.markers.pose import PoseState
from orview.track.follow import SEARCH_EVERY, Follower, Tracker
from orview.units import NS_PER_S
from tests.board_pictures import board_pose, picture_of, pose_error

BOARD = load_board("patient_flat")
OTHER = load_board("calibration_a4")
TARGET_MM = np.array([70.0, 50.0, 100.0])
LENS = PinholeLens(width_px=1280, height_px=720, fx_px=1065.0, fy_px=1065.0, cx_px=639.5, cy_px=359.5)
PROFILE = CameraProfile(
    lens=LENS,
    camera="",
    mode="1280x720",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=20,
    rms_px=0.1,
    covariance=np.zeros((9, 9)),
)
EMPTY = np.full((720, 1280), 128, np.uint8)


def film(count: int) -> list[tuple[RigidTransform, NDArray[np.uint8]]]:
    """Return poses and pictures of a board that sways 60 mm and 12 degrees, about 10 px from picture to picture."""
    shots = []
    for k in range(count):
        pose = board_pose(
            BOARD,
            distance_mm=600.0,
            tilt_deg=12.0 + 12.0 * np.sin(k / 5.0),
            azimuth_deg=30.0,
            roll_deg=20.0,
            aside_mm=(60.0 * np.sin(k / 6.0), 20.0 * np.cos(k / 5.0)),
        )
        shots.append((pose, picture_of(BOARD, pose, LENS, noise=2.0, seed=k)))
    return shots


@pytest.fixture(scope="module")
def shots() -> list[tuple[RigidTransform, NDArray[np.uint8]]]:
    return film(10)


def test_following_is_as_accurate_as_searching_every_picture(
    shots: list[tuple[RigidTransform, NDArray[np.uint8]]],
) -> None:
    follower = Follower(BOARD, PROFILE)
    followed, searched = [], []
    for k, (truth, picture) in enumerate(shots):
        for tracked, errors in (
            (follower.step(picture, taken_ns=k), followed),
            (Follower(BOARD, PROFILE).step(picture, taken_ns=k), searched),
        ):
            assert tracked.state is PoseState.TRACKED
            assert tracked.taken_ns == k
            assert tracked.corner_count >= 24
            assert tracked.camera_from_board is not None
            errors.append(pose_error(truth, tracked.camera_from_board.transform, TARGET_MM)[0])
    assert np.median(followed) < 1.5 * np.median(searched)
    assert max(followed) < 0.5


def test_the_board_is_found_again_wherever_it_comes_back(
    shots: list[tuple[RigidTransform, NDArray[np.uint8]]],
) -> None:
    follower = Follower(BOARD, PROFILE)
    assert follower.step(shots[0][1], taken_ns=0).state is PoseState.TRACKED
    gone = follower.step(EMPTY, taken_ns=1)
    assert (gone.state, gone.camera_from_board, gone.corner_count) == (PoseState.LOST, None, 0)
    far = board_pose(BOARD, distance_mm=600.0, tilt_deg=20.0, aside_mm=(-220.0, 110.0))
    back = follower.step(picture_of(BOARD, far, LENS), taken_ns=2)
    assert back.state is PoseState.TRACKED
    assert back.camera_from_board is not None
    assert pose_error(far, back.camera_from_board.transform, TARGET_MM)[0] < 0.5


def test_a_jump_out_of_the_expected_place_costs_no_picture(
    shots: list[tuple[RigidTransform, NDArray[np.uint8]]],
) -> None:
    follower = Follower(BOARD, PROFILE)
    follower.step(shots[0][1], taken_ns=0)
    far = board_pose(BOARD, distance_mm=600.0, tilt_deg=20.0, aside_mm=(-220.0, 110.0))
    assert follower.step(picture_of(BOARD, far, LENS), taken_ns=1).corner_count >= 24


def test_a_hand_over_half_the_board_leaves_the_rest(shots: list[tuple[RigidTransform, NDArray[np.uint8]]]) -> None:
    follower = Follower(BOARD, PROFILE)
    truth, picture = shots[0]
    follower.step(picture, taken_ns=0)
    covered = picture.copy()
    covered[:, 640:] = 90
    tracked = follower.step(covered, taken_ns=1)
    assert tracked.corner_count > 0
    if tracked.camera_from_board is not None:
        error_mm = pose_error(truth, tracked.camera_from_board.transform, TARGET_MM)[0]
        sigma_mm = np.sqrt(np.trace(tracked.camera_from_board.covariance_at(TARGET_MM)))
        assert error_mm < 4.0 * sigma_mm


def side_by_side(*, other_in_sight: bool) -> NDArray[np.uint8]:
    """Return a picture of two boards, the second only if it is in sight."""
    first = picture_of(BOARD, board_pose(BOARD, distance_mm=700.0, tilt_deg=20.0, aside_mm=(-160.0, 0.0)), LENS)
    if other_in_sight:
        pose = board_pose(OTHER, distance_mm=900.0, tilt_deg=-25.0, aside_mm=(220.0, 0.0))
        first[:, 640:] = picture_of(OTHER, pose, LENS)[:, 640:]
    return first


def test_boards_share_a_search_and_one_that_is_gone_does_not_hold_up_the_other() -> None:
    tracker = Tracker((BOARD, OTHER), PROFILE)
    alone, both = side_by_side(other_in_sight=False), side_by_side(other_in_sight=True)
    states = [[t.state for t in tracker.step(both, taken_ns=0)]]
    states += [[t.state for t in tracker.step(alone, taken_ns=k * NS_PER_S // 30)] for k in range(1, 4)]
    assert states == [[PoseState.TRACKED] * 2] + [[PoseState.TRACKED, PoseState.LOST]] * 3
    back = [tracker.step(both, taken_ns=k * NS_PER_S // 30)[1] for k in range(4, 4 + SEARCH_EVERY)]
    assert all(t.reason for t in back if t.state is not PoseState.TRACKED)
    assert back[-1].state is PoseState.TRACKED


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("size", [(480, 640), (1080, 1920), (1280, 720), (719, 1280)])
def test_pictures_of_another_size_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(CameraError, match="camera profile"):
        Follower(BOARD, PROFILE).step(np.zeros(size, np.uint8), taken_ns=0)
