"""`orview track`: one honest line a picture."""

import json
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.profiles import add_profile
from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import CameraProfile
from tests.board_pictures import board_pose, picture_of
from tests.unit.cli.verbs import run_verb

BOARD = load_board("patient_flat")
LENS = PinholeLens(width_px=640, height_px=480, fx_px=610.0, fy_px=610.0, cx_px=319.5, cy_px=239.5)
POSE = board_pose(BOARD, distance_mm=350.0, tilt_deg=25.0, azimuth_deg=30.0)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "camera.toml"
    add_profile(
        path,
        CameraProfile(
            lens=LENS,
            camera="Test",
            mode="640x480",
            serial="",
            calibrated_on=date(2026, 1, 1),
            board_digest="",
            views=20,
            rms_px=0.1,
            covariance=np.diag([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        ),
    )
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), picture_of(BOARD, POSE, LENS, noise=1.0))
    cv2.imwrite(str(folder / "b.png"), np.full((480, 640), 128, np.uint8))
    return folder


def test_each_picture_is_one_line(pictures: Path, profile: Path) -> None:
    outcome = run_verb("track", pictures, "--board", "patient_flat", "--camera", profile, "--json-lines")
    seen, empty = (json.loads(line) for line in outcome.out.splitlines())
    assert (seen["frame"], seen["t_ns"], seen["state"]) == (0, 0, "tracked")
    assert seen["corners"] >= 24
    np.testing.assert_allclose(np.array(seen["camera_from_board"]), POSE.matrix, atol=0.6)
    # A focal length known to 1 of 610 px leaves 0.57 mm of 350 open.
    assert 0.5 < seen["sigma_mm"] < 2.0
    assert 0.0 < seen["sigma_deg"] < 1.0
    assert seen["rms_px"] < 0.2
    assert seen["ms"] > 0.0
    assert (empty["frame"], empty["state"], empty["camera_from_board"], empty["rms_px"]) == (1, "lost", None, None)
    assert empty["t_ns"] == 33_333_333


def test_frames_can_be_limited(pictures: Path, profile: Path) -> None:
    outcome = run_verb("track", pictures, "--board", "patient_flat", "--camera", profile, "--json-lines", "--frames", 1)
    assert len(outcome.out.splitlines()) == 1


@pytest.mark.hazard("H11")
def test_a_profile_of_another_mode_is_refused(tmp_path: Path, profile: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.zeros((720, 1280), np.uint8))
    outcome = run_verb("track", folder, "--board", "patient_flat", "--camera", profile, "--json-lines")
    assert (outcome.code, outcome.out) == (1, "")
    assert "'640x480', this camera has '1280x720'" in outcome.words


def test_a_missing_profile_is_said(pictures: Path, tmp_path: Path) -> None:
    outcome = run_verb("track", pictures, "--board", "patient_flat", "--camera", tmp_path / "none.toml")
    assert outcome.code == 1
    assert "camera profile cannot be read" in outcome.words


def test_several_boards_have_a_line_each(pictures: Path, profile: Path) -> None:
    arguments = ("--board", "patient_flat", "--board", "calibration_a4", "--camera", profile, "--json-lines")
    outcome = run_verb("track", pictures, *arguments)
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [(line["frame"], line["board"] == BOARD.name, line["state"]) for line in lines] == [
        (0, True, "tracked"),
        (0, False, "lost"),
        (1, True, "lost"),
        (1, False, "lost"),
    ]
    assert all(bool(line["reason"]) == (line["state"] != "tracked") for line in lines)
    assert lines[0]["board_digest"] == BOARD.digest


@pytest.mark.hazard("H08")
def test_boards_that_share_a_marker_are_refused(pictures: Path, profile: Path) -> None:
    outcome = run_verb("track", pictures, "--board", "patient_flat", "--board", "patient_flat", "--camera", profile)
    assert outcome.code == 1
    assert "both have marker 0" in outcome.words


