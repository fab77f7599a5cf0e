"""A live camera, simulated: stamps, the newest picture, a plug that is pulled, a driver that stalls."""

import time

import cv2
import numpy as np
import pytest

from orview.edge.cameras.live import LiveCamera, keep_settings
from orview.errors import CameraError
from tests.unit.edge.cameras.device import SimulatedDevice


def read_on(camera: LiveCamera, *, timeout_s: float) -> None:
    """Read until it fails, ten times at most: a picture or two may still be on the way."""
    for _ in range(10):
        camera.read(timeout_s=timeout_s)


def test_pictures_carry_the_drivers_time() -> None:
    device = SimulatedDevice()
    with LiveCamera(device, name="cam", serial="17") as camera:
        assert (camera.name, camera.serial, camera.mode, camera.live) == ("cam", "17", "64x48", True)
        last_ns = 0
        for _ in range(5):
            picture = camera.read(timeout_s=2.0)
            assert picture is not None
            assert last_ns < picture.taken_ns < time.monotonic_ns()
            assert picture.taken_sigma_ns <= 1_000_000
            last_ns = picture.taken_ns
        assert camera.frame_s >= device.frame_s * 0.9
    camera.close()
    assert device.released == 1


def test_a_slow_reader_gets_the_newest_picture_only() -> None:
    device = SimulatedDevice(frame_s=0.005)
    with LiveCamera(device, name="cam") as camera:
        camera.read(timeout_s=2.0)
        time.sleep(0.1)
        seen = device.count
        picture = camera.read(timeout_s=2.0)
        assert picture is not None
        assert int(picture.image[0, 0, 0]) - 100 >= (seen - 1) % 50 or device.count > seen


def test_without_stamps_the_arrival_is_told_with_its_uncertainty() -> None:
    with LiveCamera(SimulatedDevice(stamps=False), name="cam") as camera:
        picture = camera.read(timeout_s=2.0)
        assert picture is not None
        assert picture.taken_sigma_ns == 10_000_000


def test_a_pulled_plug_is_said_and_gives_the_device_back() -> None:
    device = SimulatedDevice()
    with LiveCamera(device, name="cam") as camera:
        device.plugged = False
        with pytest.raises(CameraError, match="gone"):
            read_on(camera, timeout_s=2.0)
        assert camera.gone
        camera.close()
        assert device.released == 1


@pytest.mark.hazard("H01")
def test_a_driver_that_stalls_holds_nobody() -> None:
    device = SimulatedDevice()
    with LiveCamera(device, name="cam") as camera:
        camera.read(timeout_s=2.0)
        device.stalled.set()
        with pytest.raises(CameraError, match="gives no pictures"):
            read_on(camera, timeout_s=0.05)
        assert not camera.gone
        device.stalled.clear()
        assert camera.read(timeout_s=2.0) is not None


def test_a_device_without_pictures_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    device = SimulatedDevice()
    device.plugged = False
    with pytest.raises(CameraError, match="gone"):
        LiveCamera(device, name="cam")
    assert device.released == 1


@pytest.mark.hazard("H11")
def test_a_picture_of_another_size_is_refused() -> None:
    device = SimulatedDevice()
    with LiveCamera(device, name="cam") as camera:
        device.shape = (96, 128, 3)
        with pytest.raises(CameraError, match="different sizes, 64x48 and 128x96"):
            read_on(camera, timeout_s=2.0)


@pytest.mark.hazard("H11")
def test_focus_and_exposure_are_held() -> None:
    device = SimulatedDevice(frame_s=0.0)
    keep_settings(device)
    assert device.settings[cv2.CAP_PROP_AUTOFOCUS] == 0.0
    assert device.settings[cv2.CAP_PROP_BUFFERSIZE] == 1.0
    assert device.settings[cv2.CAP_PROP_AUTO_EXPOSURE] == 1.0


def test_a_device_that_turns_dark_keeps_its_own_exposure() -> None:
    device = SimulatedDevice(frame_s=0.0, dark_when_manual=True)
    keep_settings(device)
    assert device.settings[cv2.CAP_PROP_AUTO_EXPOSURE] == 3.0
    assert np.asarray(device.retrieve()[1]).mean() >= 100
