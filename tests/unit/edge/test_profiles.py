"""Profiles are added and never overwritten."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from orview.edge.profiles import add_profile, check_profile_is_new
from orview.errors import InputError
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
