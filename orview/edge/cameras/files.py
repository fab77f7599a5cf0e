"""Picture files and videos as cameras. Files have no clock: their stamps count up from zero by the frame rate."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.cameras.encoded import MOST_PIXELS, decode_picture
from orview.edge.cameras.source import FILES_HZ, Camera, Picture, quiet_opencv
from orview.errors import CameraError, InputError
from orview.units import NS_PER_S

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) BGR in a file, in the orientation of the sensor.

    Raises:
        InputError: the file cannot be read, is no picture or has too many pixels.
    """
    try:
        encoded = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise InputError(f"The picture cannot be read ({error.strerror}).", mend=f"Check the file {path}.") from error
    try:
        return decode_picture(encoded)
    except InputError as error:
        raise InputError(error.message, mend=error.mend or f"Check the file {path}.") from error


class PictureFiles(Camera):
    """Picture files in the order given.

    Raises:
        CameraError: there is no picture.
        InputError: the first of them cannot be read.
    """

    def __init__(self, paths: list[Path]) -> None:
        super().__init__()
        if not paths:
            raise CameraError(
                "There is no picture there.", mend=f"orview reads {', '.join(s[1:] for s in PICTURE_SUFFIXES)}."
            )
        self._paths = paths
        self.pictures = len(paths)
        self._count = 0
        self._checked(read_picture(paths[0]))

    def read(self, *, timeout_s: float) -> Picture | None:
        """Return the next picture, None after the last."""
        if self._count == len(self._paths):
            return None
        image = self._checked(read_picture(self._paths[self._count]))
        taken_ns = round(self._count * NS_PER_S / FILES_HZ)
        self._count += 1
        return Picture(image=image, taken_ns=taken_ns)

    def close(self) -> None:
        """Read no more."""
        self._paths = self._paths[: self._count]


class VideoFile(Camera):
    """A video, at its own frame rate.

    Raises:
        CameraError: there is none, or it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        if not path.is_file():
            raise CameraError(
                "There is no such video.",
                mend=f"Check {path}, or name a camera by its number, a folder of pictures or slot:PATH.",
            )
        with quiet_opencv():
            self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise CameraError("The file is no video that can be read.", mend=f"Check the file {path}.")
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self._rate_hz = rate_hz if np.isfinite(rate_hz) and rate_hz > 0.0 else FILES_HZ
        self._count = 0
        frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.pictures = int(frames) if frames > 0 else None
        width, height = (self._capture.get(key) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > MOST_PIXELS:
            self.close()
            raise CameraError(
                f"The video has {width:.0f} x {height:.0f} pixels, more than orview reads.",
                mend=f"Take videos of at most {MOST_PIXELS // 1_000_000} megapixels.",
            )
        self.mode = f"{width:.0f}x{height:.0f}"

    def read(self, *, timeout_s: float) -> Picture | None:
        """Return the next picture, None where the video ends."""
        with quiet_opencv():
            whole, image = self._capture.read()
        if not whole:
            return None
        taken_ns = round(self._count * NS_PER_S / self._rate_hz)
        self._count += 1
        return Picture(image=self._checked(np.asarray(image, dtype=np.uint8)), taken_ns=taken_ns)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()
