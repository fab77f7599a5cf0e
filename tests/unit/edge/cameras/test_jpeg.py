"""Frames somebody sends: the newest wins, few wait, and what is no frame of this camera is refused."""

import struct
import time

import cv2
import numpy as np
import pytest

from orview.edge.cameras.jpeg import MOST_BYTES, STALE_NS, JpegCamera
from orview.errors import CameraError, InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform

HERE = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, (0.1, 0.2, 0.3), (10.0, 20.0, 30.0))


def frame(grey: int, shape: tuple[int, int] = (48, 64), *flags: int) -> bytes:
    return cv2.imencode(".jpg", np.full((*shape, 3), grey, np.uint8), list(flags))[1].tobytes()


def headset() -> JpegCamera:
    return JpegCamera(name="headset 3", mode="64x48")


def test_the_newest_frame_comes_with_its_time_and_place() -> None:
    with headset() as camera:
        now_ns = time.monotonic_ns()
        for k in range(5):
            camera.offer(frame(40 * k), taken_ns=now_ns + k, taken_sigma_ns=7, room_from_camera=HERE)
        picture = camera.read(timeout_s=1.0)
        assert picture is not None
        assert (picture.taken_ns, picture.taken_sigma_ns) == (now_ns + 4, 7)
        assert abs(int(picture.image[20, 20, 0]) - 160) < 4
        np.testing.assert_array_equal(picture.room_from_camera.matrix, HERE.matrix)
        with pytest.raises(CameraError, match="No frames arrive"):
            camera.read(timeout_s=0.01)


@pytest.mark.hazard("H28")
def test_what_is_no_frame_of_this_camera_is_refused() -> None:
    bomb = bytearray(frame(1))
    at = bomb.index(b"\xff\xc0")
    bomb[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    bad = {
        "larger": b"\xff\xd8" + bytes(MOST_BYTES),
        "no baseline JPEG": cv2.imencode(".png", np.zeros((48, 64), np.uint8))[1].tobytes(),
        "baseline": frame(1, (48, 64), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        "96x48 pixels where 64x48": frame(1, (48, 96)),
        "65000x65000": bytes(bomb),
    }
    with headset() as camera:
        for words, data in bad.items():
            with pytest.raises(InputError, match=words):
                camera.offer(data, taken_ns=0, room_from_camera=HERE)
        with pytest.raises(CameraError):
            camera.read(timeout_s=0.01)


@pytest.mark.hazard("H01")
def test_old_and_broken_frames_are_left_out() -> None:
    with headset() as camera:
        camera.offer(frame(9), taken_ns=time.monotonic_ns() - 2 * STALE_NS, room_from_camera=HERE)
        with pytest.raises(CameraError):
            camera.read(timeout_s=0.01)
        whole = frame(9)
        # Only the beginning: the size can be read, the picture cannot.
        camera.offer(whole[: whole.index(b"\xff\xda")], taken_ns=time.monotonic_ns(), room_from_camera=HERE)
        with pytest.raises(CameraError):
            camera.read(timeout_s=0.01)


def test_closing_lets_a_reader_go() -> None:
    camera = headset()
    camera.close()
    assert camera.read(timeout_s=5.0) is None
