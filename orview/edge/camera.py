"""Pictures with the time they were taken: from a live camera, a video, picture files or the simulated room.

A live camera's stamp is the monotonic clock when the driver hands the frame over, which is later than the
middle of the exposure by the sensor's readout and the transfer: one to two frame times, constant for a
camera and mode. Files have no clock: their stamps count up from zero by the frame rate.
"""

import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import CameraPicture
from orview.errors import CameraError, InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.units import NS_PER_S

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
FILES_HZ = 30.0
"""Frame rate of picture files, and of videos that do not say theirs."""

OPEN_TIMEOUT_S = 5.0
VIRTUAL_CAMERA = "virtual camera"
"""Name of the camera behind a slot; profiles for the simulated room carry it."""

_ROOM_IS_CAMERA = RigidTransform.identity(Frame.ROOM, Frame.CAMERA)


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """One picture.

    Attributes:
        image: (H, W) grey or (H, W, 3) BGR, uint8.
        taken_ns: monotonic time (module docstring).
        room_from_camera: where the camera stood; the room is the room camera's own frame unless it moves.
    """

    image: NDArray[np.uint8]
    taken_ns: int
    room_from_camera: RigidTransform


class Camera(ABC):
    """A source of pictures of one size. A context manager; `close` may be called twice.

    Attributes:
        name: the device's name, empty where the source does not know it.
        mode: the size as "1280x720".
        serial: the device's serial number or empty.
        live: whether pictures arrive by themselves, so that a slow reader misses some.
        pictures: how many there are, None where nobody knows.
    """

    name: str = ""
    mode: str = ""
    serial: str = ""
    live: bool = False
    pictures: int | None = None

    @abstractmethod
    def read(self, *, timeout_s: float) -> Picture | None:
        """Return the next picture, or None after the last.

        Raises:
            CameraError: no picture within the time, or one of another size.
        """

    @abstractmethod
    def close(self) -> None:
        """Give the device or file back."""

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


def open_camera(source: str) -> Camera:
    """Open a source of pictures.

    Args:
        source: a number (live camera, optionally "0@1280x720"), a video file, a folder or pattern of picture
            files, or "slot:PATH" (the simulated room's camera).

    Raises:
        CameraError: it is not there or gives no picture.
    """
    number, _, size = source.partition("@")
    if number.isdecimal():
        return _LiveCamera(int(number), size=size)
    if source.startswith("slot:"):
        return _SlotCamera(Path(source.removeprefix("slot:")))
    path = Path(source)
    if any(mark in source for mark in "*?[") and not path.exists():
        return open_pictures(sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))))
    if path.is_dir() or path.suffix.lower() in PICTURE_SUFFIXES:
        return open_pictures([path])
    return _VideoFile(path)


def open_pictures(paths: list[Path]) -> Camera:
    """Open picture files in the order given; folders stand for the pictures in them, by name.

    Raises:
        CameraError: there is no picture.
        InputError: the first of them cannot be read.
    """
    files: list[Path] = []
    for path in paths:
        files += sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES) if path.is_dir() else [path]
    return _PictureFiles(files)


