"""Camera profiles survive their file, refuse nonsense, and refuse pictures of another camera (hazard H11)."""

import dataclasses
from datetime import date

import numpy as np
import pytest

from orview.errors import CameraError, ContractError, InputError
from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import CameraProfile

PROFILE = CameraProfile(
    lens=PinholeLens(
        width_px=1280,
        height_px=720,
        fx_px=1065.25,
        fy_px=1066.5,
        cx_px=640.5,
        cy_px=357.25,
        distortion=(0.1, -0.2, 1e-3, -2e-3, 0.05),
    ),
    camera="Room camera",
    mode="1280x720",
    serial="A1B2",
    calibrated_on=date(2026, 3, 4),
    board_digest="ab" * 32,
    views=20,
    rms_px=0.15,
    covariance=np.diag([1.0, 1.0, 2.0, 2.0, 1e-4, 1e-3, 1e-6, 1e-6, 1e-2]),
)


def test_a_profile_survives_its_file_to_the_last_bit() -> None:
    again = CameraProfile.from_toml(PROFILE.to_toml())
    assert again.lens == PROFILE.lens
    assert again.digest == PROFILE.digest
    np.testing.assert_array_equal(again.covariance, PROFILE.covariance)


def test_what_later_profiles_tell_survives_too_and_older_ones_stay_readable() -> None:
    told = dataclasses.replace(
        PROFILE, readout_ms=16.5, expected_error_mm=0.375, expected_at_mm=500.0, board_bow_mm=0.25
    )
    again = CameraProfile.from_toml(told.to_toml())
    assert again.digest == told.digest != PROFILE.digest
    assert (again.readout_ms, again.expected_error_mm, again.expected_at_mm) == (16.5, 0.375, 500.0)
    assert again.board_bow_mm == 0.25
    assert "readout_ms" not in PROFILE.to_toml()
    older = CameraProfile.from_toml(PROFILE.to_toml())
    assert (older.readout_ms, older.expected_error_mm, older.expected_at_mm) == (0.0, None, None)
    assert older.board_bow_mm is None


@pytest.mark.parametrize("field", ["readout_ms", "expected_error_mm", "expected_at_mm", "board_bow_mm"])
@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_impossible_numbers_are_refused(field: str, value: float) -> None:
    with pytest.raises(ContractError):
        dataclasses.replace(PROFILE, **{field: value})  # type: ignore[arg-type]


def test_the_digest_knows_every_number() -> None:
    assert dataclasses.replace(PROFILE, rms_px=0.16).digest != PROFILE.digest
    lens = dataclasses.replace(PROFILE.lens, fx_px=1065.2500001)
    assert dataclasses.replace(PROFILE, lens=lens).digest != PROFILE.digest


@pytest.mark.parametrize(
    "covariance", [np.eye(8), np.full((9, 9), np.nan), -np.eye(9), np.eye(9) + np.triu(np.ones((9, 9)), 1)]
)
def test_impossible_covariances_are_refused(covariance: np.ndarray) -> None:
    with pytest.raises(ContractError):
        dataclasses.replace(PROFILE, covariance=covariance)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("views", "vues"),
        lambda text: text.replace("1065.25", "nan"),
        lambda text: text.replace("2026-03-04", '"today"'),
        lambda text: text.replace('"k1"', '"k2"'),
        lambda text: "not = = toml",
    ],
)
def test_damaged_profiles_are_refused_with_words(damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="camera profile cannot be used"):
        CameraProfile.from_toml(damage(PROFILE.to_toml()))


@pytest.mark.hazard("H11")
@pytest.mark.parametrize(("width_px", "height_px"), [(1920, 1080), (640, 480), (720, 1280), (1280, 719), (1279, 720)])
def test_another_resolution_is_refused_at_once(width_px: int, height_px: int) -> None:
    PROFILE.require_size(width_px=1280, height_px=720)
    with pytest.raises(CameraError, match="1280 x 720"):
        PROFILE.require_size(width_px=width_px, height_px=height_px)


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("other", [{"serial": "A1B3"}, {"camera": "Web cam"}, {"mode": "1280x720 mirrored"}])
def test_another_camera_or_mode_is_refused_at_once(other: dict[str, str]) -> None:
    ours = {"camera": "Room camera", "mode": "1280x720", "serial": "A1B2"}
    PROFILE.require_camera(**ours)
    PROFILE.require_camera(camera="", mode="1280x720", serial="")
    with pytest.raises(CameraError, match="camera profile belongs"):
        PROFILE.require_camera(**(ours | other))
