"""A guided calibration in the host: a person who hears only its sentences comes to a profile, or is told why not."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from orview.calibrate.intrinsics import Calibration
from orview.edge.boards import load_board
from orview.edge.host.capture import Capture, CapturedCamera
from orview.edge.slots.statuses import CalibrationStatus
from orview.errors import InputError
from orview.markers.camera import CameraProfile
from orview.sim.calibration_views import Person, sighting_of
from orview.sim.lens import LENS
from tests.unit.edge.test_profiles import PROFILE

BOARD = load_board("calibration_a4")
CAMERA = CapturedCamera(
    name="cam", mode=f"{LENS.width_px}x{LENS.height_px}", serial="7", width_px=LENS.width_px, height_px=LENS.height_px
)
NOISE = np.random.default_rng(0).integers(0, 255, (LENS.height_px, LENS.width_px), dtype=np.uint8)


def guided(
    keep: Callable[[CameraProfile], None], *, most: int, pictures: int = 4000
) -> tuple[Capture, list[CalibrationStatus]]:
    """Hold the board as the capture asks until there is a verdict or no picture is left."""
    told: list[CalibrationStatus] = []
    person, rng = Person(BOARD, LENS, seed=1), np.random.default_rng(2)
    capture = Capture(BOARD, CAMERA, number=3, most=most, tell=told.append, keep=keep)
    for _ in range(pictures):
        person.hear(told[-1].words)
        pose = person.camera_from_board()
        capture.offer(NOISE, sighting_of(pose, BOARD.chessboard_corners_mm, LENS, noise_px=0.1, rng=rng))
        while capture._offered is not None and not capture.ended:
            time.sleep(0.0005)
        if capture.ended or told[-1].state != "capturing":
            break
    return capture, told


def ended(capture: Capture) -> Capture:
    capture._thread.join(60)
    assert capture.ended
    return capture


def test_a_person_who_hears_only_the_sentences_comes_to_a_profile() -> None:
    kept: list[CameraProfile] = []
    capture, told = guided(kept.append, most=12)
    assert ended(capture).accepted
    (profile,) = kept
    assert (profile.camera, profile.mode, profile.serial, profile.views) == ("cam", CAMERA.mode, "7", 12)
    assert profile.lens.fx_px == pytest.approx(LENS.fx_px, rel=0.01)
    last = told[-1]
    assert (last.number, last.state, last.views, len(last.outlines)) == (3, "accepted", 12, 12)
    assert last.error_mm == profile.expected_error_mm
    assert f"within {profile.expected_error_mm:.2f} mm (limit 1.00 mm)" in last.words
    errors = [status.error_mm for status in told if status.state == "capturing" and status.error_mm is not None]
    assert errors[-1] < errors[0]
    assert any(status.took for status in told)


def test_a_profile_that_cannot_be_stored_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_profile: CameraProfile) -> None:
        raise InputError("The camera profile cannot be written (no space).")

    good = Calibration(
        profile=replace(PROFILE, expected_error_mm=0.2, expected_at_mm=500.0),
        view_rms_px=(),
        rejected_corners=0,
        expected=(),
        limit_mm=1.0,
        findings=(),
    )
    monkeypatch.setattr("orview.edge.host.capture.calibrate_intrinsics", lambda *_, **__: good)
    capture, told = guided(full, most=3)
    assert not ended(capture).accepted
    assert (told[-1].state, told[-1].words) == ("refused", "The camera profile cannot be written (no space).")


def test_too_few_views_are_refused_and_nothing_is_kept() -> None:
    kept: list[CameraProfile] = []
    capture, told = guided(kept.append, most=3)
    assert not ended(capture).accepted
    assert kept == []
    assert told[-1].state == "refused"


def test_stopping_ends_it_at_once_and_for_good() -> None:
    kept: list[CameraProfile] = []
    capture, told = guided(kept.append, most=7, pictures=20)
    capture.stop()
    ended(capture)
    assert told[-1].state == "stopped"
    assert kept == []
    capture.stop()
    assert [status.state for status in told].count("stopped") == 1
