"""What every source of pictures is: a camera that gives one picture after the other, with the time it was taken."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.errors import CameraError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.units import NS_PER_S, s_from_ns

FILES_HZ = 30.0
"""Frame rate of picture files, of videos that do not say theirs, and of cameras not yet known."""

LONGEST_FRAME_S = 0.15
"""Slower cameras are too slow to follow anything."""

ROOM_IS_CAMERA = RigidTransform.identity(Frame.ROOM, Frame.CAMERA)
_INTERVALS = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """One picture.

    Attributes:
        image: (H, W) grey or (H, W, 3) BGR, uint8.
        taken_ns: monotonic time it was taken; of files, which have no clock, counted up from zero by the frame rate.
        taken_sigma_ns: how uncertain that time is beyond a delay that is always the same, one standard deviation.
        room_from_camera: where the camera stood; the room is the room camera's own frame unless it moves.
    """

    image: NDArray[np.uint8]
    taken_ns: int
    taken_sigma_ns: int = 0
    room_from_camera: RigidTransform = ROOM_IS_CAMERA


class Camera(ABC):
    """A source of pictures of one size. A context manager; `close` may be called twice.

    Attributes:
        name: the device's name, empty where the source does not know it.
        mode: the size as "1280x720".
        serial: the device's serial number or empty.
        live: whether pictures arrive by themselves, so that a slow reader misses some.
        moving: the camera does not rest in the room, and says where it stood.
        gone: nothing comes any more until it is opened again.
        pictures: how many there are, None where nobody knows.
    """

    name: str = ""
    mode: str = ""
    serial: str = ""
    live: bool = False
    moving: bool = False
    gone: bool = False
    pictures: int | None = None

    def __init__(self) -> None:
        self._stamps_ns: deque[int] = deque(maxlen=_INTERVALS + 1)

    @abstractmethod
    def read(self, *, timeout_s: float) -> Picture | None:
        """Return the next picture, or None after the last.

        Raises:
            CameraError: no picture within the time, or one of another size.
        """

    @abstractmethod
    def close(self) -> None:
        """Give the device or file back."""

    @property
    def frame_s(self) -> float:
        """The longest time from picture to picture of late."""
        stamps = list(self._stamps_ns)
        if len(stamps) < 2:
            return 1.0 / FILES_HZ
        longest_ns = max(after - before for before, after in pairwise(stamps))
        return min(s_from_ns(longest_ns), LONGEST_FRAME_S)

    def __enter__(self) -> "Camera":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _checked(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the image if it has the size of the first one."""
        mode = mode_of(image)
        if self.mode and mode != self.mode:
            raise CameraError(
                f"The pictures have different sizes, {self.mode} and {mode}.",
                mend="Take all of them with one camera in one mode.",
            )
        self.mode = mode
        return image

    def _timed(self, picture: Picture) -> Picture:
        """Return a picture of which the time was noted for `frame_s`."""
        if self._stamps_ns and not 0 < picture.taken_ns - self._stamps_ns[-1] < NS_PER_S:
            self._stamps_ns.clear()
        self._stamps_ns.append(picture.taken_ns)
        return picture


def mode_of(image: NDArray[np.uint8]) -> str:
    """Return the size of a picture (H, W) or (H, W, 3) as "1280x720"."""
    return f"{image.shape[1]}x{image.shape[0]}"


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV's own words off the screen while something is tried; the caller says what went wrong."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
