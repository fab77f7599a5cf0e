"""`orview calibrate`: pictures and videos in, a profile out, and words for everything that cannot be."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import CameraProfile
from tests.board_pictures import board_pose, picture_of
from tests.unit.cli.verbs import run_verb

BOARD = load_board("calibration_a4")
LENS = PinholeLens(width_px=640, height_px=480, fx_px=610.0, fy_px=610.0, cx_px=322.0, cy_px=236.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ten pictures of the board from all sides."""
    folder = tmp_path_factory.mktemp("pictures")
    for k in range(10):
        pose = board_pose(
            BOARD,
            distance_mm=330.0,
            tilt_deg=20.0 + 2.5 * k,
            azimuth_deg=77.0 * k,
            roll_deg=41.0 * k,
            aside_mm=(50.0 * np.cos(1.3 * k), 30.0 * np.sin(1.3 * k)),
        )
        cv2.imwrite(str(folder / f"view{k}.png"), picture_of(BOARD, pose, LENS, noise=2.0, seed=k))
    return folder


def test_pictures_become_a_profile(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "camera.toml"
    outcome = run_verb(
        "calibrate", pictures, "--board", "calibration_a4", "--out", out, "--name", "Test", "--serial", "9", "--json"
    )
    profile = CameraProfile.from_toml(out.read_text())
    document = outcome.document
    assert document["digest"] == profile.digest
    assert (document["views"], document["pictures"]) == (10, 10)
    assert (profile.camera, profile.serial, profile.mode) == ("Test", "9", "640x480")
    assert profile.board_digest == BOARD.digest
    assert document["rms_px"] < 0.1
    for found, true, sigma in (
        (profile.lens.fx_px, LENS.fx_px, profile.sigmas["fx"]),
        (profile.lens.cx_px, LENS.cx_px, profile.sigmas["cx"]),
    ):
        # Rendered corners carry some bias of the rendering itself beside their noise.
        assert abs(found - true) < 5.0 * sigma
        assert abs(found - true) < 1.0


def test_a_profile_is_not_overwritten_and_no_time_is_lost(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "camera.toml"
    out.write_text("precious")
    outcome = run_verb("calibrate", pictures, "--board", "calibration_a4", "--out", out)
    assert (outcome.code, out.read_text()) == (1, "precious")
    assert "never overwritten" in outcome.words


def test_a_video_is_thinned_to_views_that_differ(pictures: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    for k in range(8):
        frame = cv2.imread(str(pictures / f"view{k}.png"))
        assert frame is not None
        for _ in range(3):
            writer.write(frame)
    writer.release()
    out = tmp_path / "camera.toml"
    document = run_verb("calibrate", "--video", film, "--board", "calibration_a4", "--out", out, "--json").document
    assert document["pictures"] == 24
    assert document["pictures_with_board"] == 8


def test_what_cannot_be_calibrated_is_said(pictures: Path, tmp_path: Path) -> None:
    def refused(*arguments: object) -> str:
        outcome = run_verb("calibrate", *arguments, "--out", tmp_path / "camera.toml")
        assert outcome.code == 1
        return outcome.words

    one, two = pictures / "view0.png", pictures / "view1.png"
    assert "in none of the 10 pictures" in refused(pictures, "--board", "patient_flat")
    assert "at least 3" in refused(one, two, "--board", "calibration_a4")
    broken = tmp_path / "broken.png"
    broken.write_bytes(one.read_bytes()[:200])
    assert "no picture, or it is cut off" in refused(one, broken, "--board", "calibration_a4")
    broken.unlink()
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), np.zeros((100, 100, 3), np.uint8))
    assert "different sizes, 640x480 and 100x100" in refused(one, small, "--board", "calibration_a4")
    small.unlink()
    assert "no camera 93" in refused("--camera", "93", "--board", "calibration_a4")
    assert "no such video" in refused("--video", tmp_path / "none.mp4", "--board", "calibration_a4")
    assert list(tmp_path.iterdir()) == []


def test_two_sources_or_none_are_wrong_usage(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "camera.toml"
    assert run_verb("calibrate", "--board", "calibration_a4", "--out", out).code == 2
    assert run_verb("calibrate", pictures, "--camera", "0", "--board", "calibration_a4", "--out", out).code == 2
