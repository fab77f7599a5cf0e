"""How large an encoded picture is, before it is decoded."""

import struct

import cv2
import numpy as np
import pytest

from orview.edge.cameras.encoded import decode_picture, size_of
from orview.errors import InputError

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def encoded(suffix: str, *flags: int) -> bytes:
    return cv2.imencode(suffix, PICTURE, list(flags))[1].tobytes()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp"])
def test_the_size_is_read_from_the_beginning(suffix: str) -> None:
    data = encoded(suffix)
    assert size_of(data[:700]) == (64, 48)
    assert decode_picture(data).shape == (48, 64, 3)


@pytest.mark.hazard("H28")
def test_a_hundred_megapixels_are_refused_before_they_are_decoded() -> None:
    png = bytearray(encoded(".png"))
    png[16:24] = struct.pack(">II", 10_000, 10_000)
    with pytest.raises(InputError, match="10000 x 10000 pixels, more than orview reads"):
        decode_picture(bytes(png))
    jpeg = bytearray(encoded(".jpg"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    with pytest.raises(InputError, match="more than orview reads"):
        decode_picture(bytes(jpeg))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x00" * 50, b"hello", b"\xff\xd8" + b"\xff" * 9]
)
def test_what_is_no_picture_is_said(data: bytes) -> None:
    assert size_of(data) is None
    with pytest.raises(InputError, match="no picture"):
        decode_picture(data)