def test_each_picture_can_stand_alone(profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "still"
    folder.mkdir()
    for k in range(3):
        cv2.imwrite(str(folder / f"{k}.png"), picture_of(BOARD, POSE, LENS, noise=1.0, seed=k))
    alone = run_verb("track", folder, "--board", "patient_flat", "--camera", profile, "--json-lines", "--no-follow")
    poses = [json.loads(line)["camera_from_board"] for line in alone.out.splitlines()]
    again = run_verb("track", folder / "2.png", "--board", "patient_flat", "--camera", profile, "--json-lines")
    np.testing.assert_array_equal(poses[2], json.loads(again.out)["camera_from_board"])


@pytest.mark.hazard("H11")
def test_a_knocked_camera_ends_with_words(profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "knocked"
    folder.mkdir()
    rng = np.random.default_rng(3)
    room = cv2.resize(rng.integers(30, 200, (30, 40), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    board = picture_of(BOARD, POSE, LENS)
    ys, xs = np.nonzero(board != board[0, 0])
    room[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = board[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    for k in range(20):
        cv2.imwrite(str(folder / f"{k:02d}.png"), room if k < 14 else np.roll(room, 7, axis=1))
    arguments = ("track", folder, "--board", "patient_flat", "--camera", profile, "--json-lines")
    outcome = run_verb(*arguments)
    states = [json.loads(line)["state"] for line in outcome.out.splitlines()]
    assert states[:14] == ["tracked"] * 14
    assert states[14:].count("tracked") <= 4
    assert (outcome.code, states[-1]) == (1, "lost")
    assert "camera was moved" in outcome.words
    moving = run_verb(*arguments, "--moving-camera")
    assert moving.code == 0
    assert [json.loads(line)["state"] for line in moving.out.splitlines()] == ["tracked"] * 20


def test_an_all_black_picture_shows_nothing(profile: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((480, 640), np.uint8))
    outcome = run_verb("track", tmp_path / "black.png", "--board", "patient_flat", "--camera", profile, "--json-lines")
    line = json.loads(outcome.out)
    assert (line["state"], line["camera_from_board"]) == ("lost", None)
    assert line["reason"]


def second_board(folder: Path) -> Path:
    """Write and return the definition of a flat board with other markers."""
    path = folder / "second.toml"
    lines = ('name = "second"', 'dictionary = "DICT_5X5_100"', "outline_mm = [110.0, 80.0]", "[charuco]")
    lines += ("squares = [5, 4]", "square_mm = 20.0", "marker_mm = 15.0", "first_id = 40", "legacy = false")
    path.write_text("\n".join(lines))
    return path


def two_boards(folder: Path, *, before: int, after: int, bump_mm: float) -> None:
    """Write pictures of two boards side by side, of which one is pushed after some of them."""
    folder.mkdir()
    second = load_board(second_board(folder.parent))
    first_pose = board_pose(BOARD, distance_mm=420.0, tilt_deg=25.0, azimuth_deg=30.0, aside_mm=(-75.0, 0.0))
    scenes = []
    for push_mm in (0.0, bump_mm):
        at = board_pose(second, distance_mm=420.0, tilt_deg=28.0, azimuth_deg=-60.0, aside_mm=(75.0 + push_mm, 0.0))
        left, right = picture_of(BOARD, first_pose, LENS), picture_of(second, at, LENS)
        scenes.append(np.hstack([left[:, :320], right[:, 320:]]))
    rng = np.random.default_rng(1)
    for k in range(before + after):
        noisy = scenes[k >= before] + rng.normal(0.0, 1.0, scenes[0].shape)
        cv2.imwrite(str(folder / f"{k:03d}.png"), np.clip(noisy, 0, 255).astype(np.uint8))


@pytest.mark.hazard("H10")
def test_two_boards_of_which_one_is_bumped_are_refused_with_words(profile: Path, tmp_path: Path) -> None:
    two_boards(tmp_path / "bumped", before=36, after=20, bump_mm=3.0)
    arguments = ("track", tmp_path / "bumped", "--board", "patient_flat", "--board", tmp_path / "second.toml")
    arguments += ("--camera", profile, "--json-lines")
    outcome = run_verb(*arguments)
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [line["state"] for line in lines[:72]] == ["tracked"] * 72
    assert [line["state"] for line in lines[-10:]] == ["lost"] * 10
    assert all(
        line["camera_from_board"] is None and "was bumped: by about 3." in line["reason"] for line in lines[-10:]
    )
    assert outcome.code == 1
    assert "One of the two boards was bumped" in outcome.words
    apart = run_verb(*arguments, "--apart")
    assert apart.code == 0
    assert {json.loads(line)["state"] for line in apart.out.splitlines()} == {"tracked"}