def mode_of(image: NDArray[np.uint8]) -> str:
    """Return the size of a picture (H, W) or (H, W, 3) as "1280x720"."""
    return f"{image.shape[1]}x{image.shape[0]}"


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) BGR in a file, in the orientation of the sensor.

    Raises:
        InputError: the file cannot be read or is no picture.
    """
    try:
        encoded = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise InputError(f"The picture cannot be read ({error.strerror}).", mend=f"Check the file {path}.") from error
    # A lens belongs to the sensor: turning the picture by its EXIF note would move the principal point.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    with _quiet_opencv():
        image = cv2.imdecode(encoded, flags) if encoded.size else None
    if image is None:
        raise InputError("The file is no picture, or it is cut off.", mend=f"Check the file {path}.")
    return np.asarray(image, dtype=np.uint8)


class _LiveCamera(Camera):
    live = True

    def __init__(self, number: int, *, size: str) -> None:
        if size and not re.fullmatch(r"[0-9]+x[0-9]+", size):
            raise CameraError(f"{size!r} is no picture size.", mend="Write it as 0@1280x720.")
        backend = cv2.CAP_V4L2 if sys.platform.startswith("linux") else cv2.CAP_ANY
        with _quiet_opencv():
            self._capture = cv2.VideoCapture(number, backend)
        if not self._capture.isOpened():
            raise CameraError(
                f"There is no camera {number}, or another program holds it.",
                mend="Plug it in, close other programs that use it, or name another number.",
            )
        if size:
            width, _, height = size.partition("x")
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, int(width))
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, int(height))
        # Refocusing changes the lens behind the calibration's back; old frames in a queue change the time.
        self._capture.set(cv2.CAP_PROP_AUTOFOCUS, 0)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self.name, self.serial = _device_names(number)
        try:
            self.read(timeout_s=OPEN_TIMEOUT_S)
            if size and self.mode != size:
                raise CameraError(
                    f"The camera does not offer {size}, it gives {self.mode}.", mend="Choose a size it offers."
                )
        except CameraError:
            self.close()
            raise

    def read(self, *, timeout_s: float) -> Picture | None:
        # V4L2 itself gives up after ten seconds; a camera pulled out fails at once.
        deadline = time.monotonic() + timeout_s
        while not self._capture.grab():
            if time.monotonic() > deadline:
                raise CameraError("The camera gives no pictures.", mend="Check its plug and start again.")
            time.sleep(0.005)
        taken_ns = time.monotonic_ns()
        whole, image = self._capture.retrieve()
        if not whole:
            raise CameraError("The camera gave a picture that cannot be decoded.", mend="Check its plug.")
        checked = self._checked(np.asarray(image, dtype=np.uint8))
        return Picture(image=checked, taken_ns=taken_ns, room_from_camera=_ROOM_IS_CAMERA)

    def close(self) -> None:
        self._capture.release()


class _VideoFile(Camera):
    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CameraError(
                "There is no such video.",
                mend=f"Check {path}, or name a camera by its number, a folder of pictures or slot:PATH.",
            )
        with _quiet_opencv():
            self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise CameraError("The file is no video that can be read.", mend=f"Check the file {path}.")
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self._rate_hz = rate_hz if np.isfinite(rate_hz) and rate_hz > 0.0 else FILES_HZ
        self._count = 0
        frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.pictures = int(frames) if frames > 0 else None
        size = (self._capture.get(cv2.CAP_PROP_FRAME_WIDTH), self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        self.mode = f"{size[0]:.0f}x{size[1]:.0f}"

    def read(self, *, timeout_s: float) -> Picture | None:
        with _quiet_opencv():
            whole, image = self._capture.read()
        if not whole:
            return None
        taken_ns = round(self._count * NS_PER_S / self._rate_hz)
        self._count += 1
        checked = self._checked(np.asarray(image, dtype=np.uint8))
        return Picture(image=checked, taken_ns=taken_ns, room_from_camera=_ROOM_IS_CAMERA)

    def close(self) -> None:
        self._capture.release()


class _PictureFiles(Camera):
    def __init__(self, paths: list[Path]) -> None:
        if not paths:
            raise CameraError(
                "There is no picture there.", mend=f"orview reads {', '.join(s[1:] for s in PICTURE_SUFFIXES)}."
            )
        self._paths = paths
        self.pictures = len(paths)
        self._count = 0
        self._checked(read_picture(paths[0]))

    def read(self, *, timeout_s: float) -> Picture | None:
        if self._count == len(self._paths):
            return None
        image = self._checked(read_picture(self._paths[self._count]))
        taken_ns = round(self._count * NS_PER_S / FILES_HZ)
        self._count += 1
        return Picture(image=image, taken_ns=taken_ns, room_from_camera=_ROOM_IS_CAMERA)

    def close(self) -> None:
        self._paths = self._paths[: self._count]


class _SlotCamera(Camera):
    live = True
    name = VIRTUAL_CAMERA

    def __init__(self, path: Path) -> None:
        try:
            self._slot = LatestSlot.attach(path)
        except InputError as error:
            raise CameraError("The simulated room's camera is not there.", mend="Start the simulated room.") from error
        self._closed = False
        self._seen = 0
        try:
            self._checked(self._newest(timeout_s=OPEN_TIMEOUT_S).image)
        except CameraError:
            self.close()
            raise
        self._seen = 0

    def read(self, *, timeout_s: float) -> Picture | None:
        record = self._newest(timeout_s=timeout_s)
        return Picture(
            image=self._checked(record.image), taken_ns=record.taken_ns, room_from_camera=record.room_from_camera
        )

    def close(self) -> None:
        if not self._closed:
            self._slot.close()
            self._closed = True

    def _newest(self, *, timeout_s: float) -> CameraPicture:
        deadline = time.monotonic() + timeout_s
        while True:
            if self._slot.sequence != self._seen:
                newest = self._slot.latest()
                if newest is not None:
                    self._seen = newest[0]
                    return CameraPicture.decode(newest[1])
            if time.monotonic() > deadline:
                raise CameraError("The simulated room gives no pictures.", mend="Start the simulated room again.")
            time.sleep(0.001)


def _device_names(number: int) -> tuple[str, str]:
    """Return name and serial number of a live camera as Linux knows them, the number elsewhere."""
    device = Path(f"/sys/class/video4linux/video{number}")
    name, serial = f"camera {number}", ""
    try:
        name = (device / "name").read_text(encoding="utf-8").strip() or name
        # The interface's parent is the USB device, which has the serial number.
        serial = (device / "device" / ".." / "serial").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        pass
    return name, serial


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV's own words off the screen while something is tried; the caller says what went wrong."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
