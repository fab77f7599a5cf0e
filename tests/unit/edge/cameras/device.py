"""A simulated V4L2 device behind the interface of `cv2.VideoCapture`: no loopback device is to be had everywhere."""

import threading
import time

import cv2
import numpy as np


class SimulatedDevice:
    """Gives a frame every `frame_s` while it is plugged in.

    Args:
        frame_s: time from frame to frame.
        delay_s: from the driver's stamp to the frame's arrival.
        stamps: whether the driver stamps its frames.
        dark_when_manual: holding the exposure makes the picture dark.
    """

    def __init__(
        self, *, frame_s: float = 0.02, delay_s: float = 0.004, stamps: bool = True, dark_when_manual: bool = False
    ) -> None:
        self.frame_s, self.delay_s, self.stamps = frame_s, delay_s, stamps
        self.dark_when_manual = dark_when_manual
        self.plugged = True
        self.stalled = threading.Event()
        self.released = 0
        self.settings: dict[int, float] = {}
        self.shape = (48, 64, 3)
        self.count = 0
        self._stamp_ms = 0.0

    def grab(self) -> bool:
        if not self.plugged:
            return False
        taken_s = time.monotonic()
        time.sleep(self.frame_s)
        while self.stalled.is_set():
            time.sleep(0.005)
        if not self.plugged:
            return False
        self._stamp_ms = 1e3 * (taken_s + self.frame_s - self.delay_s) if self.stamps else 0.0
        self.count += 1
        return True

    def retrieve(self) -> tuple[bool, np.ndarray]:
        dark = self.dark_when_manual and self.settings.get(cv2.CAP_PROP_AUTO_EXPOSURE) == 1.0
        return True, np.full(self.shape, 20 if dark else 100 + self.count % 50, np.uint8)

    def get(self, propId: int) -> float:  # noqa: N803
        return self._stamp_ms if propId == cv2.CAP_PROP_POS_MSEC else 0.0

    def set(self, propId: int, value: float) -> bool:  # noqa: N803
        self.settings[propId] = value
        return True

    def release(self) -> None:
        self.released += 1
