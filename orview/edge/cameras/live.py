"""A camera on this computer, through OpenCV: V4L2 and UVC on Linux, what the system offers elsewhere.

A thread of its own waits for the device, so that whoever reads never does: a driver that stalls holds a call for ten
seconds, and a queue of old frames would make every pose late. The newest picture wins.
"""

import re
import sys
import threading
import time
from typing import Any, Protocol

import cv2
import numpy as np

from orview.edge.cameras.listing import device_names
from orview.edge.cameras.source import Camera, Picture, quiet_opencv
from orview.edge.cameras.stamps import StampClock
from orview.errors import CameraError

OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.0
FAILING_S = 0.1
"""A device that fails for so long is gone."""

_MANUAL_EXPOSURE, _AUTO_EXPOSURE = 1.0, 3.0
"""V4L2's menu `exposure_auto`."""
_SETTLING = 10
_EXPOSED_ALIKE = 0.25


class Device(Protocol):
    """What is used of a `cv2.VideoCapture`."""

    def grab(self) -> bool:
        """Wait for the next frame."""

    def retrieve(self) -> tuple[bool, Any]:
        """Decode it."""

    def get(self, propId: int) -> float:  # noqa: N803
        """Read a property."""

    def set(self, propId: int, value: float) -> bool:  # noqa: N803
        """Change a property."""

    def release(self) -> None:
        """Give the device back."""


class LiveCamera(Camera):
    """Pictures of a device as they come.

    Args:
        device: opened and set to its mode; read and released by a thread of this camera alone.
        name: of the device.
        serial: its serial number or empty.

    Raises:
        CameraError: it gives no picture.
    """

    live = True

    def __init__(self, device: Device, *, name: str, serial: str = "") -> None:
        super().__init__()
        self.name, self.serial = name, serial
        self._device = device
        self._clock = StampClock()
        self._news = threading.Condition()
        self._newest: Picture | None = None
        self._trouble = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._grab_on, name="camera", daemon=True)
        self._thread.start()
        try:
            self.read(timeout_s=OPEN_TIMEOUT_S)
        except CameraError:
            self.close()
            raise

    def read(self, *, timeout_s: float) -> Picture | None:
        """Return the newest picture; none is given twice."""
        with self._news:
            self._news.wait_for(lambda: self._newest is not None or self._trouble, timeout_s)
            picture, self._newest = self._newest, None
            if picture is None:
                raise CameraError(
                    self._trouble or "The camera gives no pictures.",
                    mend="Check its plug; it is tried again by itself.",
                )
        self._checked(picture.image)
        return self._timed(picture)

    def close(self) -> None:
        """Let the thread end; a stalled driver keeps it, and the device, for some seconds more."""
        self._closing.set()
        self._thread.join(CLOSE_TIMEOUT_S)

    def _grab_on(self) -> None:
        failing_since = None
        try:
            while not self._closing.is_set():
                if self._device.grab():
                    failing_since = None
                    self._take(arrived_ns=time.monotonic_ns())
                    continue
                failing_since = failing_since or time.monotonic()
                if time.monotonic() - failing_since > FAILING_S:
                    self._tell("The camera is gone.")
                    return
                time.sleep(0.005)
        except cv2.error:
            self._tell("The camera failed.")
        finally:
            self._device.release()

    def _take(self, *, arrived_ns: int) -> None:
        whole, image = self._device.retrieve()
        taken_ns, sigma_ns = self._clock.taken(self._device.get(cv2.CAP_PROP_POS_MSEC), arrived_ns=arrived_ns)
        if not whole:
            return
        picture = Picture(image=np.asarray(image, dtype=np.uint8), taken_ns=taken_ns, taken_sigma_ns=sigma_ns)
        with self._news:
            self._newest = picture
            self._news.notify_all()

    def _tell(self, trouble: str) -> None:
        with self._news:
            self._trouble = trouble
            self.gone = True
            self._news.notify_all()


def open_live(number: int, *, size: str) -> LiveCamera:
    """Open a camera by its number, in a size such as "1280x720" or in its own.

    Raises:
        CameraError: it is not there, gives no picture, or not of that size.
    """
    if size and not re.fullmatch(r"[0-9]+x[0-9]+", size):
        raise CameraError(f"{size!r} is no picture size.", mend="Write it as 0@1280x720.")
    backend = cv2.CAP_V4L2 if sys.platform.startswith("linux") else cv2.CAP_ANY
    with quiet_opencv():
        device = cv2.VideoCapture(number, backend)
    if not device.isOpened():
        raise CameraError(
            f"There is no camera {number}, or another program holds it.",
            mend="Plug it in, close other programs that use it, or name another number.",
        )
    if size:
        width, _, height = size.partition("x")
        device.set(cv2.CAP_PROP_FRAME_WIDTH, int(width))
        device.set(cv2.CAP_PROP_FRAME_HEIGHT, int(height))
    keep_settings(device)
    name, serial = device_names(number)
    camera = LiveCamera(device, name=name, serial=serial)
    if size and camera.mode != size:
        camera.close()
        raise CameraError(f"The camera does not offer {size}, it gives {camera.mode}.", mend="Choose a size it offers.")
    return camera


def keep_settings(device: Device) -> None:
    """Ask a device for what following needs: no focus and no exposure that change by themselves, no old frames.

    The exposure is held where it has settled. A device that answers with another brightness is left to itself.
    """
    # Refocusing changes the lens behind the calibration's back; old frames in a queue change the time.
    device.set(cv2.CAP_PROP_AUTOFOCUS, 0.0)
    device.set(cv2.CAP_PROP_BUFFERSIZE, 1.0)
    before = _brightness(device)
    if before is None or not device.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL_EXPOSURE):
        return
    after = _brightness(device)
    if after is None or abs(after - before) > _EXPOSED_ALIKE * before + 2.0:
        device.set(cv2.CAP_PROP_AUTO_EXPOSURE, _AUTO_EXPOSURE)


def _brightness(device: Device) -> float | None:
    """Return the mean of a frame after the device had time to settle, None where it gives none."""
    for _ in range(_SETTLING):
        if not device.grab():
            return None
    whole, image = device.retrieve()
    return float(np.asarray(image)[::8, ::8].mean()) if whole else None
