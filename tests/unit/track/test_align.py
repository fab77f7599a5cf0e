"""Laying a print onto a picture: exact, honest about it, and never in a wrong place or on a wrong board."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import CameraError, ContractError
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import motion_jacobian
from orview.markers.board import Board, Charuco, Face, MarkerGrid
from orview.markers.camera import CameraProfile
from orview.sim.real_camera import RealCamera, Scene
from orview.sim.sensor_chain import SensorChain
from orview.track.align import Aligner
from orview.track.alignment import Alignment
from orview.track.motion import left_from_middle, moved_by
from orview.track.predict import motion_between
from tests.board_pictures import board_pose, moving, pose_error

LENS = PinholeLens(
    width_px=960,
    height_px=600,
    fx_px=1370.0,
    fy_px=1370.0,
    cx_px=485.2,
    cy_px=296.1,
    distortion=(-0.11, 0.06, 0.0006, -0.0004, 0.0),
)
PROFILE = CameraProfile(
    lens=LENS,
    camera="",
    mode="960x600",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=20,
    rms_px=0.1,
    covariance=np.zeros((9, 9)),
)


def flat(pattern: Charuco | MarkerGrid, dictionary: str = "DICT_5X5_100", *, inverted: bool = False) -> Board:
    width, height = pattern.size_mm
    face = Face(
        name="front",
        dictionary=dictionary,
        pattern=pattern,
        outline_mm=(width + 12.0, height + 12.0),
        inverted=inverted,
    )
    return Board(name="test", faces=(face,))


BOARD = flat(Charuco(squares_x=5, squares_y=5, square_mm=16.0, marker_mm=12.0))
SINGLE = flat(MarkerGrid(columns=1, rows=1, marker_mm=60.0, gap_mm=0.0, first_id=3))
POSE = board_pose(BOARD, distance_mm=500.0, tilt_deg=28.0, azimuth_deg=35.0, roll_deg=12.0, aside_mm=(8.0, -5.0))
CALM = SensorChain()


def middle(board: Board) -> NDArray[np.float64]:
    return np.array([*(np.array(board.pattern_origin_mm) + np.array(board.pattern_mm) / 2.0), 0.0])


def target(board: Board) -> NDArray[np.float64]:
    return middle(board) + np.array([0.0, 0.0, 150.0])


def shot(board: Board, pose: RigidTransform, *, chain: SensorChain = CALM, seed: int = 0) -> NDArray[np.uint8]:
    camera = RealCamera(lens=LENS, chain=chain, seed=seed)
    return camera.shoot(Scene(board=board, camera_from_board=lambda _: pose), 0.0).image


@lru_cache(maxsize=4)
def calm(seed: int = 0) -> NDArray[np.uint8]:
    return shot(BOARD, POSE, seed=seed)


def beside(
    pose: RigidTransform,
    rng: np.random.Generator,
    board: Board = BOARD,
    *,
    px: float = 2.0,
    deg: float = 0.5,
    depth: float = 0.003,
) -> RigidTransform:
    """Return a pose that errs by so much, in a random direction about the middle of the board."""
    at = pose.apply(middle(board))
    turn = rng.normal(size=3)
    turn *= np.radians(deg) * rng.uniform(-1.0, 1.0) / np.linalg.norm(turn)
    way = rng.uniform(0.0, 2.0 * np.pi)
    shift = at[2] * np.array([px / LENS.fx_px * np.cos(way), px / LENS.fx_px * np.sin(way), depth * rng.uniform(-1, 1)])
    return moved_by(pose, left_from_middle(at) @ np.concatenate([turn, shift]))


def error_mm(found: Alignment, truth: RigidTransform, board: Board = BOARD) -> float:
    assert found.camera_from_board is not None, found.reason
    return pose_error(truth, found.camera_from_board, target(board))[0]


def sigma_mm(found: Alignment, board: Board = BOARD) -> float:
    assert found.camera_from_board is not None
    assert found.noise_covariance is not None
    jacobian = motion_jacobian(found.camera_from_board.apply(target(board)))
    return float(np.sqrt(np.trace(jacobian @ found.noise_covariance @ jacobian.T)))


def test_a_picture_of_a_real_camera_is_met_to_a_tenth_of_a_millimetre() -> None:
    found = Aligner(BOARD, PROFILE).align(calm(), beside(POSE, np.random.default_rng(0)))
    assert error_mm(found, POSE) < 0.15
    assert sigma_mm(found) < 0.15
    assert found.rms_px < 0.12
    assert found.used_fraction > 0.9
    assert (found.bits_read, found.bits_wrong) == (300, 0)
    assert found.reason == ""
    assert found.velocity is None
    assert len(found.points_board_mm) == len(found.sigmas_px) > 500


def test_colour_and_grey_say_the_same() -> None:
    start = beside(POSE, np.random.default_rng(1))
    grey = Aligner(BOARD, PROFILE).align(calm(), start)
    colour = Aligner(BOARD, PROFILE).align(np.ascontiguousarray(np.dstack([calm()] * 3)), start)
    assert grey.camera_from_board is not None
    assert colour.camera_from_board is not None
    assert np.abs(motion_between(grey.camera_from_board, colour.camera_from_board)).max() < 1e-4


def test_where_it_starts_hardly_matters() -> None:
    aligner, rng = Aligner(BOARD, PROFILE), np.random.default_rng(2)
    aligner.align(calm(), POSE)
    poses = [aligner.align(calm(), beside(POSE, rng, px=3.0)).camera_from_board for _ in range(12)]
    assert all(pose is not None for pose in poses)
    places = np.array([pose.apply(target(BOARD)) for pose in poses if pose is not None])
    assert np.linalg.norm(places - places.mean(axis=0), axis=1).max() < 0.05


@pytest.mark.parametrize("chain", [CALM, replace(CALM, brightness=0.22, white_electrons=2200.0, blur_px=1.3)])
def test_the_claimed_covariance_holds(chain: SensorChain) -> None:
    """Over random poses; the error of a point behind the board and the whole pose, in sigmas."""
    rng = np.random.default_rng(3)
    aligner = Aligner(BOARD, PROFILE)
    z, distance2 = [], []
    for k in range(20):
        pose = board_pose(
            BOARD,
            distance_mm=rng.uniform(470.0, 530.0),
            tilt_deg=rng.uniform(5.0, 50.0),
            azimuth_deg=rng.uniform(0.0, 360.0),
            roll_deg=rng.uniform(0.0, 360.0),
            aside_mm=(rng.uniform(-30.0, 30.0), rng.uniform(-15.0, 15.0)),
        )
        found = aligner.align(shot(BOARD, pose, chain=chain, seed=k), beside(pose, rng))
        assert found.camera_from_board is not None, found.reason
        assert found.noise_covariance is not None
        motion = motion_between(found.camera_from_board, pose)
        distance2.append(motion @ np.linalg.solve(found.noise_covariance, motion))
        jacobian = motion_jacobian(found.camera_from_board.apply(target(BOARD)))
        z.append((jacobian @ motion) / np.sqrt(np.diag(jacobian @ found.noise_covariance @ jacobian.T)))
    assert 0.7 < np.sqrt(np.mean(np.square(z))) < 1.4
    assert np.median(distance2) < 12.0


@pytest.mark.hazard("H07")
def test_starts_within_the_basin_end_right_and_others_right_or_refused() -> None:
    rng = np.random.default_rng(4)
    right = 0
    aligner = Aligner(BOARD, PROFILE)
    for _ in range(25):
        found = aligner.align(calm(), beside(POSE, rng, px=10.0, deg=3.0, depth=0.02))
        right += found.camera_from_board is not None and error_mm(found, POSE) < 0.2
    assert right >= 24
    for _ in range(50):
        start = beside(POSE, rng, px=rng.uniform(5.0, 120.0), deg=rng.uniform(0.0, 40.0), depth=0.15)
        found = aligner.align(calm(), start)
        if found.camera_from_board is not None:
            assert error_mm(found, POSE) < 0.3
        else:
            assert found.reason
            assert found.noise_covariance is None


def test_another_board_in_the_same_place_is_refused() -> None:
    other = flat(Charuco(squares_x=5, squares_y=5, square_mm=16.0, marker_mm=12.0, first_id=40))
    found = Aligner(other, PROFILE).align(calm(), POSE)
    assert found.camera_from_board is None
    assert "markers" in found.reason


def test_the_same_board_turned_round_is_refused() -> None:
    turned = POSE @ RigidTransform(Frame.BOARD, Frame.BOARD, np.diag([-1.0, -1.0, 1.0]), 2.0 * middle(BOARD))
    assert Aligner(BOARD, PROFILE).align(calm(), turned).camera_from_board is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_shows_nothing(level: int) -> None:
    found = Aligner(BOARD, PROFILE).align(np.full((600, 960), level, np.uint8), POSE)
    assert found.camera_from_board is None
    assert found.reason


def test_noise_shows_nothing() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (600, 960)).astype(np.uint8)
    assert Aligner(BOARD, PROFILE).align(cv2.GaussianBlur(noise, (0, 0), 2.0), POSE).camera_from_board is None


def test_a_board_out_of_the_picture_or_behind_the_camera_shows_nothing() -> None:
    aligner = Aligner(BOARD, PROFILE)
    for place in ((900.0, 0.0, 500.0), (0.0, 0.0, -500.0)):
        pose = RigidTransform(Frame.CAMERA, Frame.BOARD, POSE.rotation, np.array(place))
        assert aligner.align(calm(), pose).camera_from_board is None


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_what_covers_a_third_of_the_board_is_left_out(side: str) -> None:
    corners = LENS.project(POSE.apply(BOARD.faces[0].outline_corners_mm))
    (left, top), (right, bottom) = corners.min(axis=0).astype(int), corners.max(axis=0).astype(int)
    wide, high = (right - left) // 3, (bottom - top) // 3
    parts = {
        "left": (slice(top, bottom), slice(left, left + wide)),
        "right": (slice(top, bottom), slice(right - wide, right)),
        "top": (slice(top, top + high), slice(left, right)),
        "bottom": (slice(bottom - high, bottom), slice(left, right)),
    }
    picture = calm().copy()
    part = picture[parts[side]]
    skin = np.random.default_rng(6).normal(120.0, 25.0, part.shape)
    part[:] = np.clip(cv2.GaussianBlur(skin, (0, 0), 3.0) * 2.0 - 120.0, 0, 255)
    found = Aligner(BOARD, PROFILE).align(picture, beside(POSE, np.random.default_rng(7)))
    assert error_mm(found, POSE) < max(4.0 * sigma_mm(found), 0.3)
    assert error_mm(found, POSE) < 0.6
    assert found.used_fraction < 0.85


@pytest.mark.parametrize("dictionary", ["DICT_5X5_100", "DICT_APRILTAG_36H11"])
def test_a_single_marker_is_as_far_as_it_is_in_spite_of_gamma(dictionary: str) -> None:
    """Gamma and sharpening make black smaller; both polarities inside the marker tell that from distance."""
    board = flat(MarkerGrid(columns=1, rows=1, marker_mm=60.0, gap_mm=0.0, first_id=3), dictionary)
    rng = np.random.default_rng(8)
    for linear_light in (True, False):
        aligner = Aligner(board, PROFILE, linear_light=linear_light)
        for k in range(3):
            pose = board_pose(board, distance_mm=850.0, tilt_deg=25.0 + 5.0 * k, azimuth_deg=80.0 * k, roll_deg=9.0)
            found = aligner.align(shot(board, pose, seed=k), beside(pose, rng, board, px=1.5))
            assert found.camera_from_board is not None, found.reason
            assert found.noise_covariance is not None
            motion = motion_between(found.camera_from_board, pose)
            along = motion_jacobian(found.camera_from_board.apply(middle(board)))[2]
            depth_mm = float(along @ motion)
            assert abs(depth_mm) < max(4.0 * float(np.sqrt(along @ found.noise_covariance @ along)), 0.4)
            assert abs(depth_mm) < 1.0
            if not linear_light:
                assert found.edge_shift_px > 0.2


def test_an_inverted_board_is_laid_on_as_well() -> None:
    board = flat(MarkerGrid(columns=3, rows=3, marker_mm=20.0, gap_mm=6.0), inverted=True)
    pose = board_pose(board, distance_mm=450.0, tilt_deg=25.0, azimuth_deg=20.0)
    found = Aligner(board, PROFILE).align(shot(board, pose), beside(pose, np.random.default_rng(9), board))
    assert error_mm(found, pose, board) < 0.3
    assert found.bits_wrong == 0


def test_rows_that_are_exposed_one_after_the_other_are_seen_at_their_own_time() -> None:
    """A hand moves the board by 0.4 m and 60 degrees a second; the velocity comes from the poses before."""
    profile = replace(PROFILE, readout_ms=16.0)
    motion = moving(
        board_pose(BOARD, distance_mm=500.0, tilt_deg=25.0, azimuth_deg=50.0),
        mm_s=np.array([300.0, 240.0, 100.0]),
        rad_s=np.array([0.5, -0.4, 0.7]),
    )
    camera = RealCamera(lens=LENS, readout_ms=16.0, exposure_ms=2.0)
    picture = camera.shoot(Scene(board=BOARD, camera_from_board=motion), 0.05).image
    truth = motion(0.05)
    velocity = motion_between(motion(0.049), motion(0.051)) / 0.002
    start = beside(truth, np.random.default_rng(10))
    told = Aligner(BOARD, profile).align(picture, start, velocity=velocity)
    assert error_mm(told, truth) < 0.3
    assert error_mm(Aligner(BOARD, PROFILE).align(picture, start), truth) > 1.0
    # A velocity that is 40 mm/s off, known to no better, is mended as far as one picture can.
    wrong = velocity + left_from_middle(truth.apply(middle(BOARD))) @ np.array([0.0, 0.0, 0.0, 40.0, 0.0, 0.0])
    about = left_from_middle(truth.apply(middle(BOARD)))
    covariance = about @ np.diag([0.01] * 3 + [1600.0] * 3) @ about.T
    solved = Aligner(BOARD, profile).align(picture, start, velocity=wrong, velocity_covariance=covariance)
    assert solved.velocity is not None
    assert error_mm(solved, truth) < 4.0 * sigma_mm(solved)


def test_the_motion_so_far_and_the_pose_found_tell_the_velocity() -> None:
    """At constant acceleration: expected pose and velocity are those of the two pictures before, carried on."""
    profile = replace(PROFILE, readout_ms=16.0)
    first = board_pose(BOARD, distance_mm=500.0, tilt_deg=25.0, azimuth_deg=50.0)

    def motion(t_s: float) -> RigidTransform:
        way = np.array([150.0, 100.0, 60.0]) * t_s + 0.5 * np.array([1500.0, -900.0, 500.0]) * t_s**2
        return RigidTransform(Frame.CAMERA, Frame.BOARD, first.rotation, first.translation_mm + way)

    camera = RealCamera(lens=LENS, readout_ms=16.0, exposure_ms=2.0)
    picture = camera.shoot(Scene(board=BOARD, camera_from_board=motion), 0.0).image
    step_s = 1.0 / 30.0
    before = motion_between(motion(-2.0 * step_s), motion(-step_s))
    found = Aligner(BOARD, profile).align(
        picture,
        moved_by(motion(-step_s), before),
        velocity=before / step_s,
        velocity_per_motion=1.5 / step_s,
    )
    assert found.velocity is not None
    assert found.velocity[3:] == pytest.approx([150.0, 100.0, 60.0], abs=12.0)
    assert error_mm(found, motion(0.0)) < 0.3


@pytest.mark.hazard("H11")
def test_pictures_of_another_size_or_kind_are_refused() -> None:
    aligner = Aligner(BOARD, PROFILE)
    with pytest.raises(CameraError):
        aligner.align(np.zeros((480, 640), np.uint8), POSE)
    with pytest.raises(ContractError):
        aligner.align(np.zeros((600, 960), np.float32), POSE)  # type: ignore[arg-type]
    with pytest.raises(ContractError):
        aligner.align(np.zeros((600, 960, 4), np.uint8), POSE)
