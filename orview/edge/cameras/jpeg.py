"""JPEG frames that somebody sends, a headset for one: bounded, the newest wins, nothing strange is decoded."""

import threading
import time
from collections import deque
from dataclasses import dataclass

from orview.edge.cameras.encoded import decode_picture, is_plain_jpeg, size_of
from orview.edge.cameras.source import Camera, Picture
from orview.errors import CameraError, InputError
from orview.geometry.rigid import RigidTransform
from orview.units import NS_PER_MS

MOST_BYTES = 4 << 20
MOST_PIXELS = 4096 * 3072
"""Of a baseline JPEG some 0.1 s of one core."""

WAITING = 2
"""Frames kept until they are decoded; older ones make room."""

STALE_NS = 150 * NS_PER_MS
"""A frame that waited for so long is not decoded any more: its pose would come too late to be shown."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Frame:
    jpeg: bytes
    taken_ns: int
    taken_sigma_ns: int
    room_from_camera: RigidTransform


class JpegCamera(Camera):
    """A camera whose frames arrive as bytes.

    Args:
        name: of the device that sends them.
        mode: their size as "1280x720".
        serial: of the device, or empty.
    """

    live = True
    moving = True

    def __init__(self, *, name: str, mode: str, serial: str = "") -> None:
        super().__init__()
        self.name, self.mode, self.serial = name, mode, serial
        self._news = threading.Condition()
        self._frames: deque[_Frame] = deque(maxlen=WAITING)
        self._closed = False

    def offer(self, jpeg: bytes, *, taken_ns: int, room_from_camera: RigidTransform, taken_sigma_ns: int = 0) -> None:
        """Take a frame from whoever received it; cheap, and never waits.

        Raises:
            InputError: it is no baseline JPEG of this camera's size, or too large.
        """
        if len(jpeg) > MOST_BYTES:
            raise InputError(f"A frame of {len(jpeg)} bytes is larger than orview takes.")
        if not is_plain_jpeg(jpeg):
            raise InputError("A frame is no baseline JPEG.")
        width, height = size_of(jpeg) or (0, 0)
        if f"{width}x{height}" != self.mode or width * height > MOST_PIXELS:
            raise InputError(f"A frame has {width}x{height} pixels where {self.mode} was agreed upon.")
        with self._news:
            self._frames.append(
                _Frame(jpeg=jpeg, taken_ns=taken_ns, taken_sigma_ns=taken_sigma_ns, room_from_camera=room_from_camera)
            )
            self._news.notify_all()

    def read(self, *, timeout_s: float) -> Picture | None:
        """Return the newest frame, decoded; frames that cannot be are left out. None after `close`."""
        deadline = time.monotonic() + timeout_s
        while True:
            with self._news:
                self._news.wait_for(lambda: self._frames or self._closed, max(deadline - time.monotonic(), 0.0))
                if self._closed:
                    return None
                if not self._frames:
                    raise CameraError("No frames arrive.", mend="Check the device that sends them and the network.")
                frame = self._frames.pop()
                self._frames.clear()
            if time.monotonic_ns() - frame.taken_ns > STALE_NS:
                continue
            try:
                image = self._checked(decode_picture(frame.jpeg, most_pixels=MOST_PIXELS))
            except InputError:
                continue
            return self._timed(
                Picture(
                    image=image,
                    taken_ns=frame.taken_ns,
                    taken_sigma_ns=frame.taken_sigma_ns,
                    room_from_camera=frame.room_from_camera,
                )
            )

    def close(self) -> None:
        """Take no more frames and let a reader go."""
        with self._news:
            self._closed = True
            self._frames.clear()
            self._news.notify_all()
