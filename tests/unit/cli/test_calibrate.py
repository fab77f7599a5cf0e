"""`orview calibrate`: pictures and videos in, a profile out, and words for everything that cannot be."""

from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from orview.cli.main import app
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
    out, drawing = tmp_path / "camera.toml", tmp_path / "coverage.svg"
    names = ("--name", "Test", "--serial", "9", "--readout-ms", "12", "--limit-mm", "4")
    outcome = run_verb(
        "calibrate", pictures, "--board", "calibration_a4", "--out", out, *names, "--picture", drawing, "--json"
    )
    profile = CameraProfile.from_toml(out.read_text())
    document = outcome.document
    assert document["digest"] == profile.digest
    assert (document["views"], document["pictures"]) == (10, 10)
    assert (profile.camera, profile.serial, profile.mode) == ("Test", "9", "640x480")
    assert profile.board_digest == BOARD.digest
    assert document["rms_px"] < 0.1
    assert (document["verdict"], document["profile"]) == ("accepted", str(out))
    assert document["expected_error_mm"] == profile.expected_error_mm < document["limit_mm"] == 4.0
    assert (profile.expected_at_mm, profile.readout_ms) == (500.0, 12.0)
    assert [expected["distance_mm"] for expected in document["expected"]] == [300.0, 500.0, 800.0, 1200.0]
    assert document["board_bow_mm"] == profile.board_bow_mm < 0.3
    outlines = ElementTree.fromstring(drawing.read_text()).findall("{http://www.w3.org/2000/svg}polygon")
    assert len(outlines) == 10
    for found, true, sigma in (
        (profile.lens.fx_px, LENS.fx_px, profile.sigmas["fx"]),
        (profile.lens.cx_px, LENS.cx_px, profile.sigmas["cx"]),
    ):
        # Rendered corners carry some bias of the rendering itself beside their noise.
        assert abs(found - true) < 5.0 * sigma
        assert abs(found - true) < 1.0


def test_a_calibration_above_the_limit_is_refused_and_adds_nothing(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "camera.toml"
    four = [pictures / f"view{k}.png" for k in range(4)]
    outcome = run_verb("calibrate", *four, "--board", "calibration_a4", "--out", out, "--limit-mm", "0.1", "--json")
    assert outcome.code == 1
    assert not out.exists()
    assert (outcome.document["verdict"], outcome.document["profile"]) == ("refused", None)
    assert "CALIBRATION_TOO_UNCERTAIN" in {finding["code"] for finding in outcome.document["findings"]}


def test_the_camera_is_what_is_calibrated_where_nothing_else_is_named(pictures: Path, tmp_path: Path) -> None:
    def told(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["calibrate", *arguments])
        assert result.exit_code in (0, 2), result.output
        return result.output

    assert "hand-eye" in told("--help")
    assert "--board" in told("camera", "--help")
    assert "VIEWS" in told("hand-eye", "--help")
    assert "POSES" in told("pivot", "--help")
    out = tmp_path / "camera.toml"
    assert "--board" in told(str(pictures), "--out", str(out))
    arguments = [str(pictures), "--board", "calibration_a4", "--out", str(out), "--limit-mm", "4"]
    assert CliRunner().invoke(app, ["calibrate", *arguments]).exit_code == 0
    assert out.exists()


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
    document = run_verb(
        "calibrate", "--video", film, "--board", "calibration_a4", "--out", out, "--json", "--limit-mm", "4"
    ).document
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
    black = tmp_path / "black.png"
    cv2.imwrite(str(black), np.zeros((480, 640, 3), np.uint8))
    assert "in none of the 1 picture; black: 1" in refused(black, "--board", "calibration_a4")
    cv2.imwrite(str(black), np.zeros((10_000, 10_000), np.uint8))
    assert "10000 x 10000 pixels" in refused(black, "--board", "calibration_a4")
    black.unlink()
    no_film = tmp_path / "film.mp4"
    no_film.write_bytes(b"no film" * 100)
    assert "no video that can be read" in refused("--video", no_film, "--board", "calibration_a4")
    no_film.unlink()
    assert "no camera 93" in refused("--camera", "93", "--board", "calibration_a4")
    assert "no such video" in refused("--video", tmp_path / "none.mp4", "--board", "calibration_a4")
    assert list(tmp_path.iterdir()) == []


def test_two_sources_or_none_are_wrong_usage(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "camera.toml"
    assert run_verb("calibrate", "--board", "calibration_a4", "--out", out).code == 2
    assert run_verb("calibrate", pictures, "--camera", "0", "--board", "calibration_a4", "--out", out).code == 2
