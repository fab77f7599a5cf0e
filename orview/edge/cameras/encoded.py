"""Encoded pictures: how large they are before anything is decoded, and the picture itself."""

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.cameras.jpeg_header import jpeg_frame
from orview.edge.cameras.source import quiet_opencv
from orview.errors import InputError

MOST_PIXELS = 50_000_000
"""More than any camera orview follows with; 150 MB in memory."""

_PNG = b"\x89PNG\r\n\x1a\n"


def decode_picture(encoded: bytes | NDArray[np.uint8], *, most_pixels: int = MOST_PIXELS) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) BGR, in the orientation of the sensor.

    Raises:
        InputError: it is no picture, is cut off, or has too many pixels.
    """
    values = np.frombuffer(encoded, dtype=np.uint8) if isinstance(encoded, bytes) else encoded
    size = size_of(values[: 1 << 20].tobytes())
    if size is not None and size[0] * size[1] > most_pixels:
        raise InputError(
            f"The picture has {size[0]} x {size[1]} pixels, more than orview reads.",
            mend=f"Take pictures of at most {most_pixels // 1_000_000} megapixels.",
        )
    # A lens belongs to the sensor: turning the picture by its EXIF note would move the principal point.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    with quiet_opencv():
        try:
            image = cv2.imdecode(values, flags) if values.size else None
        except cv2.error:
            image = None
    if image is None:
        raise InputError("The file is no picture, or it is cut off.")
    if image.shape[0] * image.shape[1] > most_pixels:
        raise InputError(f"The picture has {image.shape[1]} x {image.shape[0]} pixels, more than orview reads.")
    return np.asarray(image, dtype=np.uint8)


def size_of(encoded: bytes) -> tuple[int, int] | None:
    """Return width and height a PNG, JPEG or BMP says it has, None where its beginning does not say."""
    if encoded.startswith(_PNG) and len(encoded) >= 24:
        width, height = struct.unpack(">II", encoded[16:24])
        return width, height
    if encoded.startswith(b"BM") and len(encoded) >= 26:
        width, height = struct.unpack("<ii", encoded[18:26])
        return abs(width), abs(height)
    frame = jpeg_frame(encoded)
    return None if frame is None else (frame[1], frame[2])
