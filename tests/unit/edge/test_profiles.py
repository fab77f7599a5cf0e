"""Profiles are added, never overwritten, and taken only for the camera they belong to."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from orview.edge.camera import Camera
from orview.edge.profiles import add_profile, check_profile_is_new, profile_of
from orview.errors import CameraError, InputError
from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import CameraProfile

PROFILE = CameraProfile(
    lens=PinholeLens(width_px=64, height_px=48, fx_px=50.0, fy_px=50.0, cx_px=31.5, cy_px=23.5),
    camera="",
    mode="64x48",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=9,
    rms_px=0.2,
    covariance=np.eye(9),
)


def test_a_profile_is_added_whole(tmp_path: Path) -> None:
    path = tmp_path / "camera.toml"
    add_profile(path, PROFILE)
    assert CameraProfile.from_toml(path.read_text()).digest == PROFILE.digest
    assert [entry.name for entry in tmp_path.iterdir()] == ["camera.toml"]


def test_a_profile_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "camera.toml"
    path.write_text("precious")
    with pytest.raises(InputError, match="never overwritten"):
        add_profile(path, PROFILE)
    assert path.read_text() == "precious"


def test_a_missing_folder_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        check_profile_is_new(tmp_path / "none" / "camera.toml")


class Here(Camera):
    """A camera that is only asked what it is."""

    name, mode = "cam", "64x48"

    def read(self, *, timeout_s):
        """Not asked."""

    def close(self):
        """Nothing to give back."""


def test_of_a_folder_the_newest_profile_of_this_camera_and_mode_is_taken(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"no profile of cam at 64x48\. Calibrate"):
        profile_of(Here(), tmp_path)
    ours = replace(PROFILE, camera="cam")
    for name, profile in {
        "old": replace(ours, rms_px=0.5, calibrated_on=date(2025, 1, 1)),
        "new": ours,
        "other camera": replace(PROFILE, camera="another", calibrated_on=date(2027, 1, 1)),
        "nobody's": replace(PROFILE, calibrated_on=date(2027, 1, 1)),
        "other mode": replace(ours, mode="640x480", calibrated_on=date(2027, 1, 1)),
        "other serial": replace(ours, serial="2", calibrated_on=date(2027, 1, 1)),
    }.items():
        add_profile(tmp_path / f"{name}.toml", profile)
    (tmp_path / "note.toml").write_text("no profile")
    assert profile_of(Here(), tmp_path).digest == ours.digest
    add_profile(tmp_path / "a day's second.toml", replace(ours, rms_px=0.1))
    assert profile_of(Here(), tmp_path).rms_px == 0.1


@pytest.mark.hazard("H11")
def test_a_named_profile_must_belong(tmp_path: Path) -> None:
    add_profile(tmp_path / "camera.toml", replace(PROFILE, camera="another"))
    with pytest.raises(CameraError, match="'another'"):
        profile_of(Here(), tmp_path / "camera.toml")
